"""What comes back."""

from __future__ import annotations

from ._lazy import load
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from ._native import _RawReply as RawReply
    from ._records import Reply


def content(raw: RawReply) -> Any:
    """The body in Python's types: whole numbers are exact, others are floats."""
    _, _, body, kind = raw
    if kind == "json":
        return load("_json").decode(body)
    return body if kind == "file" else None


def whole(raw: RawReply) -> Reply:
    from . import Reply

    return Reply(raw[0], raw[1], content(raw))
