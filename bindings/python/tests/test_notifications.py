"""Notifications as Python receives them: what headers and bodies may be, and what comes out."""

from __future__ import annotations

import copy
import json
import os
import pickle
import pprint
from email.message import Message
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

import pytest

from wechatpay_sdk import (
    Answer,
    AsyncClient,
    Client,
    ConfigError,
    InvalidRequestError,
    Notification,
    Notifications,
    SignatureError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
ORDER: dict[str, Any] = {
    "event_type": "TRANSACTION.SUCCESS",
    "resource": {"amount": {"total": 2**70}, "rate": 0.06, "payer": {"openid": OPENID}},
    "envelope": {"id": "EV-1", "create_time": "2026-11-21T12:00:00+08:00", "summary": "支付成功"},
}
RECEIVING = ("public_key_id", "platform_public_key_path", "apiv3_key")


class Made:
    def __init__(self, sandbox: Sandbox) -> None:
        made = sandbox.admin("POST", "/notifications", ORDER)
        self.headers: dict[str, str] = made["headers"]
        self.body: str = made["body"]


@pytest.fixture
def made(sandbox: Sandbox) -> Made:
    return Made(sandbox)


@pytest.fixture
def receiver(sandbox: Sandbox) -> Notifications:
    return Notifications(**{name: sandbox.options[name] for name in RECEIVING})


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_receives(kind: type[Client] | type[AsyncClient], sandbox: Sandbox, made: Made) -> None:
    notification = kind(**sandbox.options).notifications.parse(made.headers, made.body.encode())
    assert type(notification) is Notification
    assert (notification.id, notification.event_type) == ("EV-1", "TRANSACTION.SUCCESS")
    assert (notification.create_time, notification.summary) == ("2026-11-21T12:00:00+08:00", "支付成功")
    assert (notification.resource_type, notification.original_type) == ("encrypt-resource", "transaction")
    assert notification.resource == ORDER["resource"]
    assert type(notification.resource["amount"]["total"]) is int
    assert sandbox.journal() == []


def message(headers: dict[str, str]) -> Message:
    found = Message()
    for name, value in headers.items():
        found[name] = value
    return found


def environ(headers: dict[str, str]) -> dict[str, Any]:
    """As wsgiref has it: with objects, and with the variables of the process."""
    variables = {"LATIN": os.fsdecode(b"caf\xe9"), "WECHATPAY_APIV3_KEY": "\ud800"}
    cgi = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {**variables, **cgi, "wsgi.input": object(), "wsgi.version": (1, 0), "SERVER_PORT": 80}


HEADERS: dict[str, Callable[[dict[str, str]], Any]] = {
    "dict": dict,
    "mapping proxy": MappingProxyType,
    "lower case": lambda headers: {name.lower(): value for name, value in headers.items()},
    "upper case": lambda headers: {name.upper(): value for name, value in headers.items()},
    "lists": lambda headers: {name: [value] for name, value in headers.items()},
    "http.server": message,
    "wsgiref": lambda headers: Headers(list(headers.items())),
    "WSGI environ": environ,
    "ASGI": lambda headers: [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    "iterator of pairs": lambda headers: iter(headers.items()),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_headers_of_every_framework(receiver: Notifications, made: Made, kind: str) -> None:
    assert receiver.parse(HEADERS[kind](made.headers), made.body.encode()).id == "EV-1"


@pytest.mark.parametrize("headers", [None, 1, "Wechatpay-Serial: 1", b"raw", [1], {1: "x"}, {"Wechatpay-Serial": 1}])
def test_other_headers_are_refused(receiver: Notifications, headers: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        receiver.parse(headers, b"{}")
    assert (caught.value.code, caught.value.field) == ("bad_argument", "headers")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bodies(receiver: Notifications, made: Made, kind: Callable[[bytes], Any]) -> None:
    assert receiver.parse(made.headers, kind(made.body.encode())).id == "EV-1"
    assert receiver.parse(made.headers, made.body).id == "EV-1"


@pytest.mark.parametrize("body", [{"id": OPENID}, None, [123], 7, "\ud800"])
def test_other_bodies_are_refused(receiver: Notifications, made: Made, body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="body must be the raw bytes") as caught:
        receiver.parse(made.headers, body)
    assert (caught.value.code, caught.value.field) == ("bad_argument", "body")
    assert OPENID not in f"{caught.value!r}"


def test_a_body_that_was_parsed_and_written_again_is_not_the_one_that_was_signed(
    receiver: Notifications, made: Made
) -> None:
    with pytest.raises(SignatureError) as caught:
        receiver.parse(made.headers, json.dumps(json.loads(made.body)))
    assert caught.value.code == "bad_signature"


def test_the_resource_does_not_print(receiver: Notifications, made: Made) -> None:
    notification = receiver.parse(made.headers, made.body)
    for shown in (repr(notification), str(notification), f"{notification}", pprint.pformat([notification])):
        assert "EV-1" in shown
        assert OPENID not in shown
    assert not hasattr(notification, "__dict__")
    for copied in (copy.deepcopy(notification), pickle.loads(pickle.dumps(notification))):
        assert copied.resource == ORDER["resource"]


def test_secrets_do_not_print(receiver: Notifications, sandbox: Sandbox) -> None:
    assert sandbox.options["apiv3_key"] not in repr(receiver) + repr(vars(receiver))


def test_answers(receiver: Notifications, client: Client, made: Made) -> None:
    notification = receiver.parse(made.headers, made.body)
    assert notification.ack() == receiver.ack() == client.notifications.ack() == Answer(204, {}, b"")
    failure = receiver.failure("库存 \ud800")
    assert (failure.status, failure.headers) == (500, {"Content-Type": "application/json"})
    assert json.loads(failure.body) == {"code": "FAIL", "message": "库存 ?"}
    with pytest.raises(InvalidRequestError, match="message must be text, not ValueError"):
        receiver.failure(ValueError("x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"apiv3_key": None}, "apiv3_key", "missing_option"),
        ({"apiv3_key": "short"}, "apiv3_key", "bad_apiv3_key"),
        ({"apiv3_kay": "x"}, "apiv3_kay", "unknown_option"),
        ({"platform_public_key_path": "/nowhere.pem"}, "platform_public_key_path", None),
    ],
)
def test_wrong_options_are_named(sandbox: Sandbox, wrong: dict[str, Any], field: str, code: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        Notifications(**{**{name: sandbox.options[name] for name in RECEIVING}, **wrong})
    assert caught.value.field == field
    assert code in (None, caught.value.code)


def test_a_client_without_the_key_says_so_when_it_is_needed(sandbox: Sandbox, made: Made) -> None:
    options = {name: value for name, value in sandbox.options.items() if name != "apiv3_key"}
    client = Client(**options)
    notifications = client.notifications
    with pytest.raises(ConfigError) as caught:
        notifications.parse(made.headers, made.body)
    assert (caught.value.field, caught.value.code) == ("apiv3_key", "missing_option")
    client.close()
    with pytest.raises(InvalidRequestError, match="client is closed"):
        _ = client.notifications


def test_from_env_in_parent_and_child(sandbox: Sandbox, made: Made) -> None:
    program = """
        import json, os, sys
        from wechatpay_sdk import Notifications
        headers, body = json.loads(sys.argv[1]), sys.argv[2]
        for name in ("MCHID", "MERCHANT_PRIVATE_KEY_PATH", "SERIAL_NO"): del os.environ[f"WECHATPAY_{name}"]
        notifications = Notifications.from_env()
        print(notifications.parse(headers, body).id, flush=True)
        pid = os.fork()
        if pid == 0:
            print(notifications.parse(headers, body).id, flush=True)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        print(notifications.parse(headers, body).id)
    """
    assert sandbox.run_python(program, json.dumps(made.headers), made.body) == "EV-1\n" * 3
