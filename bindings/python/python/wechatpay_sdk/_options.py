"""The options of a client: the same names in every language and, upper-cased, in the environment."""

# Annotations are types here and not texts: each text would be compiled when the package is imported.
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Optional, TypedDict, Union

# By its name there, which is looked up when it is asked for.
import wechatpay_sdk

# Also evaluated at run time, where 3.9 has no `|`.
StrPath = Union[str, os.PathLike[str]]
# Of a key that lies elsewhere; the asynchronous ones take an AsyncClient.
KeyFunction = Union[Callable[[bytes], bytes], Callable[[bytes], Awaitable[bytes]]]


class NotificationsOptions(TypedDict, total=False):
    """What it takes to receive notifications; nothing of it could sign a payment.

    public_key_id: id of WeChat Pay's public key, PUB_KEY_ID_...
    platform_public_key, platform_public_key_path: that key (pub_key.pem), as PEM text or file.
    platform_certificates, platform_certificate_paths: platform certificates, any number, as PEM texts or files.
    apiv3_key: APIv3 key, 32 bytes; for notifications and certificates.
    """

    public_key_id: Optional[str]
    platform_public_key: Optional[str]
    platform_public_key_path: Optional[StrPath]
    platform_certificates: Optional[Sequence[str]]
    platform_certificate_paths: Optional[Sequence[StrPath]]
    apiv3_key: Optional[str]


class _Required(TypedDict):
    mchid: str


class MerchantOptions(_Required, NotificationsOptions, total=False):
    """What belongs to one merchant, together with ``NotificationsOptions``.

    mchid: merchant number. Required.
    merchant_private_key, merchant_private_key_path: its private key (apiclient_key.pem), as PEM text or file.
    serial_no: serial number of the merchant's API certificate; not needed where the certificate is given.
    merchant_certificate, merchant_certificate_path: that certificate (apiclient_cert.pem), as PEM text or file.
    sign: in place of the private key, where that lies elsewhere (HSM, KMS): the signature of a message,
    RSASSA-PKCS1-v1_5 with SHA-256. A function, or with AsyncClient also a coroutine function. What it raises stands in
    errors, and so in logs: its words must hold no key, no signature and no plaintext.
    decrypt: beside ``sign``, where replies have encrypted fields: the plaintext of a ciphertext, RSAES-OAEP with SHA-1.
    auto_certificates: True downloads the platform's certificates and keeps them current; needs apiv3_key.
    certificate_cache: file that they are kept in between processes, one per merchant.
    rate_limit: calls per second at most, like "50", or "50, pay=20" with classes of operations; default: no limit.
    """

    serial_no: Optional[str]
    merchant_private_key: Optional[str]
    merchant_private_key_path: Optional[StrPath]
    merchant_certificate: Optional[str]
    merchant_certificate_path: Optional[StrPath]
    sign: Optional[KeyFunction]
    decrypt: Optional[KeyFunction]
    auto_certificates: Optional[bool]
    certificate_cache: Optional[StrPath]
    rate_limit: Optional[str]


class ClientOptions(MerchantOptions, total=False):
    """What belongs to one merchant (see ``MerchantOptions``), and what all merchants of a client share.

    base_url: default https://api.mch.weixin.qq.com. Plain http is accepted for loopback addresses only.
    backup_url: default https://api2.mch.weixin.qq.com, or none where base_url is given.
    connect_timeout: seconds to establish a connection; default 5.
    timeout: seconds for a whole call with all its attempts; default 30.
    retry: what may be repeated: off; safe (GETs, operations that are marked for it, and what was provably never sent:
    the default); idempotent (you say that repeating is harmless).
    cool_down: seconds for which a host that failed is avoided at first; default 30.
    on_attempt: a function that is called with an ``AttemptStarted`` and an ``AttemptEnded`` for every attempt, by the
    thread or event loop that waits for the call. It should return at once: the time of the call goes on. What it raises
    goes to ``sys.unraisablehook``, and the call goes on.
    rate_limit_redis: URL of a Redis in which a fleet shares its limits.
    proxy: proxy URL. Proxy variables of the environment are not read.
    ca_pem, ca_path: further certificate authorities to trust, as PEM text or file.
    user_agent_suffix: your application's name and version, added to the User-Agent.
    max_reply_bytes: the longest reply that is accepted; default 10 MiB.
    """

    base_url: Optional[str]
    backup_url: Optional[str]
    connect_timeout: Optional[float]
    timeout: Optional[float]
    retry: Optional[Literal["off", "safe", "idempotent"]]
    cool_down: Optional[float]
    on_attempt: "Optional[Callable[[wechatpay_sdk.AttemptEvent], object]]"
    rate_limit_redis: Optional[str]
    proxy: Optional[str]
    ca_pem: Optional[str]
    ca_path: Optional[StrPath]
    user_agent_suffix: Optional[str]
    max_reply_bytes: Optional[int]
