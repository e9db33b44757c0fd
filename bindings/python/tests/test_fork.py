"""Prefork servers: calls before and after a fork, in parent and child, and a real gunicorn."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from local_wechatpay import Sandbox

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

PRELUDE = """
import asyncio, multiprocessing, os, sys, threading
from wechatpay_sdk import AsyncClient, Client, WechatPayError
client = Client.from_env()
async_client = AsyncClient.from_env()
PARAMS = dict(sub_mchid="1900000109", operation_type="OPEN")
def call():
    assert client.goldplan.merchants.change_custom_page_status(**PARAMS) == {"sub_mchid": "1900000109"}
async def one():
    assert await async_client.goldplan.merchants.change_custom_page_status(**PARAMS) == {"sub_mchid": "1900000109"}
async def several():
    await asyncio.gather(*(one() for _ in range(10)))
def acall():
    asyncio.run(several())
def in_child(*jobs):
    pid = os.fork()
    if pid == 0:
        try:
            for job in jobs: job()
            os._exit(0)
        except BaseException as error:
            print("child:", repr(error), file=sys.stderr)
            os._exit(1)
    return pid
def join(pid):
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


@pytest.mark.parametrize(
    "program",
    [
        "join(in_child(call, acall)); call(); acall()",
        "call(); join(in_child(call, call)); call()",
        "call(); child = in_child(call); call(); join(child); call()",
        "acall(); join(in_child(acall, call)); acall()",
        "call(); join(in_child(call, lambda: join(in_child(call, acall)), call)); call()",
        "call(); [join(pid) for pid in [in_child(call, acall) for _ in range(8)]]; acall()",
    ],
    ids=["before first use", "after use", "at once", "asyncio", "grandchild", "many children"],
)
def test_fork(sandbox: Sandbox, program: str) -> None:
    sandbox.run_python(PRELUDE + program)


def test_fork_while_other_threads_call(sandbox: Sandbox) -> None:
    program = """
stop = threading.Event()
def forever():
    while not stop.is_set(): call()
threads = [threading.Thread(target=forever) for _ in range(4)]
for thread in threads: thread.start()
try:
    for _ in range(10): join(in_child(call, acall))
finally:
    stop.set()
for thread in threads: thread.join()
"""
    # Newer Pythons warn of a fork with threads about; that it works all the same is what is tested.
    sandbox.run_python(PRELUDE + program, PYTHONWARNINGS="ignore::DeprecationWarning")


def test_fork_while_another_thread_loads_a_product(sandbox: Sandbox) -> None:
    program = """
import time
class Slow:
    def find_spec(name, path=None, target=None):
        if name == "wechatpay_sdk.operations.goldplan": time.sleep(0.5)
sys.meta_path.insert(0, Slow)
thread = threading.Thread(target=call)
thread.start()
time.sleep(0.2)
join(in_child(call))
thread.join()
"""
    sandbox.run_python(PRELUDE + program, timeout=20, PYTHONWARNINGS="ignore::DeprecationWarning")


def test_a_loop_that_is_older_than_the_fork(sandbox: Sandbox) -> None:
    program = """
from wechatpay_sdk import _loop
loop = asyncio.new_event_loop()
def turn():
    loop.run_until_complete(several())
    # A wake-up shared with the parent would be lost to it now and then.
    assert _loop._wakers[loop].pid == os.getpid()
turn(); join(in_child(turn, turn)); turn()
loop.close()
"""
    sandbox.run_python(PRELUDE + program)


def test_fork_within_a_running_loop(sandbox: Sandbox) -> None:
    program = """
async def main():
    await several()
    under_way = asyncio.ensure_future(several())
    await asyncio.sleep(0)
    pid = in_child(call)
    await under_way
    join(pid)
    await several()
asyncio.run(main())
"""
    sandbox.run_python(PRELUDE + program)


def test_multiprocessing_by_fork(sandbox: Sandbox) -> None:
    program = """
def work(_):
    call(); acall()
    try:
        client.goldplan.merchants.change_custom_page_status(sub_mchid="1", operation_type="OPEN")
    except WechatPayError as error:
        return os.getpid(), error
call()
with multiprocessing.get_context("fork").Pool(3) as pool:
    results = pool.map(work, range(12), chunksize=1)
assert os.getpid() not in {pid for pid, _ in results}
# Exceptions came back through a pipe, whole.
assert {error.code for _, error in results} == {"MCH_NOT_EXISTS"}
call()
"""
    sandbox.run_python(PRELUDE + program)


APP = """
import json, os
from wechatpay_sdk import Client
client = Client.from_env()
if os.environ["CALL_IN_MASTER"] == "yes":
    client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
master = os.getpid()
def app(environ, start_response):
    reply = client.goldplan.merchants.change_custom_page_status(sub_mchid="1900000109", operation_type="OPEN")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"pid": os.getpid(), "master": master, "reply": reply}).encode()]
"""


@pytest.mark.parametrize("preload", [False, True], ids=["each worker imports", "preload_app"])
@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_gunicorn(sandbox: Sandbox, tmp_path: Path, preload: bool, worker: str) -> None:
    (tmp_path / "shop.py").write_text(APP)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "--workers", "3"]
    command += ["--worker-class", worker, "--threads", "1" if worker == "sync" else "4", "--log-level", "warning"]
    command += ["--worker-tmp-dir", str(tmp_path), *(["--preload"] if preload else []), "shop:app"]
    environment = {**os.environ, **sandbox.environment, "CALL_IN_MASTER": "yes" if preload else "no"}
    server = subprocess.Popen(
        command, cwd=tmp_path, env=environment, pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True
    )
    try:

        def get(_: int) -> Any:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as reply:
                return json.loads(reply.read())

        seen: list[Any] = []
        deadline = time.monotonic() + 30
        with ThreadPoolExecutor(12) as pool:
            while len({answer["pid"] for answer in seen}) < 3:
                assert time.monotonic() < deadline, seen[-1:]
                seen += pool.map(get, range(24))
        assert all(answer["reply"] == {"sub_mchid": "1900000109"} for answer in seen)
        assert {answer["master"] == answer["pid"] for answer in seen} == {not preload}
    finally:
        server.terminate()
        errors = server.communicate(timeout=20)[1]
        listener.close()
    assert server.returncode == 0, errors
