"""Each receiver of examples/ as a real process: what it is sent, what it answers, and how often it processed what.

Issue: "each receives notifications that the sandbox signs, encrypts and delivers with the real redelivery schedule
(time-scaled), including duplicates, probes, tampered bodies and header case changes".
"""

from __future__ import annotations

import json
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from receivers import PROGRAMS, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from receivers import Sandbox
    from redis_server import RedisServer

PROBE = {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/bm90IHRoZSBwbGF0Zm9ybSdzIHNpZ25hdHVyZQ=="}
OTHER_KEY = "AnotherApiV3KeyOfThirtyTwoBytes!"
# What is wrong with a delivery, and what the receiver says to it.
SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "probe": ({"headers": PROBE}, "probe"),
    "tampered": ({"body": '{"id":"EV-1","resource":{}}'}, "bad_signature"),
    "empty": ({"body": ""}, "bad_signature"),
    "stale": ({"seconds": -3600}, "clock_skew"),
    "unsigned": ({"headers": {"Wechatpay-Signature": None}}, "missing_header"),
    "stranger": ({"headers": {"Wechatpay-Serial": "PUB_KEY_ID_99"}}, "unknown_serial"),
    "foreign": ({"apiv3_key": OTHER_KEY}, "cannot_decrypt"),
}


class Visited:
    """A receiver, and the notification that was on its way before the receiver was there."""

    def __init__(self, name: str, sandbox: Sandbox, redis: RedisServer) -> None:
        self.name = name
        self._sandbox = sandbox
        for attempt in range(5):
            self.early = self.id(f"early-{attempt}")
            with busy_port() as listener, ThreadPoolExecutor(1) as platform:
                self.receiver = Receiver(PROGRAMS[name], sandbox, redis.url, listener.getsockname()[1])
                made = platform.submit(self.notify, self.early, redeliver={"scale": 0.001})
                cut_off(listener)
                listener.close()
                up = self.receiver.start()
                self.deliveries: list[dict[str, Any]] = made.result()["deliveries"] if up else []
            if up:
                return
            written = self.receiver.written()
            self.receiver.close()
        raise RuntimeError(f"{name} does not start:\n{written}")

    def id(self, what: str) -> str:
        return f"EV-{self.name}-{what}"

    def notify(self, id: str, **order: Any) -> dict[str, Any]:  # noqa: A002
        return self._sandbox.notify(id, url=self.receiver.url, **order)

    def answer(self, id: str, **order: Any) -> dict[str, Any]:  # noqa: A002
        answer: dict[str, Any] = self.notify(id, **order)["answer"]
        return answer

    def times(self, id: str) -> int:  # noqa: A002
        return self.receiver.processed()[id]


def busy_port() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def cut_off(listener: socket.socket) -> None:
    """Resets one connection: what it carried is lost, and the port is free at once for somebody else."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.fixture(scope="module", params=PROGRAMS)
def visited(request: pytest.FixtureRequest, sandbox: Sandbox, redis: RedisServer) -> Iterator[Visited]:
    visited = Visited(request.param, sandbox, redis)
    yield visited
    visited.receiver.close()


def refused(answer: dict[str, Any], code: str) -> bool:
    """Whether it is the documented form of a failure, with this message."""
    return answer["status"] >= 400 and json.loads(answer["body"]) == {"code": "FAIL", "message": code}


def test_a_notification_comes_again_until_the_receiver_is_there(visited: Visited) -> None:
    first, *_, last = visited.deliveries
    assert "error" in first["answer"]
    assert last["answer"]["taken"], visited.receiver.written()
    assert visited.times(visited.early) == 1


@pytest.mark.parametrize("signed_with", ["public_key", "certificate"])
@pytest.mark.parametrize("header_case", ["lower", "title"])
def test_what_is_signed_is_taken_and_processed_once(visited: Visited, signed_with: str, header_case: str) -> None:
    number = visited.id(f"good-{signed_with}-{header_case}")
    for _ in range(3):
        answer = visited.answer(number, signed_with=signed_with, header_case=header_case)
        assert answer == {"status": 204, "body": "", "taken": True}, visited.receiver.written()
    assert visited.times(number) == 1


def test_duplicates_at_once_are_processed_once(visited: Visited) -> None:
    number = visited.id("at-once")
    with ThreadPoolExecutor(10) as platform:
        answers = list(platform.map(lambda _: visited.answer(number), range(10)))
    assert any(answer["taken"] for answer in answers)
    assert all(answer["taken"] or refused(answer, "seen_busy") for answer in answers), answers
    assert visited.answer(number)["taken"]
    assert visited.times(number) == 1


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_not_the_platforms_is_refused_and_stands_in_nobodys_way(visited: Visited, what: str) -> None:
    order, code = SPOILT[what]
    number = visited.id(what)
    answer = visited.answer(number, **order)
    assert refused(answer, code), answer
    assert visited.times(number) == 0
    assert visited.answer(number)["taken"]
    assert visited.times(number) == 1


def test_what_cannot_be_processed_is_delivered_sixteen_times_and_never_taken(visited: Visited) -> None:
    number = visited.id("no-order")
    order = {"resource": {"amount": {"total": 1}}, "redeliver": {"scale": 0.000001}}
    deliveries = visited.notify(number, **order)["deliveries"]
    assert len(deliveries) == 16
    assert deliveries[-1]["after_seconds"] == 86_640
    # Each of them is tried: the one before gave its claim back.
    assert all(one["answer"]["status"] == 500 for one in deliveries), deliveries
    assert not any("seen_busy" in one["answer"]["body"] for one in deliveries), deliveries
    assert visited.answer(number)["taken"], "the order is there now"
    assert visited.times(number) == 1
