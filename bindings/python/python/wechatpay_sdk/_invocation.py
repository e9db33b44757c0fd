"""What a front end needs to open the cashier after a prepay."""

from __future__ import annotations

from ._suggest import Suggesting
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._client import Client
    from ._records import AppRecord, JsapiRecord


class Invocation(Suggesting):
    """Signs what front ends need to open the cashier. Nothing is sent."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<Invocation of {self._client!r}>"

    def jsapi(self, *, appid: str, prepay_id: str) -> JsapiRecord:
        """For a page in WeChat, after ``pay.transactions.jsapi``. prepay_id: bare, as the reply has it."""
        record: JsapiRecord = self._client._use("invocation.jsapi", appid=appid, prepay_id=prepay_id)
        return record

    def mini_program(self, *, appid: str, prepay_id: str) -> JsapiRecord:
        """For a mini program, whose ``appid`` it is. prepay_id: bare, as the reply has it."""
        record: JsapiRecord = self._client._use("invocation.mini_program", appid=appid, prepay_id=prepay_id)
        return record

    def app(self, *, appid: str, partnerid: str, prepay_id: str) -> AppRecord:
        """For an app. partnerid: the merchant number that the prepay named. prepay_id: bare, as the reply has it."""
        params = {"appid": appid, "partnerid": partnerid, "prepay_id": prepay_id}
        record: AppRecord = self._client._use("invocation.app", **params)
        return record


class AsyncInvocation(Suggesting):
    """Signs what front ends need to open the cashier. Nothing is sent, but a key may live elsewhere."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<AsyncInvocation of {self._client!r}>"

    async def jsapi(self, *, appid: str, prepay_id: str) -> JsapiRecord:
        """For a page in WeChat, after ``pay.transactions.jsapi``. prepay_id: bare, as the reply has it."""
        record: JsapiRecord = await self._client._use("invocation.jsapi", appid=appid, prepay_id=prepay_id)
        return record

    async def mini_program(self, *, appid: str, prepay_id: str) -> JsapiRecord:
        """For a mini program, whose ``appid`` it is. prepay_id: bare, as the reply has it."""
        record: JsapiRecord = await self._client._use("invocation.mini_program", appid=appid, prepay_id=prepay_id)
        return record

    async def app(self, *, appid: str, partnerid: str, prepay_id: str) -> AppRecord:
        """For an app. partnerid: the merchant number that the prepay named. prepay_id: bare, as the reply has it."""
        params = {"appid": appid, "partnerid": partnerid, "prepay_id": prepay_id}
        record: AppRecord = await self._client._use("invocation.app", **params)
        return record
