"""``tests/table.py`` passes a full table and nothing less."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from shared_cases import TESTS, load

if TYPE_CHECKING:
    import pathlib

NAMES = ["first: one", "first: two", "second: one"]


class Folder:
    """A folder with three cases, and results for them."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        (path / "cases").mkdir()
        (path / "cases" / "first.json").write_text(json.dumps([{"name": "one"}, {"name": "two"}]))
        (path / "cases" / "second.json").write_text(json.dumps([{"name": "one"}]))
        for language in ("rust", "python"):
            self.write(language, dict.fromkeys(NAMES, "passed"))

    def write(self, language: str, cases: dict[str, str], name: str | None = None) -> None:
        record = {"language": name or language, "cases": cases}
        (self.path / f"{language}.json").write_text(json.dumps(record))

    def table(self, *arguments: str, languages: str = "rust,python") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(TESTS / "table.py"), str(self.path), "--languages", languages]
        command += ["--cases", str(self.path / "cases"), *arguments]
        return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    return Folder(tmp_path)


def closing(made: subprocess.CompletedProcess[str]) -> str:
    return made.stdout.splitlines()[-1]


def rows(made: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """The table, a row without the parts of a case's name."""
    return [line.split() for line in made.stdout.splitlines()]


def test_a_full_table_passes(folder: Folder) -> None:
    made = folder.table()
    assert (made.returncode, closing(made)) == (0, "6 passed, 0 failed")
    assert rows(made)[:3] == [["cases", "rust", "python"], ["first", "2/2", "2/2"], ["second", "1/1", "1/1"]]
    assert "two" not in made.stdout


def test_full_prints_every_case(folder: Folder) -> None:
    made = folder.table("--full")
    assert made.returncode == 0
    assert [row for row in rows(made) if row[1:2] == ["two"]] == [["first:", "two", "passed", "passed"]]


def test_a_failed_case_fails(folder: Folder) -> None:
    folder.write("python", {**dict.fromkeys(NAMES, "passed"), "first: two": "failed"})
    made = folder.table()
    assert (made.returncode, closing(made)) == (1, "5 passed, 1 failed")
    assert ["first:", "two", "passed", "failed"] in rows(made)


def test_an_empty_cell_fails(folder: Folder) -> None:
    folder.write("python", {"first: one": "passed", "second: one": "passed"})
    made = folder.table()
    assert (made.returncode, closing(made)) == (1, "5 passed, 1 failed")
    assert ["first:", "two", "passed", "empty"] in rows(made)


def test_an_unknown_outcome_fails(folder: Folder) -> None:
    folder.write("python", {**dict.fromkeys(NAMES, "passed"), "first: two": "skipped"})
    made = folder.table()
    assert (made.returncode, closing(made)) == (1, "5 passed, 1 failed")


def test_a_language_without_results_fails(folder: Folder) -> None:
    made = folder.table(languages="rust,python,node")
    assert (made.returncode, closing(made)) == (1, "6 passed, 4 failed")
    assert "node gave no results" in made.stdout


def test_a_result_of_no_case_fails(folder: Folder) -> None:
    folder.write("python", {**dict.fromkeys(NAMES, "passed"), "first: three": "passed"})
    made = folder.table()
    assert (made.returncode, closing(made)) == (1, "6 passed, 1 failed")
    assert "python: there is no case 'first: three'" in made.stdout


def test_results_of_another_language_fail(folder: Folder) -> None:
    folder.write("python", dict.fromkeys(NAMES, "passed"), name="node")
    made = folder.table()
    assert made.returncode == 1
    assert "holds the results of 'node'" in made.stderr


def test_a_name_that_comes_twice_fails(folder: Folder) -> None:
    (folder.path / "cases" / "first.json").write_text(json.dumps([{"name": "one"}, {"name": "one"}]))
    made = folder.table()
    assert made.returncode == 1
    assert "first: one" in made.stderr


def test_an_unknown_language_is_refused(folder: Folder) -> None:
    assert folder.table(languages="rust,cobol").returncode == 2


def test_it_counts_the_cases_that_the_runners_run(tmp_path: pathlib.Path) -> None:
    cases = {case["name"]: "passed" for case in load()}
    (tmp_path / "rust.json").write_text(json.dumps({"language": "rust", "cases": cases}))
    command = [sys.executable, str(TESTS / "table.py"), str(tmp_path), "--languages", "rust"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert (made.returncode, closing(made)) == (0, f"{len(cases)} passed, 0 failed")
