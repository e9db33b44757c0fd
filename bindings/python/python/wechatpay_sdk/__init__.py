"""WeChat Pay APIv3: sign, call, verify and decrypt, with every operation typed.

>>> from wechatpay_sdk import Client
>>> client = Client.from_env()
>>> client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
{'sub_mchid': '1900000109'}

``AsyncClient`` is the same for asyncio. Whatever goes wrong is a ``WechatPayError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._async_client import AsyncClient
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
from ._notifications import Answer, Notification, Notifications
from ._options import ClientOptions, MerchantOptions, NotificationsOptions
from ._reply import Encrypted, Reply
from ._seen import AsyncSeen, Seen

if TYPE_CHECKING:
    from ._attempt import Attempt, AttemptEnded, AttemptEvent, AttemptStarted
    from ._files import SavedFile
    from ._records import AppRecord, JsapiRecord, PlatformKey, PlatformKeys

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
    # Classes that few programs name: they are made when somebody does.
    _ASKED_FOR = dict.fromkeys(("Attempt", "AttemptEnded", "AttemptEvent", "AttemptStarted"), "_attempt")
    _ASKED_FOR["SavedFile"] = "_files"
    _ASKED_FOR |= dict.fromkeys(("AppRecord", "JsapiRecord", "PlatformKey", "PlatformKeys"), "_records")

    def __getattr__(name: str) -> Any:
        if name not in _ASKED_FOR:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(load(_ASKED_FOR[name]), name)
        if isinstance(value, type):
            value.__module__ = __name__
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
