"""The client for asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._attempts import log_failure
from ._base import BaseClient
from ._errors import WechatPayError
from ._invocation import AsyncInvocation
from ._lazy import load
from ._reply import Encrypted, Reply, content, whole
from .operations import AsyncOperations

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ._native import Call
    from ._native import _RawReply as RawReply
    from ._records import PlatformKeys


class AsyncClient(BaseClient, AsyncOperations):
    """A client of one merchant for asyncio. Share it: between tasks, event loops, threads, and across forks.

    Operations hang on it by their id: ``await client.goldplan.merchants.change_custom_page_status(...)``. Each gives a
    dict, bytes (a file), or None (no content); ``help()`` on it tells its parameters.

    Cancelling a task drops its call. A request that had already left may still take effect: query it before repeating.
    """

    _may_await = True

    async def call(self, operation: str, params: Mapping[str, Any] | None = None) -> Any:
        """Calls an operation by its id, with its parameters as one flat record."""
        return await self._run(operation, params or {})

    async def request(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Reply:
        """Sends any request, signed and verified like an operation: for paths that have no operation.

        path: begins with ``/``, without the host.
        query: names and values, encoded here; a list repeats its name.
        body: anything that is JSON.
        """
        return whole(await _completed(self._request(method, path, query, body)))

    @property
    def invocation(self) -> AsyncInvocation:
        """Signs what front ends need to open the cashier: ``jsapi``, ``mini_program``, ``app``."""
        return AsyncInvocation(self)

    async def encrypt(self, plaintext: str) -> Encrypted:
        """Encrypts a field for the platform, for ``request()``: operations do it by themselves.

        The ``serial`` names the key: requests of this client name it too, as long as they prefer it.
        """
        return Encrypted(**await self._use("encrypt", plaintext=plaintext))

    async def decrypt(self, ciphertext: str) -> str:
        """Decrypts a field that the platform encrypted for this merchant: operations do it by themselves."""
        text: str = (await self._use("decrypt", ciphertext=ciphertext))["plaintext"]
        return text

    async def platform_keys(self) -> PlatformKeys:
        """The platform's keys that this client knows, and what became of the last download. Sends nothing."""
        keys: PlatformKeys = content(await _completed(self._utility("platform_keys.list")))
        return keys

    async def refresh_platform_keys(self) -> PlatformKeys:
        """Downloads the platform's certificates, unless that was begun in the last minute; needs ``auto_certificates``.

        Where it fails, the keys known before stay in use.
        """
        keys: PlatformKeys = content(await _completed(self._utility("platform_keys.refresh")))
        return keys

    async def close(self) -> None:
        """Ends the use of this client; clients derived from it go on."""
        self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, operation: str, params: Mapping[str, Any]) -> Any:
        return content(await _completed(self._call(operation, params)))

    async def _use(self, utility: str, **params: str) -> Any:
        return content(await _completed(self._utility(utility, **params)))


async def _completed(call: Call) -> RawReply:
    # asyncio takes longer to import than this whole package: it waits until somebody awaits.
    try:
        raw: RawReply = await load("_loop").completed(call)
    except WechatPayError as error:
        log_failure(error)
        raise
    return raw
