"""The local WeChat Pay for all tests: the binary named by ``WECHATPAY_BIN``, over real sockets."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from local_wechatpay import Sandbox
from wechatpay_sdk import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    binary = os.environ.get("WECHATPAY_BIN")
    if not binary:
        pytest.exit("WECHATPAY_BIN must name the wechatpay command (cargo build -p wechatpay-cli)", 2)
    directory: Path = tmp_path_factory.mktemp("sandbox")
    command = [binary, "sandbox", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the sandbox does not start"
        yield Sandbox(json.loads(line))
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """As it was when it started."""
    running_sandbox.admin("POST", "/reset")
    return running_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(**sandbox.options)


@pytest.fixture
def async_client(sandbox: Sandbox) -> AsyncClient:
    return AsyncClient(**sandbox.options)
