"""Every program of the README, in both languages of the README, runs as it stands there.

Rust's are compiled by tests/rust. Only the folder /tmp/wechatpay is replaced by that of the sandbox of this test. Needs
in the environment what the Makefile's `table` sets: WECHATPAY_BIN, WECHATPAY_INSTALLED, WECHATPAY_PHP_EXTENSION and
PKG_CONFIG_PATH.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh-CN.md"]
OPTIONS = ["mchid", "serial_no", "merchant_private_key_path", "public_key_id", "platform_public_key_path", "base_url"]


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    directory = tmp_path_factory.mktemp("readme") / "wechatpay"
    command = [os.environ["WECHATPAY_BIN"], "sandbox", "--dir", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the sandbox did not start"
    yield {**json.loads(line), "directory": str(directory)}
    process.terminate()
    assert process.wait(10) == 0


def block(readme: str, language: str, info: dict[str, Any]) -> str:
    text = (ROOT / readme).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return str(found).replace("/tmp/wechatpay", info["directory"])


def run(command: list[str], info: dict[str, Any], **environment: str) -> str:
    own = {f"WECHATPAY_{name.upper()}": info[name] for name in OPTIONS}
    done = subprocess.run(
        command, env={**os.environ, **own, **environment}, capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def check(output: str) -> None:
    """The program opens the page of one sub-merchant, and shows the error of one that does not exist."""
    first, second = output.splitlines()
    assert first == "1900000109"
    assert re.fullmatch(r"MCH_NOT_EXISTS \S+-\S+ never", second)


@pytest.mark.parametrize("readme", READMES)
def test_python(readme: str, info: dict[str, Any]) -> None:
    check(run([sys.executable, "-W", "ignore::ResourceWarning", "-c", block(readme, "python", info)], info))


@pytest.mark.parametrize("readme", READMES)
def test_node(readme: str, info: dict[str, Any], tmp_path: Path) -> None:
    program = tmp_path / "quickstart.js"
    program.write_text(block(readme, "js", info), encoding="utf-8")
    check(run(["node", str(program)], info, NODE_PATH=os.environ["WECHATPAY_INSTALLED"] + "/node_modules"))


@pytest.mark.parametrize("readme", READMES)
def test_c(readme: str, info: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "quickstart.c"
    source.write_text(block(readme, "c", info), encoding="utf-8")
    program = str(tmp_path / "quickstart")
    flags = run(["pkg-config", "--cflags", "--libs", "wechatpay"], info).split()
    library = run(["pkg-config", "--variable=libdir", "wechatpay"], info).strip()
    run(["cc", "-Wall", "-Wextra", "-Werror", "-o", program, str(source), *flags, f"-Wl,-rpath,{library}"], info)
    assert json.loads(run([program], info)) == {"sub_mchid": "1900000109"}


@pytest.mark.parametrize("readme", READMES)
def test_php(readme: str, info: dict[str, Any], tmp_path: Path) -> None:
    program = tmp_path / "quickstart.php"
    program.write_text(block(readme, "php", info), encoding="utf-8")
    check(run(["php", "-d", f"extension={os.environ['WECHATPAY_PHP_EXTENSION']}", str(program)], info))


@pytest.mark.parametrize("readme", READMES)
def test_command_line(readme: str, info: dict[str, Any], tmp_path: Path) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8").replace("/tmp/wechatpay", info["directory"])
    lines = [line for line in text.splitlines() if line.startswith("wechatpay ")]
    assert [line.split()[1] for line in lines] == ["call", "operations", "certs", "batch"]
    call, operations, certs, batch = ([os.environ["WECHATPAY_BIN"], *shlex.split(line)[1:]] for line in lines)
    assert json.loads(run(call, info)) == {"sub_mchid": "1900000109"}
    assert "goldplan.merchants.open_advertising_show" in run(operations, info)
    certs[certs.index("--save") + 1] = str(tmp_path / "certificates")
    run(certs, info)
    assert [path.suffix for path in (tmp_path / "certificates").iterdir()] == [".pem"]
    # The list's sub-merchants are none of those that this sandbox starts with: the batch runs, and says that they fail.
    batch[batch.index("--output") + 1] = str(tmp_path / "outcomes.csv")
    environment = {**os.environ, **{f"WECHATPAY_{name.upper()}": info[name] for name in OPTIONS}}
    done = subprocess.run(batch, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 1
    assert "MCH_NOT_EXISTS" in (tmp_path / "outcomes.csv").read_text(encoding="utf-8")
