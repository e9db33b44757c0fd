"""How calls finish in an event loop: one descriptor wakes it for all that have finished meanwhile.

Completing each call by a ``call_soon_threadsafe`` of its own is what makes asyncio slow. No thread of the SDK's runtime
ever takes the GIL: it queues the result and writes at most one byte.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from . import _native

if TYPE_CHECKING:
    from ._native import _RawReply as RawReply


async def completed(call: _native.Call) -> RawReply:
    """Lets the call run; cancelling the waiting task cancels the call."""
    loop = asyncio.get_running_loop()
    waker = _wakers.get(loop)
    if waker is None or waker.pid != os.getpid():
        waker = _new_waker(loop)
    return await waker.run(call, loop.create_future())


class _Waker:
    """The calls of one event loop, in one process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pid = os.getpid()
        self._completions = _native.Completions()
        self._futures: dict[int, asyncio.Future[RawReply]] = {}
        self._tokens = itertools.count()
        try:
            loop.add_reader(self._completions.fileno(), self._drain)
        except NotImplementedError:
            threading.Thread(target=self._watch, args=(loop,), name="wechatpay-loop", daemon=True).start()

    async def run(self, call: _native.Call, future: asyncio.Future[RawReply]) -> RawReply:
        token = next(self._tokens)
        self._futures[token] = future
        try:
            ticket = self._completions.start(token, call)
            try:
                return await future
            finally:
                ticket.cancel()
        finally:
            self._futures.pop(token, None)

    def _drain(self) -> None:
        for token, reply, error in self._completions.drain():
            future = self._futures.get(token)
            if future is None or future.done():
                continue
            if reply is not None:
                future.set_result(reply)
            elif error is not None:
                future.set_exception(error)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """For loops that cannot watch descriptors (Windows' Proactor): a thread watches, and the loop drains."""
        drained = threading.Event()

        def drain() -> None:
            self._drain()
            drained.set()

        while not loop.is_closed():
            ready, _, _ = select.select([self._completions.fileno()], [], [], 1.0)
            if not ready:
                continue
            drained.clear()
            try:
                loop.call_soon_threadsafe(drain)
            except RuntimeError:  # closed meanwhile
                return
            drained.wait(1.0)


_wakers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waker] = WeakKeyDictionary()


def _new_waker(loop: asyncio.AbstractEventLoop) -> _Waker:
    # A loop that was closed with calls under way is kept alive by their futures: it is let go here.
    for other in list(_wakers):
        if other.is_closed():
            _wakers.pop(other, None)
    waker = _wakers[loop] = _Waker(loop)
    return waker
