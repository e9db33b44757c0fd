"""Which notifications have been processed: in memory, and in a real Redis (WECHATPAY_TEST_REDIS)."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest

import wechatpay_sdk
from wechatpay_sdk import AsyncSeen, ConfigError, InvalidRequestError, Seen, TimeoutError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

NOBODY = "redis://:secret-of-nobody@127.0.0.1:1/2"


@pytest.fixture(scope="session")
def redis() -> str:
    url = os.environ.get("WECHATPAY_TEST_REDIS")
    if not url:
        pytest.exit("run the tests under tests/receivers/redis_server.py, which sets WECHATPAY_TEST_REDIS", 2)
    return url


@pytest.fixture
def event(request: pytest.FixtureRequest) -> str:
    return f"EV-{os.getpid()}-{time.monotonic_ns()}-{request.node.name}"


@pytest.fixture(params=["memory", "redis"])
def seen(request: pytest.FixtureRequest, redis: str) -> Seen:
    return Seen.memory() if request.param == "memory" else Seen.redis(redis)


def outcome(claim: Callable[[], bool]) -> str:
    try:
        return str(claim())
    except wechatpay_sdk.WechatPayError as error:
        return error.code


def test_one_gets_it_until_it_is_done(seen: Seen, event: str) -> None:
    assert seen.claim(event) is True
    with pytest.raises(TimeoutError) as busy:
        seen.claim(event)
    assert (busy.value.code, busy.value.retryability, busy.value.operation) == ("seen_busy", "safe", None)
    seen.release(event)
    assert seen.claim(event) is True
    seen.done(event)
    assert seen.claim(event) is False
    seen.release(event)
    assert seen.claim(event) is False


def test_of_many_threads_one_gets_it(seen: Seen, event: str) -> None:
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(outcome, lambda: seen.claim(event)) for _ in range(50)]
    assert sorted(one.result() for one in asked) == ["True"] + ["seen_busy"] * 49


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_of_many_tasks_one_gets_it(kind: str, redis: str, event: str) -> None:
    async def ask() -> str:
        try:
            return str(await store.claim(event))
        except TimeoutError as error:
            return error.code

    async def main() -> list[str]:
        outcomes = await asyncio.gather(*(ask() for _ in range(50)))
        await store.done(event)
        assert await store.claim(event) is False
        await store.release(event)
        assert await store.claim(event) is False
        return outcomes

    store = AsyncSeen.memory(seconds=60) if kind == "memory" else AsyncSeen.redis(redis, seconds=60)
    assert sorted(asyncio.run(main())) == ["True"] + ["seen_busy"] * 49

    # Another event loop, with the same store.
    async def again() -> bool:
        return await store.claim(event)

    assert asyncio.run(again()) is False


def test_ids_are_forgotten_in_time(redis: str, event: str) -> None:
    for seen in (Seen.memory(seconds=0.2), Seen.redis(redis, seconds=0.2)):
        assert seen.claim(event)
        seen.done(event)
        deadline = time.monotonic() + 30
        while not seen.claim(event):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_store_that_is_down_is_told() -> None:
    seen = Seen.redis(NOBODY)
    for ask in (seen.claim, seen.done, seen.release):
        with pytest.raises(TransportError) as down:
            cast("Callable[[str], Any]", ask)("EV-1")
        assert (down.value.code, down.value.retryability) == ("seen_store", "safe")
        assert "redis://127.0.0.1:1/2" in str(down.value)
        assert "secret" not in f"{down.value!r} {down.value.__dict__} {seen!r}"

    async def main() -> None:
        await AsyncSeen.redis(NOBODY).claim("EV-1")

    with pytest.raises(TransportError, match=r"redis://127\.0\.0\.1:1/2"):
        asyncio.run(main())


def test_the_password_of_a_store_is_never_shown(redis: str) -> None:
    secret = redis.split("@")[0].rpartition(":")[2]
    assert len(secret) > 10
    seen = Seen.redis(redis)
    assert secret not in repr(seen) + str(vars(seen))
    wrong = Seen.redis(redis.replace(secret, secret + "-wrong"))
    with pytest.raises(TransportError) as error:
        wrong.claim("EV-1")
    assert secret not in f"{error.value} {error.value!r}"
    assert "password" in str(error.value)


def test_what_makes_no_store_is_refused() -> None:
    untyped: Any = Seen
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: Seen.memory(seconds=0), "seconds"),
        (lambda: Seen.memory(seconds=-1), "seconds"),
        (lambda: Seen.memory(seconds=float("nan")), "seconds"),
        (lambda: Seen.memory(seconds=float("inf")), "seconds"),
        (lambda: Seen.memory(seconds=10**400), "seconds"),
        (lambda: untyped.memory(seconds="1"), "seconds"),
        (lambda: untyped.memory(seconds=True), "seconds"),
        (lambda: Seen.redis("http://:secret@cache"), "url"),
        (lambda: untyped.redis(b"redis://cache"), "url"),
    ]
    for make, field in cases:
        with pytest.raises(ConfigError) as refused:
            make()
        assert refused.value.field == field
        assert "secret" not in str(refused.value)
    with pytest.raises(TypeError, match=r"memory\(\) or redis\(\)"):
        untyped()


def test_an_id_that_is_none_is_refused(seen: Seen) -> None:
    untyped: Any = seen
    for wrong in ("", None, b"EV-1", 1):
        with pytest.raises(InvalidRequestError) as refused:
            untyped.claim(wrong)
        assert refused.value.field == "id"


def test_other_threads_go_on_while_one_waits(sandbox: Sandbox) -> None:
    """A store that takes the connection and says nothing is waited for without the GIL."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = Seen.redis(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        outcomes: list[str] = []
        waiting = threading.Thread(target=lambda: outcomes.append(outcome(lambda: seen.claim("EV-1"))))
        waiting.start()
        ticks = 0
        while waiting.is_alive():
            ticks += 1
            time.sleep(0.01)
        assert outcomes == ["seen_store"]
        assert ticks > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_uses_the_store_as_its_own(sandbox: Sandbox, redis: str) -> None:
    program = """
    import os, signal, sys, threading
    from wechatpay_sdk import Seen, WechatPayError

    def claim(seen, event):
        try:
            return seen.claim(event)
        except WechatPayError as error:
            return error.code

    event = f"EV-fork-{os.getpid()}"
    shared, own = Seen.redis(sys.argv[1]), Seen.memory()
    assert (claim(shared, event), claim(own, event)) == (True, True)
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        print("child", claim(shared, event), claim(own, event), flush=True)
        shared.done(event)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print("parent", claim(shared, event), claim(own, event))
    """
    assert sandbox.run_python(program, redis) == "child seen_busy True\nparent False seen_busy\n"
