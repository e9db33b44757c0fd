"""What comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

if TYPE_CHECKING:
    from ._native import _RawReply as RawReply


class Reply(NamedTuple):
    """A verified reply to ``request()``.

    status: HTTP status, 2xx.
    request_id: the platform's Request-ID.
    body: a dict or list where the body is JSON, bytes where it is not, None where it is empty.
    """

    status: int
    request_id: str | None
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


def content(raw: RawReply) -> Any:
    """The body in Python's types: whole numbers are exact, others are floats."""
    _, _, body, kind = raw
    if kind == "json":
        return json.loads(body)
    return body if kind == "file" else None


def whole(raw: RawReply) -> Reply:
    return Reply(raw[0], raw[1], content(raw))
