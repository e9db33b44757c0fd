"""The records that a client gives back."""

# Annotations are types here, for whoever reads them at run time; 3.9 has no `|`.
from typing import Any, Literal, NamedTuple, Optional, TypedDict


class Reply(NamedTuple):
    """A verified reply to ``request()``.

    status: HTTP status, 2xx.
    request_id: the platform's Request-ID.
    body: a dict or list where the body is JSON, bytes where it is not, None where it is empty.
    """

    status: int
    request_id: Optional[str]
    body: Any

    def __repr__(self) -> str:
        """Without the body, which may hold openids."""
        return f"Reply(status={self.status}, request_id={self.request_id!r}, body=<{type(self.body).__name__}>)"


class Encrypted(NamedTuple):
    """A field encrypted by hand.

    serial: the platform's key that can read it.
    ciphertext: base64.
    """

    serial: str
    ciphertext: str


class JsapiRecord(TypedDict):
    """For ``getBrandWCPayRequest`` of a page in WeChat, and for ``wx.requestPayment`` of a mini program.

    Give it to the front end as it is. Not for logs: who has the signature can open the cashier.

    appId: the app id that the prepay named.
    timeStamp: Unix seconds, as a text.
    nonceStr: 32 characters.
    package: ``prepay_id=...``.
    signType: ``RSA``.
    paySign: base64.
    """

    appId: str
    timeStamp: str
    nonceStr: str
    package: str
    signType: str
    paySign: str


class AppRecord(TypedDict):
    """For ``PayReq`` of WeChat's SDK in an app.

    Give it to the app as it is. Not for logs: who has the signature can open the cashier.

    appid: the app id that the prepay named.
    partnerid: the merchant number that the prepay named.
    prepayid: the bare prepay id.
    package: ``Sign=WXPay``.
    noncestr: 32 characters.
    timestamp: Unix seconds, as a text.
    sign: base64.
    """

    appid: str
    partnerid: str
    prepayid: str
    package: str
    noncestr: str
    timestamp: str
    sign: str


class _PlatformKey(TypedDict):
    serial: str
    kind: Literal["public_key", "certificate"]
    preferred: bool
    source: Literal["configured", "downloaded"]


class PlatformKey(_PlatformKey, total=False):
    """A key of the platform.

    serial: PUB_KEY_ID_..., or a certificate's serial in upper-case hex.
    preferred: whether requests name it and encrypt with it.
    not_before, not_after: validity of a certificate in Unix seconds; outside of it, it is not used.
    """

    not_before: int
    not_after: int


class _PlatformKeys(TypedDict):
    keys: list[PlatformKey]


class PlatformKeys(_PlatformKeys, total=False):
    """The platform's keys that a client knows.

    last_refresh: when the platform gave the certificates that were downloaded, in Unix seconds.
    last_error: why the last download of this process failed; missing where it succeeded.
    """

    last_refresh: int
    last_error: str
