"""Two processes of one receiver, and the Redis by which they know what has been processed.

Issue: "tested against a real Redis from Debian's packages with two receiver processes and the same notification sent
50 times in parallel: processed once. If the store is down, the caller is told; the notification is not silently
accepted or lost".
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from receivers import PATIENCE, PROGRAMS, started
from redis_server import RedisServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from receivers import Receiver, Sandbox

COPIES = 50
MANY = 40


class Fleet:
    def __init__(self, sandbox: Sandbox) -> None:
        self.redis = RedisServer()
        self.receivers: list[Receiver] = []
        for _ in range(2):
            self.receivers.append(started(PROGRAMS["fastapi"], sandbox, self.redis.url))

    def processed(self) -> Counter[str]:
        return sum((receiver.processed() for receiver in self.receivers), Counter())

    def written(self) -> str:
        return "\n".join(receiver.written() for receiver in self.receivers)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.written()
            time.sleep(0.01)

    def close(self) -> None:
        for receiver in self.receivers:
            receiver.close()
        self.redis.close()


@pytest.fixture
def fleet(sandbox: Sandbox) -> Iterator[Fleet]:
    fleet = Fleet(sandbox)
    yield fleet
    fleet.close()


def post(url: str, made: dict[str, Any]) -> tuple[int, str]:
    request = urllib.request.Request(url, made["body"].encode(), made["headers"])
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_the_same_notification_fifty_times_in_parallel_is_processed_once(fleet: Fleet, sandbox: Sandbox) -> None:
    made = sandbox.notify("EV-fifty")
    urls = [receiver.url for receiver in fleet.receivers]
    with ThreadPoolExecutor(COPIES) as platform:
        answers = list(platform.map(lambda at: post(urls[at % 2], made), range(COPIES)))
    busy = (500, json.dumps({"code": "FAIL", "message": "seen_busy"}, separators=(",", ":")))
    assert set(answers) <= {(204, ""), busy}, answers
    assert (204, "") in answers
    # Whoever was busy with it is done: both know it, and nobody does it again.
    assert [post(url, made) for url in urls] == [(204, ""), (204, "")]
    assert fleet.processed() == Counter({"EV-fifty": 1}), fleet.written()


def test_nothing_is_lost_and_nothing_done_twice_while_the_store_is_away(fleet: Fleet, sandbox: Sandbox) -> None:
    numbers = [f"EV-many-{at}" for at in range(MANY)]

    def deliver(at: int) -> list[dict[str, Any]]:
        url = fleet.receivers[at % 2].url
        deliveries: list[dict[str, Any]] = sandbox.notify(numbers[at], url=url, redeliver={"scale": 0.001})[
            "deliveries"
        ]
        return deliveries

    with ThreadPoolExecutor(4) as platform:
        under_way = [platform.submit(deliver, at) for at in range(MANY)]
        fleet.wait_until(lambda: len(fleet.processed()) >= MANY // 4)
        fleet.redis.kill()
        fleet.wait_until(lambda: fleet.written().count("refused: seen_store") >= 4)
        before = fleet.processed()
        fleet.redis.restart()
        delivered = [one.result() for one in under_way]
    assert len(before) < MANY, "the store was away in the middle"
    failures = [one["answer"] for deliveries in delivered for one in deliveries if not one["answer"].get("taken")]
    assert failures, "and what came meanwhile was told so"
    assert all(json.loads(answer["body"])["message"] == "seen_store" for answer in failures), failures
    assert all(deliveries[-1]["answer"]["taken"] for deliveries in delivered), "nothing is lost"
    assert fleet.processed() == Counter(numbers), fleet.written()
    assert "test-secret" not in fleet.written()
