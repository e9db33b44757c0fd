"""One exception class per kind, with the same attributes as in every language, also where it was awaited."""

from __future__ import annotations

import asyncio
import builtins
import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import wechatpay_sdk
from local_wechatpay import SUB_MCHID
from wechatpay_sdk import (
    ApiError,
    AsyncClient,
    Client,
    ConfigError,
    DecryptError,
    IntegrityError,
    InternalError,
    InvalidRequestError,
    SignatureError,
    TimeoutError,
    TransportError,
    WechatPayError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

CALL = "goldplan.merchants.change_custom_page_status"
PARAMS = {"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}
# fmt: off
FIELDS = [
    "kind", "code", "message", "retryability", "may_have_taken_effect", "operation", "status", "field", "value",
    "issue", "location", "detail", "request_id", "verified",
]
# fmt: on


@pytest.fixture(params=["Client", "AsyncClient"])
def fail(request: pytest.FixtureRequest, sandbox: Sandbox) -> Callable[..., WechatPayError]:
    """Makes a call that must fail, by either client, and gives its exception."""

    def call(operation: str = CALL, params: dict[str, Any] = PARAMS, **options: Any) -> WechatPayError:
        changed = {**sandbox.options, **options}

        def once() -> Any:
            if request.param == "Client":
                return Client(**changed).call(operation, params)
            return asyncio.run(AsyncClient(**changed).call(operation, params))

        with pytest.raises(WechatPayError) as caught:
            once()
        return caught.value

    return call


def test_the_platform_says_no(fail: Callable[..., WechatPayError]) -> None:
    error = fail(params={**PARAMS, "sub_mchid": "1"})
    assert type(error) is ApiError
    assert (error.kind, error.code, error.status) == ("api", "MCH_NOT_EXISTS", 400)
    assert (error.operation, error.verified, error.retryability) == (CALL, True, "never")
    assert not error.may_have_taken_effect
    assert error.request_id
    assert error.request_id in str(error)
    assert error.message in str(error)


def test_the_platform_names_the_field(fail: Callable[..., WechatPayError]) -> None:
    error = fail(params={**PARAMS, "operation_type": "SECRET_VALUE"})
    assert type(error) is ApiError
    assert (error.code, error.field, error.location) == ("PARAM_ERROR", "/body/operation_type", "body")
    assert error.value == "SECRET_VALUE"
    assert error.detail["value"] == "SECRET_VALUE"
    assert error.issue
    assert "SECRET_VALUE" not in repr(error)


def test_refused_before_sending(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    error = fail(params={"sub_mchid": SUB_MCHID})
    assert type(error) is InvalidRequestError
    assert (error.kind, error.code, error.field) == ("invalid_request", "missing_field", "operation_type")
    error = fail(params={**PARAMS, "operation_typ": "OPEN"})
    assert (type(error), error.code) == (InvalidRequestError, "unknown_field")
    assert "did you mean operation_type?" in str(error)
    assert sandbox.journal() == []


def test_the_network_fails(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    sandbox.fault("reset", times=9)
    error = fail()
    assert type(error) is TransportError
    assert (error.may_have_taken_effect, error.status, error.verified) == (True, None, False)


def test_time_runs_out(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    sandbox.fault("delay", ms=3000)
    error = fail(timeout=0.3, retry="off")
    assert type(error) is TimeoutError
    assert isinstance(error, TransportError)
    assert isinstance(error, builtins.TimeoutError)
    assert (error.kind, error.may_have_taken_effect) == ("timeout", True)


def test_the_signature_does_not_hold(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    sandbox.fault("wrong_signature")
    error = fail()
    assert type(error) is SignatureError
    assert not error.verified


def test_the_reply_is_not_json(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    sandbox.fault("reply", status=200, body="not JSON")
    assert type(fail()) is IntegrityError


def test_an_encrypted_field_does_not_open(fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    operation = "new_tax_control_fapiao.user_title.get"
    sandbox.fault("reply", status=200, body={"type": "INDIVIDUAL", "name": "x", "phone": "bm90IGVuY3J5cHRlZA=="})
    error = fail(operation, {"fapiao_apply_id": "4200000444201910177461284488", "scene": "WITH_WECHATPAY"})
    assert type(error) is DecryptError


def test_wrong_options(fail: Callable[..., WechatPayError]) -> None:
    error = fail(apiv3_key="short")
    assert type(error) is ConfigError
    assert (error.kind, error.field) == ("config", "apiv3_key")


def test_the_class_tree() -> None:
    kinds = (ApiError, ConfigError, DecryptError, IntegrityError, InternalError, InvalidRequestError, SignatureError)
    for kind in (*kinds, TransportError):
        assert kind.__bases__ == (WechatPayError,)
        assert kind.__module__ == "wechatpay_sdk"
        assert kind.__name__ in wechatpay_sdk.__all__
    assert issubclass(TimeoutError, TransportError)
    assert issubclass(WechatPayError, Exception)


def test_an_exception_can_be_made_in_the_tests_of_others() -> None:
    error = ApiError("400 MCH_NOT_EXISTS: no such merchant", code="MCH_NOT_EXISTS", status=400)
    assert (error.kind, error.code, error.status, error.verified) == ("api", "MCH_NOT_EXISTS", 400, False)
    assert str(error) == error.message == "400 MCH_NOT_EXISTS: no such merchant"


@pytest.mark.parametrize("kind", ["delay", "status"])
def test_exceptions_survive_pickle_and_copy(kind: str, fail: Callable[..., WechatPayError], sandbox: Sandbox) -> None:
    detail = {"field": "/body/x", "value": [1], "issue": "bad", "location": "body", "more": {"of": "it"}}
    if kind == "status":
        sandbox.fault("status", status=403, body={"code": "NO_AUTH", "message": "no", "detail": detail})
    else:
        sandbox.fault("delay", ms=2000)
    error = fail(timeout=0.3, retry="off")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert [getattr(twin, name) for name in FIELDS] == [getattr(error, name) for name in FIELDS]
    assert error.detail == (detail if kind == "status" else None)
