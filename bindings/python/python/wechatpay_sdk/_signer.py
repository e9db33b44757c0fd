"""A merchant's key that lies elsewhere: the callables ``sign`` and ``decrypt`` of a client."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import _native as native

if TYPE_CHECKING:
    from collections.abc import Callable


class Signer:
    """What the merchant's key of one client can do: ``sign``, and perhaps ``decrypt``, each from bytes to bytes."""

    __slots__ = ("_functions",)

    def __init__(self, functions: dict[str, Callable[[bytes], Any]]) -> None:
        self._functions = functions

    def answer(self, task: str, data: bytes) -> bytes | None:
        """On the thread that waits for the call; None where there is no function for that."""
        function = self._functions.get(task)
        if function is None:
            return None
        given = function(data)
        if inspect.isawaitable(given):
            if inspect.iscoroutine(given):
                given.close()
            raise TypeError(_asynchronous(task))
        return _bytes(task, given)

    async def answer_async(self, task: str, data: bytes) -> bytes | None:
        """On the event loop of the call. What is not asynchronous may block, and so runs in a thread."""
        function = self._functions.get(task)
        if function is None:
            return None
        if _is_async(function):
            return _bytes(task, await function(data))
        import asyncio

        given = await asyncio.to_thread(function, data)
        return _bytes(task, await given if inspect.isawaitable(given) else given)


def signer_of(functions: dict[str, Any], *, may_await: bool) -> Signer:
    """Checks the callables that a client was given, by the names of their options."""
    for name, function in functions.items():
        if not callable(function):
            raise native.bad_option(name, f"must be a callable from bytes to bytes, not {type(function).__name__}")
        if not may_await and _is_async(function):
            raise native.bad_option(name, _asynchronous("it"))
    return Signer(functions)


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _asynchronous(subject: str) -> str:
    return f"must be a plain function here: {subject} is asynchronous, which takes an AsyncClient"


def _bytes(task: str, given: Any) -> bytes:
    if not isinstance(given, (bytes, bytearray, memoryview)):
        # The value itself is never shown: it may be a plaintext.
        raise TypeError(f"{task} must give bytes, not {type(given).__name__}")
    return bytes(given)
