#!/usr/bin/env python3
"""The table cases x languages of the shared suite: every case of ``tests/cases`` must have passed in every language.

A runner writes ``DIR/LANGUAGE.json``: ``{"language": ..., "cases": {"FILE: NAME": "passed" or "failed"}}``. A case
that a language did not run is an empty cell, and fails like a failed one.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Iterable

CASES = pathlib.Path(__file__).resolve().parent / "cases"
LANGUAGES = ("rust", "python", "node", "c", "php")
PASSED, FAILED, EMPTY = "passed", "failed", "empty"

Results = dict[str, dict[str, str]]


def main() -> int:
    arguments = read_arguments()
    languages: list[str] = arguments.languages
    try:
        names = case_names(arguments.cases)
        results = {language: read_results(arguments.results, language) for language in languages}
    except (OSError, ValueError) as problem:
        print(f"table: {problem}", file=sys.stderr)
        return 1
    errors = [error for language in languages for error in strays(language, results[language], names)]
    print_table(names, results, full=arguments.full)
    for error in errors:
        print(f"error: {error}")
    cells = [cell(results[language], name) for language in languages for name in names]
    passed = cells.count(PASSED)
    failed = len(cells) - passed + len(errors)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="the folder with one file per language")
    parser.add_argument("--languages", type=language_list, default=list(LANGUAGES), help="separated by commas")
    parser.add_argument("--cases", type=pathlib.Path, default=CASES, help="the folder with the cases")
    parser.add_argument("--full", action="store_true", help="one line per case, not only those that did not pass")
    return parser.parse_args()


def language_list(text: str) -> list[str]:
    languages = text.split(",")
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or len(set(languages)) != len(languages):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of {', '.join(LANGUAGES)}")
    return languages


def case_names(folder: pathlib.Path) -> list[str]:
    """Every case as the runners name it: the file before the case's own name."""
    files = sorted(folder.glob("*.json"))
    names = [f"{path.stem}: {case['name']}" for path in files for case in json.loads(path.read_text("utf-8"))]
    if not names:
        raise ValueError(f"there are no cases in {folder}")
    if len(set(names)) != len(names):
        raise ValueError(f"cases come twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
    return names


def read_results(folder: pathlib.Path, language: str) -> dict[str, str]:
    """What a runner wrote; nothing where it wrote no file, so that all its cells are empty."""
    path = folder / f"{language}.json"
    if not path.exists():
        return {}
    record = json.loads(path.read_text("utf-8"))
    if record.get("language") != language:
        raise ValueError(f"{path} holds the results of {record.get('language')!r}")
    cases: dict[str, str] = record["cases"]
    return cases


def strays(language: str, cases: dict[str, str], names: Iterable[str]) -> list[str]:
    if not cases:
        return [f"{language} gave no results"]
    known = set(names)
    return [f"{language}: there is no case {name!r}" for name in cases if name not in known]


def cell(cases: dict[str, str], name: str) -> str:
    """passed, failed, empty, or whatever else a runner wrote."""
    return cases.get(name, EMPTY)


def print_table(names: list[str], results: Results, *, full: bool) -> None:
    files = list(dict.fromkeys(name.partition(": ")[0] for name in names))
    rows = [["cases", *results]]
    for file in files:
        of_file = [name for name in names if name.partition(": ")[0] == file]
        passed = [sum(cell(cases, name) == PASSED for name in of_file) for cases in results.values()]
        rows.append([file, *(f"{count}/{len(of_file)}" for count in passed)])
    rows.append([])
    for name in names:
        outcomes = [cell(cases, name) for cases in results.values()]
        if full or set(outcomes) != {PASSED}:
            rows.append([name, *outcomes])
    width = max(len(row[0]) for row in rows if row)
    for row in rows:
        print(" ".join([row[0].ljust(width), *(column.rjust(9) for column in row[1:])]) if row else "")


if __name__ == "__main__":
    sys.exit(main())
