"""The receivers of examples/ as processes, seen from outside: what they are sent, answer and write."""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis_server import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
PATIENCE = 120.0  # seconds; for a machine that is busy

# Where `make receivers` has put the Node programs, beside what they import.
NODE = ROOT / "target" / "receivers" / "node"
AXUM = ROOT / "target" / "debug" / "axum_receiver"


@dataclass(frozen=True)
class Program:
    """A receiver: how it is started, and whether it shares its store."""

    command: Callable[[str], list[str]]
    folder: pathlib.Path
    shares: bool


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-B", "-m", *arguments]


def php(port: str) -> list[str]:
    extension = os.environ["WECHATPAY_PHP_EXTENSION"]
    return ["php", "-n", "-d", f"extension={extension}", "-S", f"127.0.0.1:{port}", "receiver.php"]


PROGRAMS = {
    "fastapi": Program(
        lambda port: python("uvicorn", "fastapi_receiver:app", "--port", port), EXAMPLES / "python", True
    ),
    "flask": Program(
        lambda port: python("flask", "--app", "flask_receiver", "run", "-p", port), EXAMPLES / "python", False
    ),
    "express": Program(lambda _: ["node", "express_receiver.mjs"], NODE, True),
    "fastify": Program(lambda _: ["node", "fastify_receiver.mjs"], NODE, False),
    "axum": Program(lambda _: [str(AXUM)], EXAMPLES, True),
    "php": Program(php, EXAMPLES / "php", False),
}


class Sandbox:
    """The local WeChat Pay of the ``wechatpay`` command."""

    def __init__(self, info: dict[str, str]) -> None:
        self._admin = info["admin_url"]
        # All that a host needs which only receives; both kinds of keys, as during a migration.
        self.environment = {
            "WECHATPAY_PUBLIC_KEY_ID": info["public_key_id"],
            "WECHATPAY_PLATFORM_PUBLIC_KEY_PATH": info["platform_public_key_path"],
            "WECHATPAY_PLATFORM_CERTIFICATE_PATHS": info["platform_certificate_path"],
            "WECHATPAY_APIV3_KEY": info["apiv3_key"],
        }

    def notify(self, id: str, **order: Any) -> dict[str, Any]:  # noqa: A002
        """Orders a notification with this id: what came of it."""
        event = {"event_type": "TRANSACTION.SUCCESS", "resource": {"out_trade_no": f"T-{id}"}, "envelope": {"id": id}}
        request = urllib.request.Request(f"{self._admin}/notifications", json.dumps({**event, **order}).encode())
        with urllib.request.urlopen(request, timeout=3 * PATIENCE) as reply:
            made: dict[str, Any] = json.loads(reply.read())
            return made


class Receiver:
    """A program that runs, or will, on a port of its own; ``close`` ends it."""

    def __init__(self, program: Program, sandbox: Sandbox, redis: str, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{self.port}/notify"
        self._program = program
        self._environment = {**os.environ, **sandbox.environment, "PORT": str(self.port)}
        self._environment.pop("WECHATPAY_SEEN_REDIS", None)
        if program.shares:
            self._environment["WECHATPAY_SEEN_REDIS"] = redis
        self._log = tempfile.TemporaryFile("w+b")  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Whether it came up; not so where another process has taken its port meanwhile."""
        self._process = subprocess.Popen(
            self._program.command(str(self.port)),
            cwd=self._program.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
                return True
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"it does not listen:\n{self.written()}")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def written(self) -> str:
        """All that it has written so far."""
        return os.pread(self._log.fileno(), 1 << 24, 0).decode(errors="replace")

    def processed(self) -> Counter[str]:
        """Ids of notifications, and how often each was processed."""
        return Counter(re.findall(r"(EV-[\w-]+) TRANSACTION\.SUCCESS T-\1\b", self.written()))


def started(program: Program, sandbox: Sandbox, redis: str) -> Receiver:
    for _ in range(5):
        receiver = Receiver(program, sandbox, redis, free_port())
        if receiver.start():
            return receiver
        written = receiver.written()
        receiver.close()
    raise RuntimeError(f"it does not start:\n{written}")
