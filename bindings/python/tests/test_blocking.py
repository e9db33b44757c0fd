"""Blocking calls: threads go on, signals get in, and the interpreter can end."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local_wechatpay import SUB_MCHID, finish

if TYPE_CHECKING:
    import subprocess

    from local_wechatpay import Sandbox
    from wechatpay_sdk import Client

PRELUDE = """
import signal, sys, threading, time
from wechatpay_sdk import Client, WechatPayError
client = Client.from_env()
def call():
    return client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
def read():
    return client.request("GET", "/v3/new-tax-control-fapiao/merchant/1900000109/check-status")
"""


def call(client: Client) -> str:
    reply = client.goldplan.merchants.change_custom_page_status(sub_mchid=SUB_MCHID, operation_type="OPEN")
    return reply["sub_mchid"]


def test_other_threads_go_on_during_a_call(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", ms=500)
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            time.sleep(0.005)
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        assert call(client) == SUB_MCHID
    finally:
        done.set()
        ticker.join()
    # 100 at best; with the GIL held throughout: none or one.
    assert ticks > 40


def test_many_threads_share_a_client(client: Client, sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(call, [client] * 200))
    assert results == [SUB_MCHID] * 200
    assert len(sandbox.journal()) == 200


def wait_for_call(sandbox: Sandbox, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while not sandbox.journal():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    time.sleep(0.1)


def interrupt(sandbox: Sandbox, program: str, signum: signal.Signals = signal.SIGINT) -> tuple[str, float]:
    """Sends the signal into a slow call; gives what the program printed, and how long the signal took to get in."""
    sandbox.fault("delay", times=99, ms=20_000)
    process = sandbox.start_python(PRELUDE + program)
    wait_for_call(sandbox, process)
    process.send_signal(signum)
    sent = time.monotonic()
    output, errors = finish(process, 30)
    assert errors == ""
    when, _, text = output.strip().partition(" ")
    return text, float(when) - sent


def test_ctrl_c_ends_a_call_and_says_that_the_outcome_is_unknown(sandbox: Sandbox) -> None:
    text, seconds = interrupt(
        sandbox,
        """
try:
    call()
except KeyboardInterrupt as error:
    print(time.monotonic(), type(error.__cause__).__name__, error)
""",
    )
    assert seconds < 0.5
    assert text.startswith("KeyboardInterrupt goldplan.merchants.change_custom_page_status: ")
    assert "outcome is unknown" in text


def test_ctrl_c_in_a_read_is_plain(sandbox: Sandbox) -> None:
    text, seconds = interrupt(
        sandbox,
        """
try:
    read()
except KeyboardInterrupt as error:
    print(time.monotonic(), repr(error))
""",
    )
    assert seconds < 0.5
    assert text == "KeyboardInterrupt()"


def test_what_a_handler_raises_comes_through(sandbox: Sandbox) -> None:
    text, seconds = interrupt(
        sandbox,
        """
class WorkerTimeout(Exception): pass
def handler(*_): raise WorkerTimeout("too slow")
signal.signal(signal.SIGTERM, handler)
try:
    call()
except WorkerTimeout as error:
    print(time.monotonic(), error, error.__cause__.code, error.__cause__.may_have_taken_effect)
""",
        signal.SIGTERM,
    )
    assert seconds < 0.5
    assert text == "too slow cancelled True"


def test_a_handler_that_returns_ends_nothing_and_may_call_itself(sandbox: Sandbox) -> None:
    program = """
def handler(*_):
    print("handled", call())
signal.signal(signal.SIGUSR1, handler)
print("done", call())
"""
    sandbox.fault("delay", ms=1000)
    process = sandbox.start_python(PRELUDE + program)
    wait_for_call(sandbox, process)
    process.send_signal(signal.SIGUSR1)
    output, errors = finish(process)
    assert (output, errors) == ("handled {'sub_mchid': '1900000109'}\ndone {'sub_mchid': '1900000109'}\n", "")


@pytest.mark.parametrize("how", ["daemon thread", "system exit"])
def test_the_interpreter_ends_while_a_call_is_under_way(sandbox: Sandbox, how: str) -> None:
    programs = {
        "daemon thread": "for _ in range(4): threading.Thread(target=call, daemon=True).start()\ntime.sleep(0.5)",
        "system exit": "signal.signal(signal.SIGALRM, lambda *_: sys.exit(0)); signal.alarm(1); call()",
    }
    sandbox.fault("delay", times=99, ms=3000)
    for _ in range(3):
        started = time.monotonic()
        assert sandbox.run_python(PRELUDE + programs[how]) == ""
        assert time.monotonic() - started < 2.5
