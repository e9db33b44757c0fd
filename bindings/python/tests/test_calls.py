"""Calls: what goes in, what crosses the wire, what comes out."""

from __future__ import annotations

import base64
from collections import OrderedDict
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

from local_wechatpay import CUSTOM_PAGE, SUB_MCHID
from wechatpay_sdk import Client, InvalidRequestError, Reply

if TYPE_CHECKING:
    from local_wechatpay import Sandbox


def test_an_operation_with_a_reply_gives_a_dict(client: Client, sandbox: Sandbox) -> None:
    reply = client.goldplan.merchants.change_custom_page_status(sub_mchid=SUB_MCHID, operation_type="OPEN")
    assert reply == {"sub_mchid": SUB_MCHID}
    assert type(reply) is dict
    assert sandbox.state_of()["custom_page"] == "OPEN"
    (entry,) = sandbox.journal()
    assert entry["body"] == '{"sub_mchid":"1900000109","operation_type":"OPEN"}'
    assert entry["authorized"]


def test_an_operation_without_a_reply_gives_none(client: Client, sandbox: Sandbox) -> None:
    # mypy knows that this is None, and says so; here it is seen.
    outcome: object = client.call("goldplan.merchants.close_advertising_show", {"sub_mchid": SUB_MCHID})
    assert outcome is None
    client.goldplan.merchants.set_advertising_industry_filter(
        sub_mchid=SUB_MCHID, advertising_industry_filters=["SOFTWARE", "INDUSTY"]
    )
    assert sandbox.state_of()["advertising"]["filters"] == ["SOFTWARE", "INDUSTY"]


