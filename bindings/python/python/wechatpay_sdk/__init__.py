"""WeChat Pay APIv3: sign, call, verify and decrypt, with every operation typed.

>>> from wechatpay_sdk import Client
>>> client = Client.from_env()
>>> client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
{'sub_mchid': '1900000109'}

``AsyncClient`` is the same for asyncio. Whatever goes wrong is a ``WechatPayError``.
"""

from __future__ import annotations

from ._client import Client
from ._errors import (
    ApiError,
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
from ._lazy import load
from ._native import VERSION
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ._async_client import AsyncClient
    from ._attempt import Attempt, AttemptEnded, AttemptEvent, AttemptStarted
    from ._files import SavedFile
    from ._notifications import Answer, Notification, Notifications
    from ._options import ClientOptions, MerchantOptions, NotificationsOptions
    from ._records import AppRecord, Encrypted, JsapiRecord, PlatformKey, PlatformKeys, Reply
    from ._seen import AsyncSeen, Seen

__all__ = [
    "Answer",
    "ApiError",
    "AppRecord",
    "AsyncClient",
    "AsyncSeen",
    "Attempt",
    "AttemptEnded",
    "AttemptEvent",
    "AttemptStarted",
    "Client",
    "ClientOptions",
    "ConfigError",
    "DecryptError",
    "Encrypted",
    "IntegrityError",
    "InternalError",
    "InvalidRequestError",
    "JsapiRecord",
    "MerchantOptions",
    "Notification",
    "Notifications",
    "NotificationsOptions",
    "PlatformKey",
    "PlatformKeys",
    "Reply",
    "SavedFile",
    "Seen",
    "SignatureError",
    "TimeoutError",
    "TransportError",
    "WechatPayError",
    "__version__",
]

__version__ = VERSION

# Tracebacks, help() and pickles name what users import, not the file that it happens to stand in.
for _name in __all__:
    if isinstance(globals().get(_name), type):
        globals()[_name].__module__ = __name__
del _name

if not TYPE_CHECKING:
    # The rest is loaded when somebody names it: few programs name all.
    _ASKED_FOR = {
        name: module
        for module, names in {
            "_async_client": ("AsyncClient",),
            "_attempt": ("Attempt", "AttemptEnded", "AttemptEvent", "AttemptStarted"),
            "_files": ("SavedFile",),
            "_notifications": ("Answer", "Notification", "Notifications"),
            "_options": ("ClientOptions", "MerchantOptions", "NotificationsOptions"),
            "_records": ("AppRecord", "Encrypted", "JsapiRecord", "PlatformKey", "PlatformKeys", "Reply"),
            "_seen": ("AsyncSeen", "Seen"),
        }.items()
        for name in names
    }

    def __getattr__(name: str) -> Any:
        if name not in _ASKED_FOR:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(load(_ASKED_FOR[name]), name)
        if isinstance(value, type):
            value.__module__ = __name__
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
