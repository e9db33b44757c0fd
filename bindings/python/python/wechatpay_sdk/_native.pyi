# What the bridge looks like from Python (bindings/python/src). Not an API.
from typing import Any, Literal, final

from typing_extensions import TypeAlias

from ._attempts import Hook
from ._errors import WechatPayError
from ._signer import Signer

_RawReply: TypeAlias = tuple[int, str | None, bytes, Literal["empty", "json", "file"]]

__all__ = [
    "VERSION",
    "Call",
    "Client",
    "Completions",
    "Question",
    "Receiver",
    "Seen",
    "Ticket",
    "ack",
    "bad_argument",
    "bad_option",
    "failure",
    "operations",
    "option_names",
    "products",
    "unraisable",
]

VERSION: str

@final
class Client:
    def __new__(cls, options: bytes, sign: bool = False, decrypt: bool = False) -> Client: ...
    @staticmethod
    def from_env() -> Client: ...
    def for_merchant(self, options: bytes, sign: bool = False, decrypt: bool = False) -> Client: ...
    def with_options(self, options: bytes) -> Client: ...
    @property
    def mchid(self) -> str: ...
    def call(
        self,
        operation: str,
        params: bytes,
        key: Signer | None = None,
        hook: Hook | None = None,
        files: list[Any] | None = None,
    ) -> Call: ...
    def request(
        self,
        method: str,
        path: str,
        query: bytes | None,
        body: bytes | None,
        key: Signer | None = None,
        hook: Hook | None = None,
    ) -> Call: ...
    def utility(self, name: str, params: bytes, key: Signer | None = None, hook: Hook | None = None) -> Call: ...
    def parse_notification(self, headers: bytes, body: bytes) -> bytes: ...

@final
class Receiver:
    def __new__(cls, options: bytes) -> Receiver: ...
    @staticmethod
    def from_env() -> Receiver: ...
    def parse_notification(self, headers: bytes, body: bytes) -> bytes: ...

@final
class Seen:
    @staticmethod
    def memory(seconds: float) -> Seen: ...
    @staticmethod
    def redis(url: str, seconds: float) -> Seen: ...
    def claim(self, id: str) -> Call: ...  # noqa: A002
    def done(self, id: str) -> Call: ...  # noqa: A002
    def release(self, id: str) -> Call: ...  # noqa: A002

@final
class Call:
    @property
    def key(self) -> Signer | None: ...
    @property
    def hook(self) -> Hook | None: ...
    def wait(self) -> _RawReply: ...

@final
class Completions:
    def __new__(cls) -> Completions: ...
    def fileno(self) -> int: ...
    def start(self, token: int, call: Call) -> Ticket: ...
    def drain(self) -> list[tuple[int, _RawReply | None, WechatPayError | None, Question | None, bytes | None]]: ...

@final
class Question:
    def asked(self) -> tuple[Literal["sign", "decrypt"], bytes] | None: ...
    def give(self, given: bytes | None) -> None: ...
    def fail(self, raised: BaseException) -> None: ...

@final
class Ticket:
    def cancel(self) -> None: ...

def bad_argument(operation: str | None, argument: str, problem: str) -> WechatPayError: ...
def bad_option(option: str, problem: str) -> WechatPayError: ...
def unraisable(raised: BaseException, source: object) -> None: ...
def ack() -> bytes: ...
def failure(message: str) -> bytes: ...
def operations(namespace: str) -> bytes: ...
def option_names() -> list[str]: ...
def products() -> list[str]: ...
