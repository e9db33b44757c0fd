"""What the platform sends to a notify_url, and what to answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import _native as native
from ._json import encode_options

if TYPE_CHECKING:
    from typing import Protocol, Union

    from typing_extensions import Self, TypeAlias, Unpack

    from ._options import NotificationsOptions
    from .events import Event

    class _HasItems(Protocol):
        def items(self) -> Iterable[tuple[Any, Any]]: ...

    _Headers: TypeAlias = Union[Mapping[Any, Any], _HasItems, Iterable[tuple[Any, Any]]]


class Answer(NamedTuple):
    """What to answer to the platform, within 5 seconds.

    status: HTTP status.
    headers: by name.
    body: perhaps empty.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class Notification:
    """A notification whose signature held. The same one may come many times, also at once: its ``id`` tells.

    id: of this notification; its redeliveries have the same.
    create_time: when it was made, RFC 3339.
    event_type: what happened, like ``TRANSACTION.SUCCESS``; an open set.
    resource_type: ``encrypt-resource``.
    summary: in words, Chinese.
    original_type: what the resource is, like ``transaction``.
    resource: what was encrypted: whole numbers are exact, others are floats. It may hold openids: not for logs.
    """

    # Without a dict of attributes, so that nothing but the resource's own name shows it.
    __slots__ = ("create_time", "event_type", "id", "original_type", "resource", "resource_type", "summary")

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        create_time: str,
        event_type: str,
        resource_type: str | None = None,
        summary: str | None = None,
        original_type: str | None = None,
        resource: Any = None,
    ) -> None:
        self.id = id
        self.create_time = create_time
        self.event_type = event_type
        self.resource_type = resource_type
        self.summary = summary
        self.original_type = original_type
        self.resource = resource

    def ack(self) -> Answer:
        """The answer where it has been taken: it does not come again."""
        return _answer(native.ack())

    def __repr__(self) -> str:
        """Without the resource, which may hold openids."""
        return (
            f"<wechatpay_sdk.Notification id={self.id!r} event_type={self.event_type!r}"
            f" create_time={self.create_time!r}>"
        )


class Notifications:
    """Receives notifications. Share it: between threads, and across forks.

    ``client.notifications`` has the client's keys. One of its own needs no merchant number and no private key: a host
    that only receives should not hold them. Downloading certificates takes them, too: ``auto_certificates`` is for a
    client, and a receiver of its own is given the platform's keys. It leaves fields inside of a resource that are
    encrypted for the merchant as they are; the client's opens them.
    """

    _native: native.Client | native.Receiver

    def __init__(self, **options: Unpack[NotificationsOptions]) -> None:
        """Takes ``public_key_id``, ``platform_public_key``, ``platform_public_key_path``, ``platform_certificates``,
        ``platform_certificate_paths`` and ``apiv3_key``, which mean what they mean to ``Client``; each is a keyword.
        """
        self._native = native.Receiver(encode_options(options))

    @classmethod
    def from_env(cls) -> Self:
        """A receiver from the environment: every option is ``WECHATPAY_`` and its name in upper case."""
        return cls._of(native.Receiver.from_env())

    def parse(self, headers: _Headers, body: bytes | bytearray | memoryview | str) -> Event:
        """Verifies, parses and decrypts. Where it raises, answer with ``failure``.

        What comes back is a ``Notification``. To a type checker its ``event_type`` tells the type of its ``resource``:
        the types are in ``wechatpay_sdk.events``.

        headers: a mapping of names in any case, pairs, or a WSGI environ.
        body: the request's body byte for byte, before anything parses it; text is taken as UTF-8.
        """
        record, _ = _decode(self._native.parse_notification(_headers(headers), _body(body)).decode())
        return cast("Event", Notification(**record))

    @staticmethod
    def ack() -> Answer:
        """The answer where a notification has been taken: it does not come again."""
        return _answer(native.ack())

    @staticmethod
    def failure(message: str) -> Answer:
        """The answer where it has not: the platform sends it again. ``message`` is for the platform's logs."""
        if not isinstance(message, str):
            raise _refused("message", f"must be text, not {type(message).__name__}")
        return _answer(native.failure(_unicode(message)))

    @classmethod
    def _of(cls, handle: native.Client | native.Receiver) -> Self:
        notifications = cls.__new__(cls)
        notifications._native = handle
        return notifications


def _answer(record: bytes) -> Answer:
    fields = json.loads(record)
    return Answer(fields["status"], fields["headers"], fields["body"].encode())


def _headers(headers: Any) -> bytes:
    """As JSON; which of them matter, and in which spelling, is the core's to say."""
    try:
        pairs = list(headers.items() if hasattr(headers, "items") else headers)
        texts = dict(pairs)
        if {*map(type, texts)} == {str}:
            try:
                return _quick(texts).encode()
            except (TypeError, ValueError, RecursionError):
                pass  # with something in it that must be told piece by piece
        texts = {_name(name): _value(value) for name, value in pairs}
    except (TypeError, ValueError):
        problem = f"must be a mapping of names and texts, or pairs of them, not {type(headers).__name__}"
        raise _refused("headers", problem) from None
    return json.dumps(texts).encode()


def _name(name: Any) -> str:
    text = _value(name)
    if not isinstance(text, str):
        raise TypeError
    return text


def _value(value: Any) -> Any:
    # ASGI has bytes, and an environ has objects among its texts: they become null, refused where a text is needed.
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, str):
        return _unicode(value)
    return [_value(item) for item in value] if isinstance(value, (list, tuple)) else None


# Nothing stands before or after a record that the core wrote.
_decode = json.JSONDecoder().raw_decode
# Names of texts, as almost every framework has them, cross in one go.
_quick = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_value).encode


def _body(body: Any) -> bytes:
    if isinstance(body, str):
        try:
            return body.encode()
        except UnicodeEncodeError:
            raise _refused("body", "must be the raw bytes; this text has a lone surrogate") from None
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    kind = type(body).__name__
    raise _refused("body", f"must be the raw bytes of the request, before anything parses them, not {kind}")


def _unicode(text: str) -> str:
    # An environ also holds the process's variables, whose bytes that are not UTF-8 come as lone surrogates.
    return text.encode("utf-8", "replace").decode()


def _refused(argument: str, problem: str) -> Exception:
    return native.bad_argument(None, argument, problem)
