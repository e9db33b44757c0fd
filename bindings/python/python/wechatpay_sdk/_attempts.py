"""What a hook and the log are told of the attempts of calls."""

from __future__ import annotations

import sys

from . import _native as native
from ._lazy import load
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from typing import Any

    from ._attempt import AttemptEvent
    from ._errors import WechatPayError

# The levels of logging, which is not imported here: who has not imported it has no handler.
_DEBUG, _WARNING = 10, 30


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
        from . import AttemptEnded, AttemptStarted

        fields = load("_json").decode(event)
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
