"""What reading a notification costs in the installed Python package, as a line of JSON: ``FILE N``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from python_calls import cpu, report
from wechatpay_sdk import Notifications


def main(path: str, count: int) -> None:
    written = json.loads(Path(path).read_text(encoding="utf-8"))
    parse = Notifications(**written["options"]).parse
    headers, body = written["headers"], written["body"].encode()

    def run(times: int) -> None:
        for _ in range(times):
            assert parse(headers, body).resource["trade_state"] == "SUCCESS"

    run(200)
    wall, used = time.perf_counter(), cpu()
    run(count)
    report(count, time.perf_counter() - wall, cpu() - used)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
