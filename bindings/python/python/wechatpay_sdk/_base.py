"""What the two clients have in common: how they are made, and what they say of themselves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from . import _native as native
from ._attempts import checked, hook_of
from ._json import encode, encode_options
from ._lazy import load
from ._notifications import Notifications
from ._options import ClientOptions, MerchantOptions, NotificationsOptions

if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Self, Unpack

    from ._attempt import AttemptEvent
    from ._signer import Signer


class BaseClient:
    _native: native.Client | None
    # The merchant's key, where it lies elsewhere.
    _signer: Signer | None
    # The application's function that is told of attempts.
    _on_attempt: Callable[[AttemptEvent], object] | None
    # Whether its functions may be asynchronous.
    _may_await: ClassVar[bool]

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Takes the options of ``ClientOptions``; every one is a keyword."""
        given = dict(options)
        self._on_attempt = checked(given.pop("on_attempt", None))
        self._signer, record, functions = self._read(given)
        self._native = native.Client(record, *functions)

    @classmethod
    def from_env(cls) -> Self:
        """A client from the environment: every option is ``WECHATPAY_`` and its name in upper case."""
        return cls._of(native.Client.from_env(), None, None)

    def for_merchant(self, **options: Unpack[MerchantOptions]) -> Self:
        """A client for another merchant over the same connections; takes the options of ``MerchantOptions``."""
        if "on_attempt" in options:
            raise native.bad_option("on_attempt", "is the first client's, for all merchants")
        signer, record, functions = self._read(options)
        return self._of(self._open().for_merchant(record, *functions), signer, self._on_attempt)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        retry: Literal["off", "safe", "idempotent"] | None = None,
        encrypted_with: str | None = None,
        on_attempt: Callable[[AttemptEvent], object] | None = None,
    ) -> Self:
        """The same client with other defaults for its calls.

        timeout: seconds for a whole call with all its attempts.
        retry: off; safe (GETs, operations that are marked for it, and what was provably never sent: the default);
        idempotent (you say that repeating these calls is harmless).
        encrypted_with: you encrypted the fields that are marked as encrypted: they are given as ciphertext and sent as
        they are, and requests name this key of the platform (``PUB_KEY_ID_…``, or the serial of a certificate).
        on_attempt: told of every attempt; see ``ClientOptions``.
        """
        options = {"timeout": timeout, "retry": retry, "encrypted_with": encrypted_with}
        on_attempt = self._on_attempt if on_attempt is None else checked(on_attempt)
        return self._of(self._open().with_options(json.dumps(options).encode()), self._signer, on_attempt)

    @property
    def mchid(self) -> str:
        """The merchant number that this client signs for."""
        return self._open().mchid

    @property
    def notifications(self) -> Notifications:
        """Receives this merchant's notifications. Needs ``apiv3_key``, and no network: there is nothing to await."""
        return Notifications._of(self._open())

    def __repr__(self) -> str:
        state = "closed" if self._native is None else f"mchid={self._native.mchid!r}"
        return f"<wechatpay_sdk.{type(self).__name__} {state}>"

    @classmethod
    def _of(
        cls,
        handle: native.Client,
        signer: Signer | None,
        on_attempt: Callable[[AttemptEvent], object] | None,
    ) -> Self:
        client = cls.__new__(cls)
        client._native, client._signer, client._on_attempt = handle, signer, on_attempt
        return client

    def _read(self, options: Mapping[str, Any]) -> tuple[Signer | None, bytes, tuple[bool, bool]]:
        """The merchant's key, if it lies elsewhere; the other options as JSON; and what the key can do."""
        given = {name: value for name, value in options.items() if value is not None}
        functions = {name: given.pop(name) for name in ("sign", "decrypt") if name in given}
        signer = load("_signer").signer_of(functions, may_await=self._may_await) if functions else None
        return signer, encode_options(given), ("sign" in functions, "decrypt" in functions)

    def _open(self) -> native.Client:
        if self._native is None:
            raise native.bad_argument(None, "client", "is closed; make a new one")
        return self._native

    def _close(self) -> None:
        self._native = None

    def _call(self, operation: str, params: Mapping[str, Any]) -> native.Call:
        opened: list[Any] = []
        record = encode(params, operation, opened)
        return self._open().call(operation, record, self._signer, hook_of(self._on_attempt), opened or None)

    def _utility(self, name: str, **params: Any) -> native.Call:
        return self._open().utility(name, encode(params, name), self._signer, hook_of(self._on_attempt))

    def _download(
        self,
        utility: str,
        to: str | os.PathLike[str] | None,
        progress: Callable[[int, int | None], object] | None,
        **params: Any,
    ) -> native.Call:
        record = {**params, "to": None if to is None else os.fspath(to), "progress": progress is not None}
        return self._open().utility(utility, encode(record, utility), self._signer, hook_of(self._on_attempt, progress))

    def _request(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> native.Call:
        return self._open().request(
            method,
            path,
            None if query is None else encode(query, method),
            None if body is None else encode(body, method),
            self._signer,
            hook_of(self._on_attempt),
        )


# The options are told where help() looks for them, and written down once.
BaseClient.__init__.__doc__ = "\n".join(
    str(options.__doc__) for options in (ClientOptions, MerchantOptions, NotificationsOptions)
)
