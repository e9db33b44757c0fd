"""asyncio: many calls at once, several loops, cancellation, and loops that end too early."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from local_wechatpay import SUB_MCHID
from wechatpay_sdk import ApiError, AsyncClient, TimeoutError, _native  # pyright: ignore[reportPrivateUsage]
from wechatpay_sdk._loop import _wakers  # pyright: ignore[reportPrivateUsage]

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

OPEN = {"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}
STATUS = f"/v3/new-tax-control-fapiao/merchant/{SUB_MCHID}/check-status"


async def call(client: AsyncClient) -> str:
    reply = await client.goldplan.merchants.change_custom_page_status(sub_mchid=SUB_MCHID, operation_type="OPEN")
    return reply["sub_mchid"]


async def many(client: AsyncClient, count: int) -> list[str]:
    return await asyncio.gather(*(call(client) for _ in range(count)))


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def test_many_at_once(async_client: AsyncClient, sandbox: Sandbox) -> None:
    assert asyncio.run(many(async_client, 200)) == [SUB_MCHID] * 200
    assert len(sandbox.journal()) == 200


def test_each_gets_its_own_result(async_client: AsyncClient) -> None:
    async def main() -> list[Any]:
        paths = [STATUS, "/v3/nowhere", "/v3/goldplan/merchants/close-advertising-show"]
        calls = (async_client.request("GET", path) for _ in range(10) for path in paths)
        outcomes: list[Any] = await asyncio.gather(*calls, return_exceptions=True)
        return outcomes

    for at, outcome in enumerate(asyncio.run(main())):
        if at % 3 == 0:
            assert outcome.body["sub_mchid"] == SUB_MCHID
        else:
            assert type(outcome) is ApiError
            assert outcome.status == (404 if at % 3 == 1 else 405)


def test_the_loop_goes_on_while_a_call_waits(async_client: AsyncClient, sandbox: Sandbox) -> None:
    async def main() -> int:
        sandbox.fault("delay", ms=600)
        waiting = asyncio.ensure_future(call(async_client))
        ticks = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert await waiting == SUB_MCHID
        return ticks

    assert asyncio.run(main()) > 25


def test_results_that_came_meanwhile_are_taken_in_one_go(
    async_client: AsyncClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    class Counting:
        def __init__(self) -> None:
            self._inner = native()

        def drain(self) -> list[Any]:
            done = self._inner.drain()
            taken.append(len(done))
            return done

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    native = _native.Completions
    monkeypatch.setattr(_native, "Completions", Counting)

    async def main() -> None:
        calls = asyncio.gather(*(call(async_client) for _ in range(20)))
        await asyncio.sleep(0)
        deadline = time.monotonic() + 20
        while len(sandbox.journal()) < 20:  # blocks the loop on purpose
            assert time.monotonic() < deadline
        time.sleep(0.5)
        assert await calls == [SUB_MCHID] * 20

    asyncio.run(main())
    assert taken == [20]


def test_cancelling_drops_the_call(async_client: AsyncClient, sandbox: Sandbox) -> None:
    async def main() -> None:
        sandbox.fault("delay", ms=3000)
        started = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(async_client), 0.3)
        assert time.monotonic() - started < 2
        assert await call(async_client) == SUB_MCHID
        # The late reply of the first one must disturb nobody.
        await asyncio.sleep(0)
        waker = _wakers[asyncio.get_running_loop()]
        assert waker._calls == {}  # pyright: ignore[reportPrivateUsage]

    asyncio.run(main())


def test_a_call_cancelled_at_once_is_never_sent(async_client: AsyncClient, sandbox: Sandbox) -> None:
    async def main() -> None:
        for _ in range(50):
            task = asyncio.ensure_future(call(async_client))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert sandbox.journal() == []


def test_its_own_deadline(async_client: AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault("delay", ms=3000)
    with pytest.raises(TimeoutError):
        asyncio.run(call(async_client.with_options(timeout=0.3, retry="off")))


def test_several_loops_one_after_the_other(async_client: AsyncClient) -> None:
    asyncio.run(call(async_client))
    before = descriptors()
    for _ in range(20):
        assert asyncio.run(call(async_client)) == SUB_MCHID
    assert descriptors() <= before + 2


def test_several_loops_in_threads(async_client: AsyncClient, sandbox: Sandbox) -> None:
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(asyncio.run(many(async_client, 25)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [[SUB_MCHID] * 25] * 8
    assert len(sandbox.journal()) == 200


def test_two_loops_in_turns(async_client: AsyncClient) -> None:
    loops = [asyncio.new_event_loop() for _ in range(2)]
    try:
        for _ in range(5):
            for loop in loops:
                assert loop.run_until_complete(call(async_client)) == SUB_MCHID
    finally:
        for loop in loops:
            loop.close()


def test_a_loop_closed_while_a_call_is_under_way(sandbox: Sandbox) -> None:
    program = """
        import asyncio, gc, os, time
        from wechatpay_sdk import AsyncClient
        client = AsyncClient.from_env()
        def call():
            return client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
        for _ in range(20):
            loop = asyncio.new_event_loop()
            task = loop.create_task(call())
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            # Whoever closes a loop under a task hears of it from asyncio; here only the call matters.
            task._log_destroy_pending = False
            del task, loop
            gc.collect()
        time.sleep(0.5)
        print(asyncio.run(call()))
        gc.collect()
        opened = os.listdir("/proc/self/fd")
        assert len(opened) < 30, f"closed loops leave {len(opened)} descriptors behind"
    """
    sandbox.fault("delay", times=20, ms=200)
    assert sandbox.run_python(program) == "{'sub_mchid': '1900000109'}\n"


def no_reader(*_: Any) -> None:
    raise NotImplementedError


@pytest.fixture
def deaf_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """Like Windows' Proactor: it cannot watch descriptors."""

    def make() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # asyncio's own wake-up uses the private twin of this method.
        vars(loop)["add_reader"] = no_reader
        return loop

    return make


def test_a_loop_that_cannot_watch_descriptors(
    deaf_loop: Callable[[], asyncio.AbstractEventLoop], async_client: AsyncClient
) -> None:
    loop = deaf_loop()
    try:
        for _ in range(3):
            assert loop.run_until_complete(many(async_client, 30)) == [SUB_MCHID] * 30
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("wechatpay-loop") == 1
    finally:
        loop.close()
    deadline = time.monotonic() + 5
    while any(thread.name == "wechatpay-loop" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the watching thread must end with its loop"
        time.sleep(0.05)
