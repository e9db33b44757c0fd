"""The examples do what they say, and type checkers agree with all that is typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wechatpay_sdk

if TYPE_CHECKING:
    from local_wechatpay import Sandbox

HERE = Path(__file__).parent
PROJECT = HERE.parent
EXAMPLES = PROJECT.parent.parent / "examples" / "python"
PACKAGE = Path(wechatpay_sdk.__file__).parent


def run(*command: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout


def test_quickstart(sandbox: Sandbox) -> None:
    example = str(EXAMPLES / "quickstart.py")
    status, output = run(example, **sandbox.environment)
    assert status == 0, output
    assert output.startswith("custom page of 1900000109: open\ninvoices of 1900000109: ")
    status, output = run(example, "1", **sandbox.environment)
    assert status == 1
    assert "MCH_NOT_EXISTS" in output
    status, output = run(example)
    assert status == 2
    assert "mchid" in output


def test_async_many(sandbox: Sandbox) -> None:
    status, output = run(str(EXAMPLES / "async_many.py"), **sandbox.environment)
    assert (status, output) == (0, "200 open\n1 MCH_NOT_EXISTS\n")


def test_notifications(sandbox: Sandbox) -> None:
    own = ("PUBLIC_KEY_ID", "PLATFORM_PUBLIC_KEY_PATH", "APIV3_KEY")
    environment = {f"WECHATPAY_{name}": sandbox.environment[f"WECHATPAY_{name}"] for name in own}
    order = {"event_type": "TRANSACTION.SUCCESS", "resource": {"out_trade_no": "A-1"}, "envelope": {"id": "EV-1"}}
    example = [sys.executable, "-u", str(EXAMPLES / "notifications.py"), "0"]
    with subprocess.Popen(
        example, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().rpartition(" ")[2].strip()
        url = f"http://127.0.0.1:{port}/notify"
        try:
            for _ in range(2):
                answer = sandbox.admin("POST", "/notifications", {**order, "url": url})["answer"]
                assert answer == {"status": 204, "body": "", "taken": True}
            answer = sandbox.admin("POST", "/notifications", {**order, "url": url, "body": "{}"})["answer"]
            assert (answer["status"], answer["taken"]) == (500, False)
            assert json.loads(answer["body"]) == {"code": "FAIL", "message": "bad_signature"}
        finally:
            process.terminate()
        output, errors = process.communicate(timeout=20)
    assert output == "TRANSACTION.SUCCESS: A-1\n"  # once, though it came twice
    assert "refused: " in errors
    assert sandbox.options["apiv3_key"] not in errors
    status, output = run(*example[1:])
    assert status == 2
    assert "Set the WECHATPAY_* variables first" in output


def test_purchase(sandbox: Sandbox) -> None:
    example = [sys.executable, "-u", str(EXAMPLES / "purchase.py"), "T-7"]
    environment = {**os.environ, **sandbox.environment}
    with subprocess.Popen(
        example, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            record = json.loads(process.stdout.readline())
            opened = sandbox.admin("POST", "/cashier", {"record": record})
            assert (opened["out_trade_no"], opened["total"]) == ("T-7", 100)
            paid = sandbox.admin("POST", "/orders/pay", {"out_trade_no": "T-7"})
            assert paid["notification"]["answer"] == {"status": 204, "body": "", "taken": True}
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (0, "T-7: SUCCESS, 100\n", "")
    status, output = run(*example[1:], **{**sandbox.environment, "WECHATPAY_MCHID": ""})
    assert status == 2
    assert "Set the WECHATPAY_* variables first" in output
    # The number is taken, and its order paid.
    status, output = run(*example[1:], **sandbox.environment)
    assert status == 1
    assert "OUT_TRADE_NO_USED" in output or "ORDERPAID" in output


def test_the_installed_package_is_what_is_tested() -> None:
    assert PROJECT not in PACKAGE.parents
    assert (PACKAGE / "py.typed").exists()


def test_mypy_strict(tmp_path: Path) -> None:
    cache = ("--cache-dir", str(tmp_path))
    status, output = run("-m", "mypy", *cache, "-p", "wechatpay_sdk")
    assert status == 0, output
    status, output = run("-m", "mypy", *cache, "tests", str(EXAMPLES))
    assert status == 0, output


def test_stubs_are_what_there_is_at_run_time() -> None:
    status, output = run("-m", "mypy.stubtest", "wechatpay_sdk")
    assert status == 0, output


def test_pyright() -> None:
    status, output = run("-m", "pyright", "--pythonpath", sys.executable)
    assert status == 0, output


WRONG = """
from wechatpay_sdk import AsyncClient, Client, Notifications
client = Client(mchid="1", merchant_private_key_path="key.pem")
merchants = client.goldplan.merchants
Client(mchid=1)
Client(serial_no="1")
Client(mchid="1", serial="1")
client.goldpan
merchants.change_custom_page_status(sub_mchid="1")
merchants.change_custom_page_status(sub_mchid=1, operation_type="OPEN")
merchants.change_custom_page_status(sub_mchid="1", operation_type="OPEN", more=1)
merchants.change_custom_page_status("1", "OPEN")
merchants.change_custom_page_status(sub_mchid="1", operation_type="OPEN")["sub_mchidd"]
client.with_options(retry="always")
Notifications(serial_no="1")
client.notifications.parse({}, {})
client.notifications.parse({}, b"").resourse
client.invocation.jsapi(appid="wx1", prepay_id="wx2")["paysign"]
client.invocation.app(appid="wx1", prepay_id="wx2")
async def main(client: AsyncClient) -> None:
    client.goldplan.merchants.change_custom_page_status(sub_mchid="1", operation_type="OPEN")["sub_mchid"]
    client.invocation.mini_program(appid="wx1", prepay_id="wx2")["appId"]
"""


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_find_every_mistake(checker: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    if checker == "mypy":
        _, output = run("-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(wrong))
    else:
        _, output = run("-m", "pyright", "--pythonpath", sys.executable, str(wrong))
    found = {int(at) for at in re.findall(r"wrong\.py:(\d+).* error: ", output)}
    expected = {at for at, line in enumerate(WRONG.splitlines(), 1) if at > 4 and not line.startswith("async")}
    assert found == expected, output
