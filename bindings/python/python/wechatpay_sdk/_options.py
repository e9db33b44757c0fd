"""The options of a client: the same names in every language and, upper-cased, in the environment."""

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Optional, TypedDict, Union

from ._attempt import AttemptEvent

# Evaluated at run time, here and by `get_type_hints`, where 3.9 has no `|`.
StrPath = Union[str, os.PathLike[str]]
# Of a key that lies elsewhere; the asynchronous ones take an AsyncClient.
KeyFunction = Union[Callable[[bytes], bytes], Callable[[bytes], Awaitable[bytes]]]


class NotificationsOptions(TypedDict, total=False):
    """What it takes to receive notifications; nothing of it could sign a payment. ``Client`` says what each means."""

    public_key_id: Optional[str]
    platform_public_key: Optional[str]
    platform_public_key_path: Optional[StrPath]
    platform_certificates: Optional[Sequence[str]]
    platform_certificate_paths: Optional[Sequence[StrPath]]
    apiv3_key: Optional[str]


class _Required(TypedDict):
    mchid: str


class MerchantOptions(_Required, NotificationsOptions, total=False):
    """What belongs to one merchant; ``Client`` says what each means."""

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
    """What belongs to one merchant, and what all merchants of a client share; ``Client`` says what each means."""

    base_url: Optional[str]
    backup_url: Optional[str]
    connect_timeout: Optional[float]
    timeout: Optional[float]
    retry: Optional[Literal["off", "safe", "idempotent"]]
    cool_down: Optional[float]
    on_attempt: Optional[Callable[[AttemptEvent], object]]
    rate_limit_redis: Optional[str]
    proxy: Optional[str]
    ca_pem: Optional[str]
    ca_path: Optional[StrPath]
    user_agent_suffix: Optional[str]
    max_reply_bytes: Optional[int]
