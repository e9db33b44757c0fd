"""The campaign's driver in Python: a line of JSON for each call on the standard input, and one back when it has ended.

``driver.py CONFIG``; the campaign (``crates/campaign``) starts it. Every other call is made with the ``AsyncClient``,
on an event loop that all threads share.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from wechatpay_sdk import AsyncClient, Client, WechatPayError

AT_ONCE = 4
FIELDS = ("kind", "code", "status", "retryability", "may_have_taken_effect", "verified", "message", "attempts")

reading, writing = threading.Lock(), threading.Lock()


def say(answer: dict[str, Any]) -> None:
    with writing:
        print(json.dumps(answer), flush=True)


def reply_to(client: Client, call: dict[str, Any]) -> Any:
    if "operation" in call:
        return client.call(call["operation"], call["params"])
    return client.request(call["method"], call["path"], body=call["body"]).body


async def async_reply_to(client: AsyncClient, call: dict[str, Any]) -> Any:
    if "operation" in call:
        return await client.call(call["operation"], call["params"])
    return (await client.request(call["method"], call["path"], body=call["body"])).body


class Answer:
    """Takes the time of a call, and what came of it."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.call = order["call"]
        self.told: dict[str, Any] = {"n": order["n"]}

    def __enter__(self) -> Answer:
        self.started = time.perf_counter()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.told["elapsed_ms"] = (time.perf_counter() - self.started) * 1000
        if isinstance(error, WechatPayError):
            self.told["error"] = {name: getattr(error, name, None) for name in FIELDS}
            return True
        return False

    def take(self, reply: Any) -> None:
        wanted = self.call.get("params") or self.call["body"]
        names = ("out_bill_no", "sub_mchid")
        self.told["own"] = [reply.get(name) for name in names] == [wanted.get(name) for name in names]


def make(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    with Answer(order) as answer:
        answer.take(reply_to(client.with_options(**order["options"]), order["call"]))
    return answer.told


async def async_make(client: AsyncClient, order: dict[str, Any]) -> dict[str, Any]:
    with Answer(order) as answer:
        answer.take(await async_reply_to(client.with_options(**order["options"]), order["call"]))
    return answer.told


def drive(client: Client, async_client: AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
    while True:
        with reading:
            line = sys.stdin.readline()
        if not line:
            return
        order = json.loads(line)
        if order.get("rest"):
            gc.collect()
            say({"rested": True})
        elif order["n"] % 2:
            say(asyncio.run_coroutine_threadsafe(async_make(async_client, order), loop).result())
        else:
            say(make(client, order))


def main() -> None:
    options = json.loads(Path(sys.argv[1]).read_text())
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    faces = (Client(**options), AsyncClient(**options), loop)
    threads = [threading.Thread(target=drive, args=faces) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
