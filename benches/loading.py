"""What a thousand operations cost who uses a few: importing, requiring, and type-checking a small program.

Each figure is the median of a few fresh processes. Loading is told in processor time, which a busy machine does not
lengthen much; type checkers are timed by the clock and start without a cache, as in CI.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "examples" / "python" / "quickstart.py"
TYPES = ROOT / "bindings" / "node" / "test" / "types.txt"
TSC = ROOT / "bindings" / "node" / "node_modules" / ".bin" / "tsc"
LOADING_MS, CHECKING_S = 15, 5
TIMES = 15

# Both clients: what is loaded only when it is named counts, too.
IMPORT = "from wechatpay_sdk import AsyncClient, Client"
REQUIRE = """
const before = process.cpuUsage();
require('wechatpay-sdk');
const { user, system } = process.cpuUsage(before);
console.log(user + system);
"""


def seconds(command: list[str], cwd: str | Path) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=cwd)
    return time.perf_counter() - start


def processor_ms(code: str) -> float:
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT / "benches")
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, code
    return 1000 * (used.ru_utime + used.ru_stime)


def median_ms(code: str) -> float:
    return statistics.median(processor_ms(code) for _ in range(TIMES))


def require_ms() -> float:
    folder = os.environ["WECHATPAY_INSTALLED"]
    command = ["node", "-e", REQUIRE]
    runs = [subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout for _ in range(TIMES)]
    return statistics.median(int(run) for run in runs) / 1e3


def checking() -> dict[str, float]:
    """Seconds of each type checker, over a program that makes calls."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "program.py")
        shutil.copy(PROGRAM, python)
        Path(folder, "node_modules").symlink_to(Path(os.environ["WECHATPAY_INSTALLED"], "node_modules"))
        shutil.copy(TYPES, Path(folder, "program.mts"))
        options = {"strict": True, "noEmit": True, "module": "nodenext", "skipLibCheck": True}
        roots = str(ROOT / "bindings" / "node" / "node_modules" / "@types")
        options |= {"target": "es2022", "typeRoots": [roots], "types": ["node"]}
        Path(folder, "tsconfig.json").write_text(
            json.dumps({"compilerOptions": options, "files": ["program.mts"]}), encoding="utf-8"
        )
        mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, str(python)]
        pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(python)]
        commands = {"mypy": mypy, "pyright": pyright, "tsc": [str(TSC), "-p", "."]}
        return {
            name: statistics.median(seconds(command, folder) for _ in range(3)) for name, command in commands.items()
        }


def table() -> tuple[list[str], list[str]]:
    """Lines of the report, and what missed its target."""
    rows = [
        (
            "Python's import, above an empty interpreter",
            median_ms("from wechatpay_sdk import AsyncClient, Client") - median_ms("pass"),
        ),
        ("Node.js' require", require_ms()),
    ]
    lines = ["| loading | ms | target |", "|---|---|---|"]
    lines += [f"| {name} | {value:.1f} | ≤ {LOADING_MS} |" for name, value in rows]
    missed = [name for name, value in rows if value > LOADING_MS]
    lines += ["", "| type-checking a small program, without a cache | s | target |", "|---|---|---|"]
    checked = checking()
    lines += [f"| {name} | {value:.1f} | ≤ {CHECKING_S} |" for name, value in checked.items()]
    return lines, missed + [name for name, value in checked.items() if value > CHECKING_S]


if __name__ == "__main__":
    report, late = table()
    print("\n".join(report))
    sys.exit(1 if late else 0)
