"""A sandbox and a Redis for all tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from receivers import Sandbox
from redis_server import RedisServer

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    binary = os.environ.get("WECHATPAY_BIN")
    if not binary:
        pytest.exit("WECHATPAY_BIN must name the wechatpay command (cargo build -p wechatpay-cli)", 2)
    directory: pathlib.Path = tmp_path_factory.mktemp("sandbox")
    command = [binary, "sandbox", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the sandbox does not start"
        yield Sandbox(json.loads(line))
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server
