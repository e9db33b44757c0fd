"""Which notifications have been processed: the same one may come many times, and to several processes at once."""

from __future__ import annotations

from . import _native as native
from ._lazy import load
from ._reply import content
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

# The platform repeats itself for a day.
_TWO_DAYS = 172_800.0


class _Store:
    _native: native.Seen

    def __init__(self) -> None:
        raise TypeError(f"make a {type(self).__name__} with memory() or redis()")

    @classmethod
    def memory(cls, *, seconds: float = _TWO_DAYS) -> Self:
        """A store in the memory of this process, for a receiver that is one process: a forked child has its own.

        seconds: how long it keeps ids.
        """
        return cls._of(native.Seen.memory(_number(seconds)))

    @classmethod
    def redis(cls, url: str, *, seconds: float = _TWO_DAYS) -> Self:
        """A store in a Redis, for all receivers that use it. Nothing is sent yet.

        url: ``redis://user:password@host:6379/0``, with TLS ``rediss://...``; all but the host may be missing.
        seconds: how long it keeps ids.
        """
        if not isinstance(url, str):
            raise native.bad_option("url", f"must be text, not {type(url).__name__}")
        return cls._of(native.Seen.redis(url.encode("utf-8", "replace").decode(), _number(seconds)))

    @classmethod
    def _of(cls, handle: native.Seen) -> Self:
        store = cls.__new__(cls)
        store._native = handle
        return store


class Seen(_Store):
    """Lets each notification be processed once. Share it: between threads, and across forks.

    ``claim`` first. True: it is yours, process it, then say ``done``, or ``release`` where that failed. False: it has
    been processed, so acknowledge it. An error: somebody else is just processing it (``seen_busy``), or the store
    cannot tell (``seen_store``); answer with ``failure``, and it comes again. A claim holds for two minutes: whoever is
    killed meanwhile loses nothing.
    """

    def claim(self, id: str) -> bool:  # noqa: A002
        """Whether the notification with this id is yours; of any number that ask at once, it is one's."""
        return bool(content(self._native.claim(_id(id)).wait()))

    def done(self, id: str) -> None:  # noqa: A002
        """It has been processed. Where this raises, it has been all the same: acknowledge it."""
        self._native.done(_id(id)).wait()

    def release(self, id: str) -> None:  # noqa: A002
        """Processing failed: the next delivery may have it. Where this raises, it may so after two minutes."""
        self._native.release(_id(id)).wait()


class AsyncSeen(_Store):
    """``Seen`` for asyncio. Share it: between tasks, event loops, threads, and across forks."""

    async def claim(self, id: str) -> bool:  # noqa: A002
        """Whether the notification with this id is yours; of any number that ask at once, it is one's."""
        return bool(content(await _completed(self._native.claim(_id(id)))))

    async def done(self, id: str) -> None:  # noqa: A002
        """It has been processed. Where this raises, it has been all the same: acknowledge it."""
        await _completed(self._native.done(_id(id)))

    async def release(self, id: str) -> None:  # noqa: A002
        """Processing failed: the next delivery may have it. Where this raises, it may so after two minutes."""
        await _completed(self._native.release(_id(id)))


async def _completed(call: native.Call) -> Any:
    return await load("_loop").completed(call)


def _number(seconds: Any) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise native.bad_option("seconds", f"must be a number, not {type(seconds).__name__}")
    try:
        return float(seconds)
    except OverflowError:
        return float("inf")


def _id(text: Any) -> str:
    if not isinstance(text, str):
        raise native.bad_argument(None, "id", f"must be text, not {type(text).__name__}")
    return text.encode("utf-8", "replace").decode()
