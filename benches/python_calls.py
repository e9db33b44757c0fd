"""One figure of the installed Python package, as a line of JSON: ``sync|async|memory CONFIG N [AT_ONCE]``."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from wechatpay_sdk import AsyncClient, Client

REQUEST: dict[str, Any] = {"sub_mchid": "1900000109", "operation_type": "OPEN"}


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def report(calls: int, wall: float, used: float) -> None:
    figures = {"cpu_us": used / calls * 1e6, "wall_us": wall / calls * 1e6, "calls_per_second": calls / wall}
    print(json.dumps(figures))


def sync(options: dict[str, Any], calls: int) -> None:
    client = Client(**options)
    call = client.goldplan.merchants.change_custom_page_status

    def run(count: int) -> None:
        for _ in range(count):
            reply = call(**REQUEST)
            assert reply["sub_mchid"] == "1900000109"

    run(100)
    wall, used = time.perf_counter(), cpu()
    run(calls)
    report(calls, time.perf_counter() - wall, cpu() - used)


async def concurrent(options: dict[str, Any], calls: int, at_once: int) -> None:
    client = AsyncClient(**options)
    call = client.goldplan.merchants.change_custom_page_status

    async def run(count: int) -> None:
        left = count

        async def worker() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await call(**REQUEST)

        await asyncio.gather(*(worker() for _ in range(at_once)))

    await run(200)
    wall, used = time.perf_counter(), cpu()
    await run(calls)
    report(calls, time.perf_counter() - wall, cpu() - used)


def resident() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def memory(options: dict[str, Any], merchants: int) -> None:
    first = Client(**options)
    own = {name: value for name, value in options.items() if name != "base_url"}

    def derive() -> Client:
        client = first.for_merchant(**own)
        client.goldplan.merchants.change_custom_page_status(**REQUEST)
        return client

    clients = [derive() for _ in range(100)]
    before = resident()
    clients += [derive() for _ in range(merchants)]
    print(json.dumps({"bytes_per_merchant": (resident() - before) / merchants, "merchants": len(clients)}))


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[3])
    config = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    if what == "sync":
        sync(config, count)
    elif what == "async":
        asyncio.run(concurrent(config, count, int(sys.argv[4])))
    elif what == "memory":
        memory(config, count)
    else:
        sys.exit(__doc__)
