"""How calls finish in an event loop: one descriptor wakes it for all that have finished meanwhile.

Completing each call by a ``call_soon_threadsafe`` of its own is what makes asyncio slow. No thread of the SDK's runtime
ever takes the GIL: it queues the result and writes at most one byte. What a call asks the merchant's key, where that
lies elsewhere, comes the same way, and is answered by a task of the loop; and so do its attempts, where a hook is
told of them.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import os
import select
import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from . import _native

if TYPE_CHECKING:
    from ._attempts import Hook
    from ._errors import WechatPayError
    from ._native import _RawReply as RawReply
    from ._signer import Signer


async def completed(call: _native.Call) -> RawReply:
    """Lets the call run; cancelling the waiting task cancels the call."""
    loop = asyncio.get_running_loop()
    waker = _wakers.get(loop)
    if waker is None or waker.pid != os.getpid():
        waker = _new_waker(loop)
    return await waker.run(call, loop.create_future())


class _UnderWay:
    """One call: the future of the task that waits for it, and what it asked."""

    def __init__(self, future: asyncio.Future[RawReply], key: Signer | None, hook: Hook | None) -> None:
        self.future = future
        self._key = key
        self._hook = hook
        # Answers and hooks belong to the task that makes the call, with its context variables.
        self._context = contextvars.copy_context() if key or hook else None
        self._answers: set[asyncio.Task[None]] = set()
        self._raised: BaseException | None = None

    def end(self) -> None:
        for answer in self._answers:
            answer.cancel()

    def fail(self, error: WechatPayError) -> None:
        if self._raised is not None and error.code.startswith(("signer_", "decrypter_")):
            error.__cause__ = self._raised
        self.future.set_exception(error)

    def tell(self, event: bytes) -> None:
        if self._context is not None and self._hook is not None:
            self._context.run(self._hook.tell, event)

    def ask(self, question: _native.Question) -> None:
        if self._context is None:
            question.give(None)
            return
        answer = self._context.run(self.future.get_loop().create_task, self._answer(question))
        # The loop itself keeps no task alive.
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    async def _answer(self, question: _native.Question) -> None:
        asked = question.asked()
        if asked is None or self._key is None:
            return
        try:
            question.give(await self._key.answer_async(*asked))
        except BaseException as raised:
            self._raised = raised
            question.fail(raised)
            if not isinstance(raised, Exception):
                raise


class _Waker:
    """The calls of one event loop, in one process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pid = os.getpid()
        self._completions = _native.Completions()
        self._calls: dict[int, _UnderWay] = {}
        self._tokens = itertools.count()
        try:
            loop.add_reader(self._completions.fileno(), self._drain)
        except NotImplementedError:
            threading.Thread(target=self._watch, args=(loop,), name="wechatpay-loop", daemon=True).start()

    async def run(self, call: _native.Call, future: asyncio.Future[RawReply]) -> RawReply:
        token = next(self._tokens)
        under_way = self._calls[token] = _UnderWay(future, call.key, call.hook)
        try:
            ticket = self._completions.start(token, call)
            try:
                return await future
            finally:
                ticket.cancel()
                under_way.end()
        finally:
            self._calls.pop(token, None)

    def _drain(self) -> None:
        ends: BaseException | None = None
        for token, reply, error, question, event in self._completions.drain():
            under_way = self._calls.get(token)
            if under_way is None or under_way.future.done():
                continue
            if reply is not None:
                under_way.future.set_result(reply)
            elif error is not None:
                under_way.fail(error)
            elif question is not None:
                under_way.ask(question)
            elif event is not None:
                try:
                    under_way.tell(event)
                except BaseException as raised:  # KeyboardInterrupt, SystemExit: after what the other calls say
                    ends = raised
        if ends is not None:
            raise ends

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
