"""The campaign's driver in Python: a line of JSON for each call on the standard input, and one back when it has ended.

``driver.py CONFIG``; the campaign (``crates/campaign``) starts it.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from wechatpay_sdk import Client, WechatPayError

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


def answer_to(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    call, answer = order["call"], {"n": order["n"]}
    started = time.perf_counter()
    try:
        reply = reply_to(client.with_options(**order["options"]), call)
        answer["elapsed_ms"] = (time.perf_counter() - started) * 1000
        wanted = call.get("params") or call["body"]
        names = ("out_bill_no", "sub_mchid")
        answer["own"] = [reply.get(name) for name in names] == [wanted.get(name) for name in names]
    except WechatPayError as error:
        answer["elapsed_ms"] = (time.perf_counter() - started) * 1000
        answer["error"] = {name: getattr(error, name, None) for name in FIELDS}
    return answer


def drive(client: Client) -> None:
    while True:
        with reading:
            line = sys.stdin.readline()
        if not line:
            return
        order = json.loads(line)
        if order.get("rest"):
            gc.collect()
            say({"rested": True})
        else:
            say(answer_to(client, order))


client = Client(**json.loads(Path(sys.argv[1]).read_text()))
threads = [threading.Thread(target=drive, args=(client,)) for _ in range(AT_ONCE)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
