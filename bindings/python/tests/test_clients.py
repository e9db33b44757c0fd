"""How clients are made, derived and ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from local_wechatpay import SUB_MCHID
from wechatpay_sdk import (
    AsyncClient,
    Client,
    ClientOptions,
    ConfigError,
    InvalidRequestError,
    MerchantOptions,
    Notifications,
    NotificationsOptions,
)
from wechatpay_sdk._native import option_names

if TYPE_CHECKING:
    from local_wechatpay import Sandbox

SHARED = {
    "base_url", "backup_url", "connect_timeout", "timeout", "retry", "cool_down", "rate_limit_redis", "proxy", "ca_pem",
    "ca_path",
    "user_agent_suffix", "max_reply_bytes",
}  # fmt: skip
RECEIVING = {
    "public_key_id", "platform_public_key", "platform_public_key_path", "platform_certificates",
    "platform_certificate_paths", "apiv3_key",
}  # fmt: skip


def works(client: Client) -> bool:
    reply = client.goldplan.merchants.change_custom_page_status(sub_mchid=SUB_MCHID, operation_type="OPEN")
    return reply["sub_mchid"] == SUB_MCHID


def test_the_options_are_those_of_the_core() -> None:
    assert set(get_type_hints(ClientOptions)) == {*option_names(), "sign", "decrypt", "on_attempt"}
    assert set(get_type_hints(MerchantOptions)) == {*option_names(), "sign", "decrypt"} - SHARED
    assert set(get_type_hints(NotificationsOptions)) == RECEIVING
    for name in RECEIVING:
        assert name in (Notifications.__init__.__doc__ or "")
    for name in option_names():
        assert name in (Client.__init__.__doc__ or "")


def test_keys_as_text_and_paths_as_path_objects(sandbox: Sandbox) -> None:
    info = sandbox.info
    assert works(
        Client(
            mchid=info["mchid"],
            merchant_private_key=Path(info["merchant_private_key_path"]).read_text(),
            merchant_certificate_path=Path(info["merchant_certificate_path"]),
            platform_certificates=[Path(info["platform_certificate_path"]).read_text()],
            base_url=info["base_url"],
            backup_url=None,
            user_agent_suffix="shop/1.0",
        )
    )
    headers = sandbox.journal()[0]["headers"]
    assert headers["user-agent"].endswith(" shop/1.0")
    assert works(
        Client(
            mchid=info["mchid"],
            merchant_private_key_path=Path(info["merchant_private_key_path"]),
            serial_no=info["serial_no"],
            platform_certificate_paths=(Path(info["platform_certificate_path"]),),
            base_url=info["base_url"],
        )
    )


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"mchidd": "1"}, "mchidd", "did you mean mchid?"),
        ({"mchid": 1900000109}, "mchid", "must be a string"),
        ({"platform_certificates": "PEM"}, "platform_certificates", "list of strings"),
        ({"timeout": "5"}, "timeout", "number"),
        ({"timeout": float("nan")}, "timeout", "number"),
        ({"apiv3_key": b"x" * 32}, "apiv3_key", "not bytes"),
        ({"merchant_private_key_path": "/nowhere.pem"}, "merchant_private_key_path", "/nowhere.pem"),
    ],
)
def test_wrong_options_are_named(sandbox: Sandbox, wrong: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Client(**{**sandbox.options, **wrong})
    assert caught.value.field == field
    assert says in str(caught.value)


def test_nothing_is_positional(sandbox: Sandbox) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(TypeError):
            kind("1900000001")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_a_missing_option_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        Client()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert (caught.value.field, caught.value.code) == ("mchid", "missing_option")


def test_from_env(sandbox: Sandbox) -> None:
    program = """
        from wechatpay_sdk import Client
        with Client.from_env() as client:
            print(client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN"))
    """
    assert sandbox.run_python(program) == "{'sub_mchid': '1900000109'}\n"


def test_for_merchant(client: Client, sandbox: Sandbox) -> None:
    own = {name: value for name, value in sandbox.options.items() if name not in SHARED}
    assert works(client.for_merchant(**own))
    with pytest.raises(ConfigError) as caught:
        client.for_merchant(**own, base_url="http://127.0.0.1:1")  # type: ignore[call-arg]
    assert (caught.value.field, caught.value.code) == ("base_url", "shared_option")


def test_with_options(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("status", times=2, status=500, body={"code": "SYSTEM_ERROR", "message": "later"})
    assert works(client.with_options(retry="idempotent", timeout=20))
    assert len(sandbox.journal()) == 3
    with pytest.raises(ConfigError) as caught:
        client.with_options(retry="always")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert caught.value.field == "retry"
    with pytest.raises(ConfigError):
        client.with_options(timeout=-1)


def test_a_closed_client_says_so_and_its_children_go_on(sandbox: Sandbox) -> None:
    with Client(**sandbox.options) as client:
        child = client.with_options(timeout=5)
        assert works(client)
    with pytest.raises(InvalidRequestError, match="client is closed"):
        works(client)
    assert "closed" in repr(client)
    assert works(child)
    client.close()


def test_a_closed_async_client_says_so(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with AsyncClient(**sandbox.options) as client:
            assert await client.call("goldplan.merchants.close_advertising_show", {"sub_mchid": SUB_MCHID}) is None
        with pytest.raises(InvalidRequestError, match="client is closed"):
            await client.request("GET", "/v3/certificates")

    asyncio.run(main())
