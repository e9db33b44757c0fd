"""Times a call from each language against the floor measured in the same run, and prints one table.

``python benches/run.py PATH_OF_wechatpay-bench [--rounds N] [--calls N] [--publish]``

Only ratios are worth comparing between machines. Rounds are interleaved; shown is the median of the rounds, and of a
ratio the median of the rounds' ratios. The server runs in a process of its own and is not counted. Needs what
`make bench` builds and names in the environment. ``--publish`` writes the table to RESULTS.md and into the READMEs;
``--only-notifications`` measures and prints nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import loading
import notifications

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PYTHON_CALLS = [sys.executable, str(HERE / "python_calls.py")]
AT_ONCE = 32
FLOOR_TARGETS = {"Rust": 1.15, "Python": 1.4, "Node.js": 1.4, "C": 1.2, "PHP": 1.5}
CORES_TARGETS = {"Rust": 1.7, "Python (asyncio)": 1.7}
KIB_PER_MERCHANT, LOOP_DELAY_MS, PACKAGE_MB = 20, 5, 4
# Between these lines the READMEs hold the table.
BEGIN, END = "<!-- figures: written by make bench -->\n", "<!-- end of figures -->\n"


def run(command: list[str]) -> dict[str, float]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def has_ifma() -> bool:
    return "avx512ifma" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")


class Server:
    """The bench server, confined to the same processors as its client."""

    def __init__(self, bench: str, processors: set[int]) -> None:
        self.directory = tempfile.TemporaryDirectory()
        os.sched_setaffinity(0, processors)  # children inherit it
        self.process = subprocess.Popen([bench, "serve", self.directory.name], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.config = self.process.stdout.readline().strip()

    def __enter__(self) -> str:
        return self.config

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--only-notifications", action="store_true")
    arguments = parser.parse_args()
    bench, calls = arguments.bench, str(arguments.calls)
    read, unread = notifications.table(run, bench, arguments.rounds, 5 * arguments.calls)
    if arguments.only_notifications:
        print("\n".join(read))
        sys.exit(1 if unread else 0)
    every = os.sched_getaffinity(0)
    one = {min(every)}

    sequential = {
        "floor": [bench, "floor"],
        "Rust": [bench, "rust"],
        "Python": [*PYTHON_CALLS, "sync"],
        "Node.js": ["node", str(HERE / "node_calls.mjs"), "sync"],
        "C": [str(ROOT / "target" / "c" / "c_calls")],
        "PHP": ["php", "-d", f"extension={os.environ['WECHATPAY_PHP_EXTENSION']}", str(HERE / "php_calls.php")],
    }
    # The work of a call is what is measured, so the client stays on one processor, and the server on another. Threads
    # that take turns, like Node.js' own and the SDK's, pay for the waking of idle processors where they may wander: how
    # much depends on the machine, and is told beside.
    cpu: dict[str, dict[str, list[float]]] = {name: {"one": [], "all": []} for name in sequential}
    for _ in range(arguments.rounds):
        for label, server, client in (("one", {max(every)}, one), ("all", every, every)):
            with Server(bench, server) as config:
                os.sched_setaffinity(0, client)
                for name, command in sequential.items():
                    cpu[name][label].append(run([*command, config, calls])["cpu_us"])
    with Server(bench, every) as config:
        memory = {
            "Rust": run([bench, "memory", config, "2000"])["bytes_per_merchant"],
            "Python": run([*PYTHON_CALLS, "memory", config, "2000"])["bytes_per_merchant"],
        }

    concurrent = {
        "Rust": [bench, "rust-many"],
        "Python (asyncio)": [*PYTHON_CALLS, "async"],
        "Node.js": ["node", str(HERE / "node_calls.mjs"), "async"],
    }
    loop_delay: list[float] = []
    speed: dict[str, dict[str, list[float]]] = {name: {"one": [], "all": []} for name in concurrent}
    for _ in range(arguments.rounds):
        for label, processors in (("one", one), ("all", every)):
            with Server(bench, processors) as config:
                for name, command in concurrent.items():
                    figures = run([*command, config, calls, str(AT_ONCE)])
                    speed[name][label].append(figures["calls_per_second"])
                    if label == "all" and "loop_delay_p99_ms" in figures:
                        loop_delay.append(figures["loop_delay_p99_ms"])
    os.sched_setaffinity(0, every)

    median = statistics.median
    missed = list(unread)
    lines = [
        f"{len(every)} processors, AVX512-IFMA {'yes' if has_ifma() else 'no'}, "
        f"{arguments.rounds} interleaved rounds of {calls} calls, medians",
        "",
        "| one call after another, on a processor of its own | CPU µs per call | × floor | target | × floor on all |",
        "|---|---|---|---|---|",
    ]
    for name, values in cpu.items():
        ratios = {
            label: [value / floor for value, floor in zip(taken, cpu["floor"][label])]
            for label, taken in values.items()
        }
        ratio, free = median(ratios["one"]), median(ratios["all"])
        target = FLOOR_TARGETS.get(name)
        lines.append(f"| {name} | {median(values['one']):.0f} | {ratio:.2f} | {at_most(target)} | {free:.2f} |")
        missed += [name] if target and ratio > target else []
    lines += ["", f"| {AT_ONCE} calls at once | one core /s | all cores /s | × | target |", "|---|---|---|---|---|"]
    for name, rates in speed.items():
        ratio = median(both / single for both, single in zip(rates["all"], rates["one"]))
        target = CORES_TARGETS.get(name)
        wanted = f"≥ {target}" if target else ""
        lines.append(f"| {name} | {median(rates['one']):.0f} | {median(rates['all']):.0f} | {ratio:.2f} | {wanted} |")
        missed += [f"{name}, all cores"] if target and ratio < target else []
    lines += ["", *read]
    lines += ["", "| memory per further merchant | KiB | target |", "|---|---|---|"]
    for name, size in memory.items():
        lines.append(f"| {name} | {size / 1024:.1f} | {at_most(KIB_PER_MERCHANT)} |")
        missed += [f"{name}, memory"] if size > KIB_PER_MERCHANT * 1024 else []
    delay = median(loop_delay)
    lines += ["", f"| Node.js event loop, {AT_ONCE} calls at once | delay p99 ms | target |", "|---|---|---|"]
    lines.append(f"| of all rounds the median | {delay:.1f} | {at_most(LOOP_DELAY_MS)} |")
    missed += ["event loop"] if delay > LOOP_DELAY_MS else []
    loaded, late = loading.table()
    lines += ["", *loaded]
    missed += late
    lines += ["", "| installed from | MB compressed | target |", "|---|---|---|"]
    packages = {"wheel": ROOT / "target" / "wheels", "npm tarball": ROOT / "target" / "npm"}
    for name, folder in packages.items():
        (package,) = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
        size = package.stat().st_size / 1e6
        lines.append(f"| {name} | {size:.1f} | {at_most(PACKAGE_MB)} |")
        missed += [name] if size > PACKAGE_MB else []
    lines += ["", f"Targets missed: {', '.join(missed) or 'none'}."]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if arguments.publish:
        publish(text)
    if missed:
        sys.exit(1)


def at_most(target: float | None) -> str:
    return f"≤ {target}" if target else ""


def publish(text: str) -> None:
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    for readme in ROOT.glob("README*.md"):
        whole = readme.read_text(encoding="utf-8")
        before, _, rest = whole.partition(BEGIN)
        _, _, after = rest.partition(END)
        assert after, f"{readme.name} has lost its place for the figures"
        readme.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
