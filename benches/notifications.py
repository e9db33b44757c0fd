"""Times the reading of a notification in each language against its floor: one RSA verification and one AES-GCM."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TARGETS = {"Rust": 1.5, "Python": 2.5, "Node.js": 2.5}


def table(
    run: Callable[[list[str]], dict[str, float]], bench: str, rounds: int, times: int
) -> tuple[list[str], list[str]]:
    """The lines of the table, and the languages that miss their target."""
    commands = {
        "floor": [bench, "notification-floor"],
        "Rust": [bench, "notification-rust"],
        "Python": [sys.executable, str(HERE / "python_notifications.py")],
        "Node.js": ["node", str(HERE / "node_notifications.mjs")],
        "C": [str(ROOT / "target" / "c" / "c_notifications")],
        "PHP": ["php", "-d", f"extension={os.environ['WECHATPAY_PHP_EXTENSION']}", str(HERE / "php_notifications.php")],
    }
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    rate: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(rounds):
            # Signed for now: it is good for five minutes.
            made = subprocess.run([bench, "notification", directory], check=True, capture_output=True, text=True)
            for name, command in commands.items():
                figures = run([*command, made.stdout.strip(), str(times)])
                cpu[name].append(figures["cpu_us"])
                rate[name].append(figures["calls_per_second"])
    lines = [
        "| notifications: verify, decrypt, parse | per second | CPU µs each | × floor | target |",
        "|---|---|---|---|---|",
    ]
    missed = []
    for name, values in cpu.items():
        ratio = median(value / floor for value, floor in zip(values, cpu["floor"]))
        target = TARGETS.get(name)
        wanted = f"≤ {target}" if target else ""
        lines.append(f"| {name} | {median(rate[name]):.0f} | {median(values):.0f} | {ratio:.2f} | {wanted} |")
        missed += [f"{name}, notifications"] if target and ratio > target else []
    return lines, missed
