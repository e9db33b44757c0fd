"""The blocking client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._attempts import log_failure
from ._base import BaseClient
from ._errors import WechatPayError
from ._invocation import Invocation
from ._reply import Encrypted, Reply, content, whole
from .operations import Operations

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ._native import Call
    from ._native import _RawReply as RawReply
    from ._records import PlatformKeys


class Client(BaseClient, Operations):
    """A client of one merchant. Share it: between threads, and across forks.

    Operations hang on it by their id: ``client.goldplan.merchants.change_custom_page_status(...)``. Each gives a dict,
    bytes (a file), or None (no content); ``help()`` on it tells its parameters.

    A call releases the GIL and lets signals in: Ctrl-C ends it at once, and the KeyboardInterrupt says so where the
    outcome is unknown.
    """

    _may_await = False

    def call(self, operation: str, params: Mapping[str, Any] | None = None) -> Any:
        """Calls an operation by its id, with its parameters as one flat record."""
        return content(_waited(self._call(operation, params or {})))

    def request(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Reply:
        """Sends any request, signed and verified like an operation: for paths that have no operation.

        path: begins with ``/``, without the host.
        query: names and values, encoded here; a list repeats its name.
        body: anything that is JSON.
        """
        return whole(_waited(self._request(method, path, query, body)))

    @property
    def invocation(self) -> Invocation:
        """Signs what front ends need to open the cashier: ``jsapi``, ``mini_program``, ``app``."""
        return Invocation(self)

    def encrypt(self, plaintext: str) -> Encrypted:
        """Encrypts a field for the platform, for ``request()``: operations do it by themselves.

        The ``serial`` names the key: requests of this client name it too, as long as they prefer it.
        """
        return Encrypted(**self._use("encrypt", plaintext=plaintext))

    def decrypt(self, ciphertext: str) -> str:
        """Decrypts a field that the platform encrypted for this merchant: operations do it by themselves."""
        text: str = self._use("decrypt", ciphertext=ciphertext)["plaintext"]
        return text

    def platform_keys(self) -> PlatformKeys:
        """The platform's keys that this client knows, and what became of the last download. Sends nothing."""
        keys: PlatformKeys = content(_waited(self._utility("platform_keys.list")))
        return keys

    def refresh_platform_keys(self) -> PlatformKeys:
        """Downloads the platform's certificates, unless that was begun in the last minute; needs ``auto_certificates``.

        Where it fails, the keys known before stay in use.
        """
        keys: PlatformKeys = content(_waited(self._utility("platform_keys.refresh")))
        return keys

    def close(self) -> None:
        """Ends the use of this client; clients derived from it go on."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, operation: str, params: Mapping[str, Any]) -> Any:
        return content(_waited(self._call(operation, params)))

    def _use(self, utility: str, **params: str) -> Any:
        return content(_waited(self._utility(utility, **params)))


def _waited(call: Call) -> RawReply:
    try:
        return call.wait()
    except WechatPayError as error:
        log_failure(error)
        raise
