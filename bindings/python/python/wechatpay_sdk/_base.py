"""What the two clients have in common: how they are made, and what they say of themselves."""

from __future__ import annotations

import os

from . import _native as native
from ._attempts import checked, hook_of
from ._lazy import load
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self, Unpack

    from ._attempt import AttemptEvent
    from ._notifications import Notifications
    from ._options import ClientOptions, MerchantOptions
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
        """Takes these options; every one is a keyword, and only ``mchid`` is always needed.

        What belongs to one merchant:

        mchid: merchant number. Required.
        merchant_private_key, merchant_private_key_path: its private key (apiclient_key.pem), as PEM text or file.
        serial_no: serial number of the merchant's API certificate; not needed where the certificate is given.
        merchant_certificate, merchant_certificate_path: that certificate (apiclient_cert.pem), as PEM text or file.
        sign: in place of the private key, where that lies elsewhere (HSM, KMS): the signature of a message, RSASSA-
        PKCS1-v1_5 with SHA-256. A function, or with AsyncClient also a coroutine function. What it raises stands in
        errors, and so in logs: its words must hold no key, no signature and no plaintext.
        decrypt: beside ``sign``, where replies have encrypted fields: the plaintext of a ciphertext, RSAES-OAEP with
        SHA-1.
        auto_certificates: True downloads the platform's certificates and keeps them current; needs apiv3_key.
        certificate_cache: file that they are kept in between processes, one per merchant.
        rate_limit: calls per second at most, like "50", or "50, pay=20" with classes of operations; default: no limit.
        public_key_id: id of WeChat Pay's public key, PUB_KEY_ID_...
        platform_public_key, platform_public_key_path: that key (pub_key.pem), as PEM text or file.
        platform_certificates, platform_certificate_paths: platform certificates, any number, as PEM texts or files.
        apiv3_key: APIv3 key, 32 bytes; for notifications and certificates.

        What all merchants of a client share:

        base_url: default https://api.mch.weixin.qq.com. Plain http is accepted for loopback addresses only.
        backup_url: default https://api2.mch.weixin.qq.com, or none where base_url is given.
        connect_timeout: seconds to establish a connection; default 5.
        timeout: seconds for a whole call with all its attempts; default 30.
        retry: what may be repeated: off; safe (GETs, operations that are marked for it, and what was provably never
        sent: the default); idempotent (you say that repeating is harmless).
        cool_down: seconds for which a host that failed is avoided at first; default 30.
        on_attempt: a function that is called with an ``AttemptStarted`` and an ``AttemptEnded`` for every attempt, by
        the thread or event loop that waits for the call. It should return at once: the time of the call goes on. What
        it raises goes to ``sys.unraisablehook``, and the call goes on.
        rate_limit_redis: URL of a Redis in which a fleet shares its limits.
        proxy: proxy URL. Proxy variables of the environment are not read.
        ca_pem, ca_path: further certificate authorities to trust, as PEM text or file.
        user_agent_suffix: your application's name and version, added to the User-Agent.
        max_reply_bytes: the longest reply that is accepted; default 10 MiB.
        """
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
        return self._of(self._open().with_options(load("_json").encode_options(options)), self._signer, on_attempt)

    @property
    def mchid(self) -> str:
        """The merchant number that this client signs for."""
        return self._open().mchid

    @property
    def notifications(self) -> Notifications:
        """Receives this merchant's notifications. Needs ``apiv3_key``, and no network: there is nothing to await."""
        from . import Notifications

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
        return signer, load("_json").encode_options(given), ("sign" in functions, "decrypt" in functions)

    def _open(self) -> native.Client:
        if self._native is None:
            raise native.bad_argument(None, "client", "is closed; make a new one")
        return self._native

    def _close(self) -> None:
        self._native = None

    def _call(self, operation: str, params: Mapping[str, Any]) -> native.Call:
        opened: list[Any] = []
        record = load("_json").encode(params, operation, opened)
        return self._open().call(operation, record, self._signer, hook_of(self._on_attempt), opened or None)

    def _utility(self, name: str, **params: Any) -> native.Call:
        return self._open().utility(name, load("_json").encode(params, name), self._signer, hook_of(self._on_attempt))

    def _download(
        self,
        utility: str,
        to: str | os.PathLike[str] | None,
        progress: Callable[[int, int | None], object] | None,
        **params: Any,
    ) -> native.Call:
        record = {**params, "to": None if to is None else os.fspath(to), "progress": progress is not None}
        record = load("_json").encode(record, utility)
        return self._open().utility(utility, record, self._signer, hook_of(self._on_attempt, progress))

    def _request(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> native.Call:
        encode = load("_json").encode
        return self._open().request(
            method,
            path,
            None if query is None else encode(query, method),
            None if body is None else encode(body, method),
            self._signer,
            hook_of(self._on_attempt),
        )
