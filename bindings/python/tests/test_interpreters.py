"""One wheel for all: the installed package, on every CPython from 3.9 that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wechatpay_sdk

if TYPE_CHECKING:
    from local_wechatpay import Sandbox

PROGRAM = """
import asyncio, os, pickle, sys
import wechatpay_sdk
from wechatpay_sdk import ApiError, AsyncClient, Client, TimeoutError
params = dict(sub_mchid="1900000109", operation_type="OPEN")
client = Client.from_env()
assert client.goldplan.merchants.change_custom_page_status(**params) == {"sub_mchid": "1900000109"}
async def main():
    async with AsyncClient.from_env() as client:
        calls = (client.goldplan.merchants.change_custom_page_status(**params) for _ in range(20))
        assert await asyncio.gather(*calls) == [{"sub_mchid": "1900000109"}] * 20
asyncio.run(main())
try:
    client.call("goldplan.merchants.change_custom_page_status", {**params, "sub_mchid": "1"})
except ApiError as error:
    assert pickle.loads(pickle.dumps(error)).code == "MCH_NOT_EXISTS"
else:
    raise AssertionError("must be refused")
pid = os.fork()
if pid == 0:
    client.goldplan.merchants.change_custom_page_status(**params)
    os._exit(7)
assert os.waitpid(pid, 0)[1] == 7 << 8
print(sys.implementation.cache_tag, "works")
"""


def interpreters() -> list[str]:
    """Those on PATH and, since its shims hide them, those of pyenv."""
    names = [f"python3.{minor}" for minor in range(9, 30)]
    found = [shutil.which(name) for name in names]
    for root in (os.environ.get("PYENV_ROOT"), str(Path.home() / ".pyenv")):
        if root:
            found += [str(path) for name in names for path in Path(root).glob(f"versions/*/bin/{name}")]
    real: dict[str, str] = {}
    for candidate in filter(None, [*found, sys.executable]):
        probe = "import sys; print(sys.implementation.cache_tag)"
        done = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.startswith("cpython-"):
            real.setdefault(done.stdout.strip(), candidate)
    return [real[tag] for tag in sorted(real, key=lambda tag: int(tag.partition("-")[2]))]


@pytest.mark.parametrize("interpreter", interpreters(), ids=lambda path: Path(path).name)
def test_the_wheel_works(interpreter: str, sandbox: Sandbox, tmp_path: Path) -> None:
    shutil.copytree(Path(wechatpay_sdk.__file__).parent, tmp_path / "wechatpay_sdk")
    done = subprocess.run(
        # Newer Pythons warn of a fork with threads about; that it works all the same is what is tested.
        [interpreter, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c", PROGRAM],
        env={**os.environ, **sandbox.environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("works\n")
