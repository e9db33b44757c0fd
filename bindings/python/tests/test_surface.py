"""What a user finds: names, help, suggestions; and that importing costs nothing."""

from __future__ import annotations

import inspect
import json
import pydoc
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

import wechatpay_sdk
from wechatpay_sdk import AsyncClient, Client, InvalidRequestError, _native  # pyright: ignore[reportPrivateUsage]
from wechatpay_sdk.operations import _runtime

if TYPE_CHECKING:
    from local_wechatpay import Sandbox

OPERATIONS: list[dict[str, Any]] = json.loads(_native.operations(""))


def find(client: object, operation: str) -> Any:
    for step in operation.split("."):
        client = getattr(client, _runtime._identifier(step))  # pyright: ignore[reportPrivateUsage]
    return client


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_operation_is_a_method_with_its_parameters(kind: Any, sandbox: Sandbox) -> None:
    client = kind(**sandbox.options)
    assert len(OPERATIONS) == 1019
    for operation in OPERATIONS:
        method = find(client, operation["id"])
        signature = inspect.signature(method)
        name = _runtime._identifier  # pyright: ignore[reportPrivateUsage]
        assert list(signature.parameters) == list(dict.fromkeys(name(param["name"]) for param in operation["params"]))
        for param in operation["params"]:
            seen = signature.parameters[name(param["name"])]
            assert seen.kind is inspect.Parameter.KEYWORD_ONLY
            assert (seen.default is inspect.Parameter.empty) == param["required"]
        assert inspect.iscoroutinefunction(method) == (kind is AsyncClient)
        assert operation["doc_url"] in method.__doc__


def test_help_tells_parameters_types_literals_and_where_to_read_on(client: Client) -> None:
    text = pydoc.plain(pydoc.render_doc(client.goldplan.merchants.change_gold_plan_status))
    for part in (
        "operation_pay_scene: 'str | None' = None",
        "JSAPI_AND_MINIPROGRAM",
        "POST /v3/goldplan/merchants/changegoldplanstatus",
        "sub_mchid (str): required.",
        "https://pay.weixin.qq.com/doc/",
    ):
        assert part in text
    assert "sub_mchid" in pydoc.plain(pydoc.render_doc(client.new_tax_control_fapiao.merchant))
    assert "merchant_private_key_path" in pydoc.plain(pydoc.render_doc(Client))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_invocation_is_found_and_tells_its_parameters(kind: Any, sandbox: Sandbox) -> None:
    invocation = kind(**sandbox.options).invocation
    assert "invocation" in dir(kind)
    for name, parameters in {
        "jsapi": ["appid", "prepay_id"],
        "mini_program": ["appid", "prepay_id"],
        "app": ["appid", "partnerid", "prepay_id"],
    }.items():
        method = getattr(invocation, name)
        signature = inspect.signature(method)
        assert list(signature.parameters) == parameters
        assert {seen.kind for seen in signature.parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
        assert inspect.iscoroutinefunction(method) == (kind is AsyncClient)
        assert "prepay_id: bare" in method.__doc__
    assert f"nvocation of <wechatpay_sdk.{kind.__name__} mchid=" in repr(invocation)
    with pytest.raises(AttributeError, match="did you mean 'mini_program'"):
        getattr(invocation, "miniprogram")  # noqa: B009


def test_a_record_needs_texts(client: Client) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        client.invocation.jsapi(appid="wx1", prepay_id=1)  # type: ignore[arg-type] # pyright: ignore
    assert (caught.value.operation, caught.value.field) == ("invocation.jsapi", "prepay_id")
    with pytest.raises(InvalidRequestError, match=r"invocation\.app: partnerid"):
        client.invocation.app(appid="wx1", partnerid="", prepay_id="wx2")


def test_dir_offers_what_there_is(client: Client) -> None:
    assert {"goldplan", "new_tax_control_fapiao", "call", "request", "for_merchant"} <= set(dir(client))
    assert dir(client.goldplan) == ["merchants"]
    assert dir(client.goldplan.merchants) == sorted(
        operation["id"].rpartition(".")[2] for operation in OPERATIONS if operation["id"].startswith("goldplan.")
    )


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("goldpan", "goldplan"),
        ("goldplan.merchant", "merchants"),
        ("goldplan.merchants.change_custom_status", "change_custom_page_status"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(client: Client, path: str, near: str) -> None:
    with pytest.raises(AttributeError, match=f"did you mean '{near}'"):
        find(client, path)
    assert not hasattr(client, "zzz")


def test_a_namespace_says_whose_it_is(client: Client) -> None:
    assert repr(client.goldplan.merchants) == f"<GoldplanMerchants of {client!r}>"


@pytest.mark.parametrize(
    ("wire", "identifier"),
    [("from", "from_"), ("self", "self_"), ("Idempotency-Key", "idempotency_key"), ("payAuthNo", "payAuthNo")],
)
def test_names_that_python_cannot_have(wire: str, identifier: str) -> None:
    assert _runtime._identifier(wire) == identifier  # pyright: ignore[reportPrivateUsage]


def test_renamed_parameters_reach_the_wire_under_their_own_names() -> None:
    param: dict[str, Any] = {"place": "query", "required": True, "type": "string", "values": [], "encrypted": False}
    operation: dict[str, Any] = {
        "id": "tea.pick",
        "title": "",
        "method": "GET",
        "path": "/v3/tea",
        "reply": "json",
        "idempotent": False,
        "doc_url": "",
        "params": [{**param, "name": name} for name in ("from", "Idempotency-Key", "leaf")],
    }

    class Recorder:
        def _run(self, operation: str, params: dict[str, Any]) -> Any:
            return operation, params

    method = _runtime._method(operation, False, "Tea", "tea")  # pyright: ignore[reportPrivateUsage]
    outcome = method(_runtime.Namespace(Recorder()), from_="a", idempotency_key="b", leaf="c")
    assert outcome == ("tea.pick", {"from": "a", "Idempotency-Key": "b", "leaf": "c"})


# Every tuple with names and every dictionary with types.
RECORDS = [name for name in wechatpay_sdk.__all__ if {"_fields", "__total__"} & set(dir(getattr(wechatpay_sdk, name)))]


def test_records_are_found() -> None:
    assert {"Answer", "Attempt", "ClientOptions", "PlatformKeys", "Reply", "SavedFile"} < set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_who_reads_annotations_at_run_time_finds_types(name: str) -> None:
    record = getattr(wechatpay_sdk, name)
    assert record.__module__ == "wechatpay_sdk"
    assert get_type_hints(record)


def test_importing_starts_nothing_and_loads_no_product(sandbox: Sandbox) -> None:
    program = """
        import os, sys, threading
        import wechatpay_sdk
        assert len(os.listdir("/proc/self/task")) == 1, "a thread at import"
        client = wechatpay_sdk.Client.from_env()
        assert len(os.listdir("/proc/self/task")) == 1, "a thread before the first call"
        for name in ("_loop", "events", "operations.goldplan"):
            assert f"wechatpay_sdk.{name}" not in sys.modules, name
        # Each takes longer to import than the package.
        assert not {"asyncio", "inspect", "json", "typing"} & set(sys.modules)
        client.goldplan
        assert "wechatpay_sdk.operations.goldplan" in sys.modules
        assert "wechatpay_sdk.operations.new_tax_control_fapiao" not in sys.modules
        print("lean")
    """
    assert sandbox.run_python(program) == "lean\n"
