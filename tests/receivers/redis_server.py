"""A real Redis for tests: Debian's redis-server on loopback, in a folder of its own, writing nothing.

``python tests/receivers/redis_server.py COMMAND...`` runs a command with its URL in WECHATPAY_TEST_REDIS.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

PASSWORD = "test-secret-of-the-store"
PATIENCE = 60.0  # seconds


class RedisServer:
    """A running server; ``with`` ends it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wechatpay-redis-")
        # Between the search for a free port and its use another process may take it.
        for _ in range(10):
            self.port = free_port()
            if self._start():
                return
        raise RuntimeError("redis-server does not start (tools/need.sh installs it)")

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Ends it at once; what it knew is lost."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Starts it again on its port, empty."""
        if not self._start():
            raise RuntimeError(f"redis-server does not start again on port {self.port}")

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> bool:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
        command += ["--save", "", "--appendonly", "no", "--dir", self._folder.name]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            if self._answers():
                return True
            time.sleep(0.02)
        raise RuntimeError(f"redis-server does not answer on port {self.port}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"-NOAUTH")
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def main(command: list[str]) -> int:
    # Whoever ends this program wants the server to end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with RedisServer() as server:
        return subprocess.run(command, env={**os.environ, "WECHATPAY_TEST_REDIS": server.url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
