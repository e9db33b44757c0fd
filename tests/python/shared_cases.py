"""Runs one of the shared cases of ``tests/cases``; their format stands in ``tests/README.md``."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import pathlib
import re
import tempfile
import urllib.request
from typing import Any

from signer import functions

import wechatpay_sdk
from wechatpay_sdk import AsyncClient, Client, WechatPayError

TESTS = pathlib.Path(__file__).resolve().parent.parent
VECTORS = TESTS / "vectors"

KINDS: dict[str, type[WechatPayError]] = {
    "config": wechatpay_sdk.ConfigError,
    "invalid_request": wechatpay_sdk.InvalidRequestError,
    "transport": wechatpay_sdk.TransportError,
    "timeout": wechatpay_sdk.TimeoutError,
    "api": wechatpay_sdk.ApiError,
    "signature": wechatpay_sdk.SignatureError,
    "decrypt": wechatpay_sdk.DecryptError,
    "integrity": wechatpay_sdk.IntegrityError,
    "internal": wechatpay_sdk.InternalError,
}

STEP = {"state", "clock", "admin", "faults", "alter", "restart", "call", "times", "expect"}

# What stands for "nothing was returned": None is a result.
NOTHING: Any = object()


class Sandbox:
    """A running sandbox and its admin listener."""

    def __init__(self, info: dict[str, str]) -> None:
        self.info = info

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.info["admin_url"] + path, data, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.admin("GET", "/journal")
        return entries

    def options(self, changed: dict[str, Any] | None = None) -> dict[str, Any]:
        """The options that a case starts from, some replaced, or left out where None."""
        same = "mchid serial_no merchant_private_key_path public_key_id platform_public_key_path apiv3_key"
        names = [*same.split(), "base_url", "backup_url"]
        options = {**{name: self.info[name] for name in names}, "timeout": 10, "cool_down": 0.0001, **(changed or {})}
        return {name: value for name, value in options.items() if value is not None}


def load() -> list[dict[str, Any]]:
    """All cases of all files, the file's name before each name."""
    cases = []
    for path in sorted((TESTS / "cases").glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            name, client = case.pop("name"), case.pop("client", {})
            same = {"client": client, "secrets": case.pop("secrets", []), "signer": case.pop("signer", None)}
            steps = case.pop("steps", None) or [case]
            cases.append({"name": f"{path.stem}: {name}", **same, "steps": steps})
    return cases


def vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


class Runner:
    """Runs cases against one sandbox, through ``Client`` or ``AsyncClient``."""

    def __init__(self, sandbox: Sandbox, face: type[Client] | type[AsyncClient]) -> None:
        self.sandbox = sandbox
        self.face = face
        self.last: Any = None  # what the case's last call gave
        # Where the files of a case are.
        self.scratch = pathlib.Path()

    def run(self, case: dict[str, Any]) -> None:
        self.sandbox.admin("POST", "/reset")
        with tempfile.TemporaryDirectory() as scratch:
            self.scratch = pathlib.Path(scratch)
            self.steps(case)

    def steps(self, case: dict[str, Any]) -> None:
        admin = self.sandbox.admin
        client = self.client(case)
        for step in case["steps"]:
            unknown = set(step) - STEP
            assert not unknown, f"unknown members {unknown}"
            if "alter" in step:
                self.alter(step["alter"]["file"], step["alter"]["from"], step["alter"]["to"])
            if step.get("restart"):
                client = self.client(case)
            admin("DELETE", "/faults")
            if "state" in step:
                admin("PATCH", "/state", self.fill(step["state"]))
            if "clock" in step:
                admin("POST", "/clock", {"advance_seconds": step["clock"]})
            for request in step.get("admin", []):
                admin(request["method"], request["path"], self.fill(request.get("body")))
            for fault in step.get("faults", []):
                admin("POST", "/faults", self.fill(fault))
            for _ in range(step.get("times", 1)):
                admin("DELETE", "/journal")
                result: Any = NOTHING
                error: WechatPayError | None = None
                try:
                    if isinstance(client, WechatPayError):
                        raise client
                    assert "call" in step, "the client was accepted"
                    result = self.call(client, self.fill_call(step["call"]))
                except WechatPayError as raised:
                    error = raised
                self.check(case, step["expect"], result, error)
                self.last = result.body if isinstance(result, wechatpay_sdk.Reply) else result

    def client(self, case: dict[str, Any]) -> Client | AsyncClient | WechatPayError:
        try:
            signer = functions(self.fill(case["signer"]), is_async=self.face is AsyncClient)
            return self.face(**self.sandbox.options(self.fill(case["client"])), **signer)
        except WechatPayError as refusal:
            return refusal

    def alter(self, file: str, before: str, after: str) -> None:
        path = self.scratch / file
        text = path.read_text("utf-8")
        assert before in text, f"{file} does not hold {before}"
        path.write_text(text.replace(before, after), "utf-8")

    def call(self, client: Client | AsyncClient, call: dict[str, Any]) -> Any:
        client = client.with_options(**call.get("options", {})) if "options" in call else client
        if "notification" in call:
            return read(client, self.sandbox.admin("POST", "/notifications", call["notification"]))
        if "payment" in call:
            return read(client, self.sandbox.admin("POST", "/orders/pay", call["payment"])["notification"])
        if "utility" in call:
            return utility(client, call["utility"], call["params"])
        if "operation" in call:
            outcome = client.call(call["operation"], _files(call["params"]))
        else:
            raw = call["request"]
            outcome = client.request(raw["method"], raw["path"], query=raw.get("query"), body=raw.get("body"))
        return asyncio.run(_await(outcome)) if isinstance(client, AsyncClient) else outcome

    def check(self, case: dict[str, Any], expect: dict[str, Any], result: Any, error: WechatPayError | None) -> None:
        wanted = expect.get("error")
        if wanted is None:
            if error is not None:
                raise error
            self.check_result(expect, result)
        else:
            assert error is not None, f"expected an error, got {result!r}"
            self.check_error(case, self.fill(wanted), error)
        received = self.sandbox.journal()
        refused_here = wanted is not None and wanted.get("kind") in ("config", "invalid_request")
        if "wire" in expect or refused_here:
            self.check_wire(self.fill(expect.get("wire", [])), received)
        for entry in received:
            always(entry["headers"])
        if "effects" in expect:
            holds(expect["effects"], self.sandbox.admin("GET", "/state"), "effects")

    def check_result(self, expect: dict[str, Any], result: Any) -> None:
        if isinstance(result, wechatpay_sdk.Reply):
            assert result.request_id, "the reply had a Request-ID, but it is gone"
            assert result.status == expect.get("status", result.status)
            result = result.body
        if "result" in expect:
            assert result == self.fill(expect["result"])
        if "result_has" in expect:
            holds(self.fill(expect["result_has"]), result, "result")
        if "cashier" in expect:
            said = self.sandbox.admin("POST", "/cashier", {"record": result})
            holds(self.fill(expect["cashier"]), said, "cashier")
        if "result_base64" in expect:
            assert result == base64.b64decode(expect["result_base64"])

    def check_error(self, case: dict[str, Any], wanted: dict[str, Any], error: WechatPayError) -> None:
        assert type(error) is KINDS[error.kind]
        shown = str(error)
        for name, value in wanted.items():
            if name == "message_contains":
                assert [text for text in value if text not in shown] == [], shown
            elif name == "message_excludes":
                assert [text for text in value if text in shown] == [], shown
            elif name == "request_id":
                assert (error.request_id is not None) == (value == "present")
            elif name == "attempts":
                holds(value, [attempt._asdict() for attempt in error.attempts], name)
            else:
                assert getattr(error, name) == value, f"{name} of {error!r}"
        for at, secret in enumerate([self.sandbox.info["apiv3_key"], *case["secrets"]]):
            if secret in f"{error} {error!r} {error.attempts}":
                raise AssertionError(f"the error {error.code} shows secret {at}, which begins with {secret[:4]}")

    def check_wire(self, wanted: list[dict[str, Any]], received: list[dict[str, Any]]) -> None:
        assert len(received) == len(wanted), received
        for expected, entry in zip(wanted, received):
            assert entry["authorized"] == expected.pop("authorized", True)
            for name, value in expected.items():
                if name == "body_contains":
                    assert [text for text in value if text not in entry["body"]] == [], entry["body"]
                elif name == "body_json":
                    holds(value, json.loads(entry["body"]), name)
                elif name == "understood":
                    holds(value, entry[name], name)
                elif name == "headers":
                    for header, text in value.items():
                        matches(text, entry["headers"].get(header), header)
                elif name in ("host", "method", "status", "target", "body"):
                    matches(value, entry[name], name)
                else:
                    raise AssertionError(f"unknown member {name} of a request on the wire")

    def fill_call(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"params": {}, **self.fill(call)}

    def fill(self, value: Any) -> Any:
        """Puts values in the place of ``${...}`` in every text."""
        if isinstance(value, str):
            return re.sub(r"\$\{([^}]*)\}", lambda found: self.placeholder(found[1]), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {name: self.fill(item) for name, item in value.items()}
        return value

    def placeholder(self, name: str) -> str:
        kind, _, rest = name.partition("/")
        if not rest:
            return self.sandbox.info[name]
        if kind == "reply":
            return str(self.last[rest])
        if kind == "vectors":
            return (VECTORS / rest).read_text("utf-8")
        if kind == "path":
            return str(VECTORS / rest)
        if kind == "scratch":
            return str(self.scratch / rest)
        assert kind == "file", f"unknown placeholder {name}"
        return pathlib.Path(self.sandbox.info[rest]).read_text("utf-8")


def read(client: Client | AsyncClient, made: dict[str, Any]) -> dict[str, Any]:
    """A notification of the sandbox as the record of its fields."""
    notification = client.notifications.parse(made["headers"], made["body"].encode())
    names = ("id", "create_time", "event_type", "resource_type", "summary", "original_type", "resource")
    return {name: getattr(notification, name) for name in names}


METHODS = {"platform_keys.list": "platform_keys", "platform_keys.refresh": "refresh_platform_keys"}


def utility(client: Client | AsyncClient, name: str, params: dict[str, Any]) -> Any:
    """What is no operation, in the form in which every language hands it over."""
    method: Any = client
    name = METHODS.get(name, name)
    for step in name.split("."):
        method = getattr(method, step)
    outcome = method(**params)
    result = asyncio.run(_await(outcome)) if isinstance(client, AsyncClient) else outcome
    if name == "decrypt":
        return {"plaintext": result}
    return result._asdict() if hasattr(result, "_asdict") else result


async def _await(outcome: Any) -> Any:
    return await outcome


def _files(value: Any) -> Any:
    """Files are written as ``{"filename", "content"}`` with base64, and given as ``(filename, bytes)``."""
    if isinstance(value, dict):
        if set(value) == {"filename", "content"}:
            return (value["filename"], base64.b64decode(value["content"]))
        return {name: _files(item) for name, item in value.items()}
    return [_files(item) for item in value] if isinstance(value, list) else value


def matches(expected: Any, actual: Any, what: str) -> None:
    """A value against a value, None (it must be missing), or ``{"starts_with": text}``."""
    if isinstance(expected, dict):
        assert (actual or "").startswith(expected["starts_with"]), f"{what}: {actual!r}"
    else:
        assert actual == expected, f"{what}: expected {expected!r}, got {actual!r}"


def holds(expected: Any, actual: Any, what: str) -> None:
    """Objects may hold more; ``{"$ciphertext": N}`` stands for base64 of N bytes, ``{"starts_with"}`` for a text."""
    if isinstance(expected, dict) and "$ciphertext" in expected:
        try:
            length = len(base64.b64decode(actual, validate=True))
        except (TypeError, binascii.Error):
            length = -1
        assert length == expected["$ciphertext"], f"{what}: {actual!r}"
    elif isinstance(expected, dict) and "starts_with" in expected:
        matches(expected, actual, what)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            assert name in actual, f"{what}.{name} is missing"
            holds(value, actual[name], f"{what}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for at, (item, other) in enumerate(zip(expected, actual)):
            holds(item, other, f"{what}[{at}]")
    else:
        assert actual == expected, f"{what}: expected {expected!r}, got {actual!r}"


def always(headers: dict[str, Any]) -> None:
    """What holds of every request that any client of ours sends."""
    assert headers["user-agent"].startswith("wechatpay-sdk/")
    assert headers["accept"] == "application/json"
    assert "accept-encoding" not in headers
    assert re.fullmatch(r"[0-9A-Za-z]{32}", headers["authorization"]["nonce_str"])
