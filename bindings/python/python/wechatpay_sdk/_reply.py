"""What comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

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


def content(raw: RawReply) -> Any:
    """The body in Python's types: whole numbers are exact, others are floats."""
    _, _, body, kind = raw
    if kind == "json":
        return json.loads(body)
    return body if kind == "file" else None


def whole(raw: RawReply) -> Reply:
    return Reply(raw[0], raw[1], content(raw))
