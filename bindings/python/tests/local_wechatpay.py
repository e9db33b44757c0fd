"""A running local WeChat Pay as tests see it, and Python processes pointed at it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import urllib.request
from typing import Any

import pytest

SUB_MCHID = "1900000109"
CUSTOM_PAGE = "/v3/goldplan/merchants/changecustompagestatus"


class Sandbox:
    """A running sandbox and its admin listener."""

    def __init__(self, info: dict[str, str]) -> None:
        self.info = info
        same = ("mchid", "serial_no", "apiv3_key", "merchant_private_key_path", "public_key_id", "base_url")
        self.options: dict[str, Any] = {name: info[name] for name in (*same, "platform_public_key_path")}
        self.environment = {f"WECHATPAY_{name.upper()}": str(value) for name, value in self.options.items()}

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.info["admin_url"] + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def fault(self, kind: str, times: int = 1, match: dict[str, str] | None = None, **members: Any) -> None:
        self.admin("POST", "/faults", {"match": match or {}, "times": times, "fault": {"kind": kind, **members}})

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.admin("GET", "/journal")
        return entries

    def state_of(self, sub_mchid: str = SUB_MCHID) -> dict[str, Any]:
        state: dict[str, Any] = self.admin("GET", "/state")["sub_merchants"][sub_mchid]
        return state

    def start_python(self, program: str, *args: str, **environment: str) -> subprocess.Popen[str]:
        """A Python process of its own, pointed at this sandbox by its environment."""
        command = [sys.executable, "-c", textwrap.dedent(program), *args]
        everything = {**os.environ, **self.environment, **environment}
        return subprocess.Popen(
            command,
            env=everything,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=1,
            start_new_session=True,
        )

    def run_python(self, program: str, *args: str, timeout: float = 60, **environment: str) -> str:
        """Its output, once it has ended well."""
        process = self.start_python(program, *args, **environment)
        output, errors = finish(process, timeout)
        assert process.returncode == 0, f"exit {process.returncode}\n{output}\n{errors}"
        assert errors == ""
        return output


def finish(process: subprocess.Popen[str], timeout: float = 60) -> tuple[str, str]:
    """Waits for it; a process that hangs is ended and fails the test."""
    try:
        return process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        # With its children: they hold the same pipes.
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        pytest.fail(f"hangs\n{output}\n{errors}")
