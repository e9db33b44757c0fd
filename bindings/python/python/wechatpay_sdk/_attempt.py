"""The attempts of calls: what errors carry, and what a hook is told."""

# Annotations are types here, for whoever reads them at run time; 3.9 has no `|`.
from typing import Literal, NamedTuple, Optional, Union


class Attempt(NamedTuple):
    """One attempt of a call that failed. Holds nothing of what was sent or received.

    number: from 1.
    host: where it went, a URL without a path.
    phase: how far it came: connecting (nothing was sent), waiting (sent, no answer), receiving (half a reply),
    answered.
    duration: seconds, signing not included.
    status: HTTP status, where a reply came.
    code: why no reply came: connect_failed, connect_timeout, timeout, connection_broken, broken_reply, reply_too_large;
    of a download also cannot_write and not_gzip.
    request_id: the platform's Request-ID, where a reply came.
    """

    number: int
    host: str
    phase: Literal["connecting", "waiting", "receiving", "answered"]
    duration: float
    status: Optional[int]
    code: Optional[str]
    request_id: Optional[str]


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
    status: Optional[int]
    code: Optional[str]
    request_id: Optional[str]


AttemptEvent = Union[AttemptStarted, AttemptEnded]
