"""``make demo``: the real job against the local WeChat Pay, a few of its calls from every language, and one table.

``python examples/demo/run.py PATH_OF_wechatpay``; needs the package wechatpay_sdk to be installed, and in the
environment WECHATPAY_INSTALLED (folder with the npm package), WECHATPAY_PHP_EXTENSION and PKG_CONFIG_PATH (of the C
library).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wechatpay_sdk import ApiError, Client

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent


@contextmanager
def sandbox(wechatpay: str, directory: Path) -> Iterator[dict[str, Any]]:
    """The local WeChat Pay with the sub-merchants of the list, until the block ends."""
    command = [wechatpay, "sandbox", "--dir", str(directory), "--seed", str(HERE / "seed.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("the local WeChat Pay did not start")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait()


def batch(wechatpay: str, info: dict[str, Any], directory: Path) -> dict[str, Any]:
    """The service provider's bulk job: five operations for each of 200 sub-merchants."""
    summary = directory / "summary.json"
    done = subprocess.run(
        [
            wechatpay,
            "batch",
            str(EXAMPLES / "plans" / "open_gold_plan.toml"),
            "--input",
            str(EXAMPLES / "sub_merchants.csv"),
            "--output",
            str(directory / "outcomes.csv"),
            "--summary-json",
            str(summary),
            "--quiet",
            "--sandbox",
            str(directory / "sandbox"),
        ]
    )
    if done.returncode not in (0, 1):  # 1: some rows failed, as some are bad on purpose
        sys.exit(f"the batch ended with status {done.returncode}")
    figures: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return figures


def from_python(info: dict[str, Any]) -> list[tuple[str, str]]:
    """The same calls from Python, for one sub-merchant that is in order and one that is not ours."""
    client = Client(
        mchid=info["mchid"],
        merchant_private_key_path=info["merchant_private_key_path"],
        merchant_certificate_path=info["merchant_certificate_path"],
        public_key_id=info["public_key_id"],
        platform_public_key_path=info["platform_public_key_path"],
        base_url=info["base_url"],
        backup_url=info["backup_url"],
    )
    merchants = client.goldplan.merchants
    good, unknown = "1900000201", "1999999999"
    rows: list[tuple[str, str]] = []
    reply = merchants.change_custom_page_status(sub_mchid=good, operation_type="OPEN")
    rows.append(("goldplan.merchants.change_custom_page_status", f"done: {json.dumps(reply)}"))
    merchants.set_advertising_industry_filter(sub_mchid=good, advertising_industry_filters=["FOOD", "TOURISM"])
    rows.append(("goldplan.merchants.set_advertising_industry_filter", "done: 204, no body"))
    status = client.new_tax_control_fapiao.merchant.check_status(sub_mchid=good)
    rows.append(("new_tax_control_fapiao.merchant.check_status", f"done: {json.dumps(status, ensure_ascii=False)}"))
    try:
        merchants.change_custom_page_status(sub_mchid=unknown, operation_type="OPEN")
    except ApiError as error:
        rows.append(("goldplan.merchants.change_custom_page_status", f"{error.code}: {error.message}"))
    return rows


def from_other_languages(info: dict[str, Any], directory: Path) -> list[tuple[str, str]]:
    """The quick starts of the other languages, as they stand in examples/, for the same sub-merchant."""
    names = (
        "mchid",
        "merchant_private_key_path",
        "merchant_certificate_path",
        "public_key_id",
        "platform_public_key_path",
        "base_url",
        "backup_url",
    )
    environment = {
        **os.environ,
        **{f"WECHATPAY_{name.upper()}": info[name] for name in names},
        "NODE_PATH": os.path.join(os.environ["WECHATPAY_INSTALLED"], "node_modules"),
    }
    c_program = directory / "quickstart"
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "wechatpay"], text=True).split()
    library = subprocess.check_output(["pkg-config", "--variable=libdir", "wechatpay"], text=True).strip()
    source = str(EXAMPLES / "c" / "quickstart.c")
    subprocess.run(["cc", "-o", str(c_program), source, *flags, f"-Wl,-rpath,{library}"], check=True)
    extension = f"extension={os.environ['WECHATPAY_PHP_EXTENSION']}"
    programs = {
        "Node.js": ["node", str(EXAMPLES / "node" / "quickstart.js")],
        "C": [str(c_program)],
        "PHP": ["php", "-d", extension, str(EXAMPLES / "php" / "quickstart.php")],
    }
    rows = []
    for language, command in programs.items():
        done = subprocess.run([*command, "1900000201"], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"the quick start in {language} failed:\n{done.stdout}{done.stderr}")
        rows += [(language, line) for line in done.stdout.splitlines()]
    return rows


def requests_seen(info: dict[str, Any]) -> tuple[int, int]:
    with urllib.request.urlopen(info["admin_url"].rstrip("/") + "/journal") as reply:
        journal = json.load(reply)
    return len(journal), sum(entry["authorized"] for entry in journal)


def main() -> None:
    wechatpay = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with sandbox(wechatpay, directory / "sandbox") as info:
            figures = batch(wechatpay, info, directory)
            calls = from_python(info)
            others = from_other_languages(info, directory)
            seen, authorized = requests_seen(info)

    rows = figures["rows"]
    print(f"\n{rows['total']} sub-merchants: {rows['done']} done, {rows['failed']} failed (bad on purpose)\n")
    print(f"{'step (command line)':<20} {'operation':<50} {'done':>5} {'failed':>7} {'skipped':>8}")
    for step in figures["steps"]:
        counts = f"{step['done']:>5} {step['failed']:>7} {step['skipped']:>8}"
        print(f"{step['step']:<20} {step['operation']:<50} {counts}")
    print("\nwhy steps failed")
    for failure in figures["failures_this_run"]:
        print(f"  {failure['step']:<17} {failure['kind']:<15} {failure['code']:<49} {failure['count']:>5}")
    print("\nthe same calls from Python")
    for operation, outcome in calls:
        print(f"  {operation:<52} {outcome}")
    print("\nand from the quick starts of the other languages")
    for language, line in others:
        print(f"  {language:<10} {line}")
    print(f"\nrequests seen by the local WeChat Pay: {seen}, signature valid: {authorized}")


if __name__ == "__main__":
    main()