def test_a_file_comes_as_bytes(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("reply", status=200, body="not [JSON")
    reply = client.new_tax_control_fapiao.download(
        token="t", mchid="1", openid="o", invoice_code="c", invoice_no="n", fapiao_id="f"
    )
    assert reply == b"not [JSON"


def test_an_optional_parameter_may_be_none(client: Client, sandbox: Sandbox) -> None:
    client.goldplan.merchants.change_gold_plan_status(
        sub_mchid=SUB_MCHID, operation_type="OPEN", operation_pay_scene=None
    )
    assert "operation_pay_scene" not in sandbox.journal()[0]["body"]


def test_a_literal_newer_than_the_sdk_is_sent(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("reply", status=200, body={"sub_mchid": SUB_MCHID, "newer": {"deep": [1]}})
    reply: Any = client.goldplan.merchants.change_gold_plan_status(sub_mchid=SUB_MCHID, operation_type="PAUSE")
    assert reply["newer"] == {"deep": [1]}
    assert '"PAUSE"' in sandbox.journal()[0]["body"]


def test_request_reaches_any_path(client: Client, sandbox: Sandbox) -> None:
    path = f"/v3/new-tax-control-fapiao/merchant/{SUB_MCHID}/check-status"
    reply = client.request("GET", path)
    assert isinstance(reply, Reply)
    status, request_id, body = reply
    assert (status, body["sub_mchid"]) == (200, SUB_MCHID)
    assert request_id
    assert SUB_MCHID not in repr(reply)

    body = {"sub_mchid": SUB_MCHID, "operation_type": "CLOSE"}
    assert client.request("POST", CUSTOM_PAGE, body=body).body == {"sub_mchid": SUB_MCHID}
    empty = client.request("POST", "/v3/goldplan/merchants/close-advertising-show", body={"sub_mchid": SUB_MCHID})
    assert (empty.status, empty.body) == (204, None)


def test_request_encodes_its_query(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("reply", status=200, body="a,b\n1,2\n")
    query = {"bill_date": "2026-11-20", "name": "张 三&=", "tag": ["a", "b"], "limit": 5, "all": True, "none": None}
    reply = client.request("GET", "/v3/bill/tradebill", query=query)
    assert reply.body == b"a,b\n1,2\n"
    assert sandbox.journal()[0]["target"] == (
        "/v3/bill/tradebill?bill_date=2026-11-20&name=%E5%BC%A0%20%E4%B8%89%26%3D&tag=a&tag=b&limit=5&all=true"
    )


def sent(client: Client, sandbox: Sandbox, body: Any) -> str:
    sandbox.fault("reply", status=200, body={})
    client.request("POST", "/v3/anything", body=body)
    text: str = sandbox.journal()[-1]["body"]
    return text


def test_numbers_keep_every_digit(client: Client, sandbox: Sandbox) -> None:
    body = {"price": Decimal("0.10"), "big": Decimal("1E+3"), "items": [Decimal("-12345678901234567890.123456789")]}
    assert sent(client, sandbox, body) == '{"price":0.10,"big":1000,"items":[-12345678901234567890.123456789]}'
    assert sent(client, sandbox, {"fen": 2**70}) == f'{{"fen":{2**70}}}'

    sandbox.fault("reply", status=200, body='{"fen": 1180591620717411303424, "rate": 0.06}')
    reply = client.request("GET", "/v3/anything").body
    assert reply == {"fen": 2**70, "rate": 0.06}
    assert type(reply["fen"]) is int


def test_pythons_own_types_become_json(client: Client, sandbox: Sandbox) -> None:
    class Color(str, Enum):
        RED = "red"

    body: OrderedDict[str, Any] = OrderedDict(text="中文😀", color=Color.RED, pair=(1, 2.5), nothing=None, yes=True)
    expected = '{"text":"中文😀","color":"red","pair":[1,2.5],"yes":true}'
    assert sent(client, sandbox, body).replace(',"nothing":null', "") == expected
    # The same by the slow path, which writes decimals.
    body["rate"] = Decimal("0.060")
    assert sent(client, sandbox, body).replace(',"nothing":null', "") == expected[:-1] + ',"rate":0.060}'


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ROUND: dict[str, Any] = {}
ROUND["self"] = ROUND


@pytest.mark.parametrize(
    ("value", "field", "problem"),
    [
        (object(), "x", "not object"),
        ({"a": [1, {"b": {1}}]}, "x.a[1].b", "not set"),
        (float("nan"), "x", "finite"),
        ([Decimal("Infinity")], "x[0]", "finite"),
        (b"raw", "x", "(filename, bytes)"),
        ("lone \ud800 surrogate", "x", "Unicode"),
        ({1: object()}, "x", "names of type str"),
        (ROUND, "x", "within itself"),
        (nested(5000), "x", "nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused_by_name(
    client: Client, sandbox: Sandbox, value: Any, field: str, problem: str
) -> None:
    operation = "goldplan.merchants.change_custom_page_status"
    with pytest.raises(InvalidRequestError) as caught:
        client.call(operation, {"x": value})
    error = caught.value
    assert (error.kind, error.field, error.operation) == ("invalid_request", field, operation)
    assert problem in str(error)
    assert not error.may_have_taken_effect
    assert sandbox.journal() == []


def test_a_file_goes_as_name_and_bytes(client: Client, sandbox: Sandbox) -> None:
    content = bytes(range(256)) * 40
    digest = "063e10c09690c2f3c95766a5712de1f17bee12a105c5ef53491c2934c678313c"
    params = {
        "file": ("fapiao.pdf", content),
        "meta": {"sub_mchid": SUB_MCHID, "file_type": "PDF", "digest_alogrithm": "SM3", "digest": digest},
    }
    operation = "new_tax_control_fapiao.fapiao_applications.upload_fapiao_file"
    client.call(operation, params)
    (entry,) = sandbox.journal()
    body = base64.b64decode(entry["body_base64"])
    assert content in body
    assert b'filename="fapiao.pdf"' in body
    assert entry["headers"]["content-type"].startswith("multipart/form-data")
    with pytest.raises(InvalidRequestError) as caught:
        client.call(operation, {**params, "file": content})
    assert caught.value.field == "file"


def test_secrets_do_not_print(client: Client, sandbox: Sandbox) -> None:
    with open(sandbox.info["merchant_private_key_path"], encoding="ascii") as file:
        key = file.read()
    shown = repr(client) + repr(client.goldplan) + str(vars(client))
    assert sandbox.info["mchid"] in shown
    assert sandbox.info["apiv3_key"] not in shown
    for line in key.splitlines()[1:-1]:
        assert line not in shown
