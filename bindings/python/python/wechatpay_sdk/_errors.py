"""The exceptions: one base, one class per kind. What they hold is made by the core, the same in every language."""

from __future__ import annotations

import builtins

from ._lazy import load
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Literal

    from ._attempt import Attempt


class WechatPayError(Exception):
    """Why a call did not give a result. ``str()`` is the whole text and holds no secret.

    kind: config, invalid_request, transport, timeout, api, signature, decrypt, integrity, internal.
    code: the platform's code (``MCH_NOT_EXISTS``; an open set), or the SDK's own in lower case (``missing_field``).
    message: what went wrong and what to do, without operation and request id.
    retryability: never; safe (may be repeated after a pause); check_first (query the result before repeating).
    may_have_taken_effect: whether the request may have changed something at the platform all the same.
    operation: id of the operation, or the method of ``request()``.
    status: HTTP status, where there was a reply.
    field, issue, location: what exactly was wrong, where it is known.
    value, detail: the value and the whole detail as the platform sent them. They may hold openids: not for logs.
    request_id: the platform's Request-ID; its support asks for it.
    verified: whether the reply that said so was signed by the platform.
    check_with: id of the operation that reads back what this one did, where the outcome is unknown and there is one.
    attempts: every ``Attempt`` of the call, in their order; empty where nothing was attempted.
    """

    _kind: ClassVar[str] = "internal"

    kind: str
    code: str
    message: str
    retryability: Literal["never", "safe", "check_first"]
    may_have_taken_effect: bool
    operation: str | None
    status: int | None
    field: str | None
    value: Any
    issue: str | None
    location: str | None
    detail: Any
    request_id: str | None
    verified: bool
    check_with: str | None
    attempts: tuple[Attempt, ...]

    def __init__(
        self,
        text: str,
        *,
        kind: str | None = None,
        code: str | None = None,
        message: str | None = None,
        retryability: Literal["never", "safe", "check_first"] = "never",
        may_have_taken_effect: bool = False,
        operation: str | None = None,
        status: int | None = None,
        field: str | None = None,
        value: Any = None,
        issue: str | None = None,
        location: str | None = None,
        detail: Any = None,
        request_id: str | None = None,
        verified: bool = False,
        check_with: str | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(text)
        self.kind = kind or self._kind
        self.code = code or self.kind
        self.message = message or text
        self.retryability = retryability
        self.may_have_taken_effect = may_have_taken_effect
        self.operation = operation
        self.status = status
        self.field = field
        self.value = value
        self.issue = issue
        self.location = location
        self.detail = detail
        self.request_id = request_id
        self.verified = verified
        self.check_with = check_with
        self.attempts = attempts

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, {str(self)!r})"

    def __reduce__(self) -> tuple[Callable[..., WechatPayError], tuple[Any, ...], dict[str, Any]]:
        return type(self), (str(self),), dict(self.__dict__)


class ConfigError(WechatPayError):
    """The client was built with something missing or wrong; ``field`` names the option."""

    _kind = "config"


class InvalidRequestError(WechatPayError):
    """The request was refused before anything was sent; ``field`` names the parameter."""

    _kind = "invalid_request"


class TransportError(WechatPayError):
    """The network failed: no connection, or a broken one."""

    _kind = "transport"


class TimeoutError(TransportError, builtins.TimeoutError):
    """The time given for the call ran out. Also a ``builtins.TimeoutError``."""

    _kind = "timeout"


class ApiError(WechatPayError):
    """The platform answered with an error: see ``status``, ``code``, ``request_id``."""

    _kind = "api"


class SignatureError(WechatPayError):
    """A reply or a notification whose signature cannot be trusted."""

    _kind = "signature"


class DecryptError(WechatPayError):
    """An encrypted field, or a notification, that cannot be decrypted."""

    _kind = "decrypt"


class IntegrityError(WechatPayError):
    """A reply or a notification that is not what was promised: not JSON, empty, too large."""

    _kind = "integrity"


class InternalError(WechatPayError):
    """A defect of this SDK."""

    _kind = "internal"


_CLASSES: dict[str, type[WechatPayError]] = {
    error._kind: error
    for error in (
        ConfigError,
        InvalidRequestError,
        TransportError,
        TimeoutError,
        ApiError,
        SignatureError,
        DecryptError,
        IntegrityError,
        InternalError,
    )
}


def from_record(record: bytes) -> WechatPayError:
    """The exception of a native error record."""
    fields = load("_json").decode(record)
    text = fields.pop("text")
    if fields["attempts"]:
        from . import Attempt

        fields["attempts"] = tuple(Attempt(**attempt) for attempt in fields["attempts"])
    else:
        fields["attempts"] = ()
    return _CLASSES.get(fields["kind"], WechatPayError)(text, **fields)
