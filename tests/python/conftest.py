"""The local WeChat Pay for the shared cases: the binary named by ``WECHATPAY_BIN``, over real sockets."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from shared_cases import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

FACES = 2


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    binary = os.environ.get("WECHATPAY_BIN")
    if not binary:
        pytest.exit("WECHATPAY_BIN must name the wechatpay command (cargo build -p wechatpay-cli)", 2)
    command = [binary, "sandbox", "--dir", str(tmp_path_factory.mktemp("shared-cases"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the sandbox does not start"
        yield Sandbox(json.loads(line))
        process.terminate()
        assert process.wait(10) == 0


class Results:
    """Python's column of the table that ``tests/table.py`` prints: a case passed where it passed with both clients.

    A case that ran with one of them only is left out.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.passed: Counter[str] = Counter()
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for property_name, case in report.user_properties:
            if property_name == "case" and report.failed:
                self.failed.add(str(case))
            elif property_name == "case" and report.when == "call" and report.passed:
                self.passed[str(case)] += 1

    def pytest_sessionfinish(self) -> None:
        passed = {case: "passed" for case, faces in self.passed.items() if faces == FACES}
        cases = {**passed, **dict.fromkeys(self.failed, "failed")}
        self.folder.mkdir(parents=True, exist_ok=True)
        record = {"language": "python", "cases": cases}
        (self.folder / "python.json").write_text(json.dumps(record, ensure_ascii=False), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get("WECHATPAY_RESULTS"):
        config.pluginmanager.register(Results(pathlib.Path(folder)))
