"""The attempts of calls: what errors carry, and what a hook and the log are told meanwhile."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from . import _native as native

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from typing import Literal

    from ._errors import WechatPayError

# The levels of logging, which is not imported here: who has not imported it has no handler.
_DEBUG, _WARNING = 10, 30


class Attempt(NamedTuple):
    """One attempt of a call that failed. Holds nothing of what was sent or received.

    number: from 1.
    host: where it went, a URL without a path.
    phase: how far it came: connecting (nothing was sent), waiting (sent, no answer), receiving (half a reply),
    answered.
    duration: seconds, signing not included.
    status: HTTP status, where a reply came.
    code: why no reply came: connect_failed, connect_timeout, timeout, connection_broken, broken_reply, reply_too_large.
    request_id: the platform's Request-ID, where a reply came.
    """

    number: int
    host: str
    phase: Literal["connecting", "waiting", "receiving", "answered"]
    duration: float
    status: int | None
    code: str | None
    request_id: str | None


class AttemptStarted(NamedTuple):
    """An attempt was about to be sent.

    operation: id of the operation, or the method of ``request()``.
    mchid: the merchant that it is made for.
    number: its number within the call, from 1.
    host: where it goes, a URL without a path.
    time: when that was, in Unix seconds: it is told when the call next waits for something.
    dropped: how many events before this one were lost, since the event loop did not keep up with them.
    """

    operation: str
    mchid: str
    number: int
    host: str
    time: float
    dropped: int


class AttemptEnded(NamedTuple):
    """An attempt has ended; see ``AttemptStarted`` and ``Attempt`` for what its fields say."""

    operation: str
    mchid: str
    number: int
    host: str
    time: float
    dropped: int
    phase: Literal["connecting", "waiting", "receiving", "answered"]
    duration: float
    status: int | None
    code: str | None
    request_id: str | None


# Evaluated at run time, where 3.9 has no `|`.
AttemptEvent = Union[AttemptStarted, AttemptEnded]


class Hook:
    """Whoever is told of one call: of its attempts the application's function, the log, or both; of its progress
    another function.
    """

    __slots__ = ("_function", "_logger", "_progress")

    def __init__(
        self,
        function: Callable[[AttemptEvent], object] | None,
        logger: logging.Logger | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        self._function = function
        self._logger = logger
        self._progress = progress

    def tell(self, event: bytes) -> None:
        """Raises only what ends a program: anything else must not end a call."""
        fields = json.loads(event)
        if "received" in fields:
            self._call(self._progress, fields["received"], fields["total"])
            return
        told = AttemptEnded(**fields) if "phase" in fields else AttemptStarted(**fields)
        if self._logger is not None and isinstance(told, AttemptEnded):
            self._logger.debug(
                "%s: attempt %d at %s: %s, %s in %.0f ms (Request-ID %s)",
                told.operation,
                told.number,
                told.host,
                told.phase,
                told.code if told.status is None else told.status,
                told.duration * 1000,
                told.request_id,
            )
        self._call(self._function, told)

    def _call(self, function: Callable[..., object] | None, *arguments: object) -> None:
        if function is not None:
            try:
                function(*arguments)
            except Exception as raised:
                native.unraisable(raised, function)


def hook_of(
    function: Callable[[AttemptEvent], object] | None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Hook | None:
    """None, where nobody wants to be told of a call that is made now."""
    logger = _logger(_DEBUG)
    nobody = logger is None and function is None and progress is None
    return None if nobody else Hook(function, logger, progress)


def checked(function: Any) -> Any:
    """The option ``on_attempt``, if it is a plain callable."""
    if function is not None:
        import inspect

        if not callable(function):
            raise native.bad_option("on_attempt", f"must be a callable, not {type(function).__name__}")
        if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
            raise native.bad_option("on_attempt", "must be a plain function: nobody would await it")
    return function


def log_failure(error: WechatPayError) -> None:
    logger = _logger(_WARNING)
    if logger is not None:
        logger.warning("%s; attempts: %d", error, len(error.attempts))


_known: logging.Logger | None = None


def _logger(level: int) -> logging.Logger | None:
    """The logger ``wechatpay_sdk``, where it is enabled for that."""
    global _known
    logger = _known
    if logger is None:
        logging = sys.modules.get("logging")
        # Also while another thread is importing it.
        if logging is None or not hasattr(logging, "NullHandler"):
            return None
        logger = _known = logging.getLogger("wechatpay_sdk")
        # Without a handler of the application's, Python would print warnings to stderr.
        logger.addHandler(logging.NullHandler())
    return logger if logger.isEnabledFor(level) else None
