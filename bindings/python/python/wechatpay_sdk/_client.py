"""The blocking client."""

from __future__ import annotations

from ._attempts import log_failure
from ._base import BaseClient
from ._errors import WechatPayError
from ._invocation import Invocation
from ._lazy import load
from ._reply import content, whole
from ._typing import TYPE_CHECKING, overload
from .operations import Operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike
    from types import TracebackType
    from typing import Any, BinaryIO

    from typing_extensions import Self

    from ._files import SavedFile
    from ._native import Call
    from ._native import _RawReply as RawReply
    from ._records import Encrypted, PlatformKeys, Reply


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

    @overload
    def download(
        self,
        operation: str,
        params: Mapping[str, Any] | None = None,
        to: None = None,
        *,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> list[BinaryIO]: ...
    @overload
    def download(
        self,
        operation: str,
        params: Mapping[str, Any] | None,
        to: str | PathLike[str],
        *,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> list[SavedFile]: ...
    def download(
        self,
        operation: str,
        params: Mapping[str, Any] | None = None,
        to: str | PathLike[str] | None = None,
        *,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> list[SavedFile] | list[BinaryIO]:
        """Downloads what an operation gives: its file, or those whose addresses stand in its reply (bills, receipts).

        Their hashes are checked against that signed reply, encrypted files are decrypted, and files that were asked for
        with ``tar_type="GZIP"`` are inflated. A file takes its place when it is whole and right, and not before.

        to: path of the file; of several the second goes to ``bill.2.csv`` where the first goes to ``bill.csv``.
        Without it, the files are given open for reading, and are gone when they are closed.
        gunzip: inflates files that no ``tar_type`` was given for.
        progress: told how far it is, ``progress(received, total)`` in bytes; total is None where nobody says.
        """
        call = self._download("download", to, progress, operation=operation, params=params or {}, gunzip=gunzip)
        files: list[SavedFile] | list[BinaryIO] = load("_files").files_of(content(_waited(call)), to)
        return files

    @overload
    def download_url(
        self,
        url: str,
        to: None = None,
        *,
        hash_type: str | None = None,
        hash_value: str | None = None,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> BinaryIO: ...
    @overload
    def download_url(
        self,
        url: str,
        to: str | PathLike[str],
        *,
        hash_type: str | None = None,
        hash_value: str | None = None,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> SavedFile: ...
    def download_url(
        self,
        url: str,
        to: str | PathLike[str] | None = None,
        *,
        hash_type: str | None = None,
        hash_value: str | None = None,
        gunzip: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> SavedFile | BinaryIO:
        """Downloads from an address that a reply gave, and checks the hash that stood beside it; see ``download``."""
        call = self._download(
            "download_url", to, progress, url=url, hash_type=hash_type, hash_value=hash_value, gunzip=gunzip
        )
        file: SavedFile | BinaryIO = load("_files").files_of(content(_waited(call)), to)[0]
        return file

    def iterate(self, operation: str, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The items of a list, over all of its pages: each page is asked for when its first item is.

        It begins at the page that ``params`` name, and its size is theirs.
        """
        record: Mapping[str, Any] | None = params or {}
        while record is not None:
            page = content(_waited(self._utility("page", operation=operation, params=record)))
            yield from page["items"]
            record = page["next"]

    @property
    def invocation(self) -> Invocation:
        """Signs what front ends need to open the cashier: ``jsapi``, ``mini_program``, ``app``."""
        return Invocation(self)

    def encrypt(self, plaintext: str) -> Encrypted:
        """Encrypts a field for the platform, for ``request()``: operations do it by themselves.

        The ``serial`` names the key: requests of this client name it too, as long as they prefer it.
        """
        from . import Encrypted

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
