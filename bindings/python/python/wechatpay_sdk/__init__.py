"""WeChat Pay APIv3: sign, call, verify and decrypt, with every operation typed.

>>> from wechatpay_sdk import Client
>>> client = Client.from_env()
>>> client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
{'sub_mchid': '1900000109'}

``AsyncClient`` is the same for asyncio. Whatever goes wrong is a ``WechatPayError``.
"""

from ._async_client import AsyncClient
from ._attempts import Attempt, AttemptEnded, AttemptEvent, AttemptStarted
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
from ._files import SavedFile
from ._invocation import AppRecord, JsapiRecord
from ._native import VERSION
from ._notifications import Answer, Notification, Notifications
from ._options import ClientOptions, MerchantOptions, NotificationsOptions
from ._reply import Encrypted, PlatformKey, PlatformKeys, Reply
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
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name
