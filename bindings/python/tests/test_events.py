"""The types of the events, as mypy and pyright see them: each narrows, and each holds what the platform sends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wechatpay_sdk import Notification, events

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[3] / "tests/cases/events.json").read_text("utf-8")
)


def shape(case: dict[str, Any]) -> str:
    """``transaction.success, profitsharing`` -> ``TransactionSuccessProfitsharing``"""
    return "".join(word.capitalize() for word in re.split(r"[^a-z]+", case["name"]))


def program(cases: list[dict[str, Any]]) -> str:
    names = sorted({shape(case) for case in cases})
    lines = [
        "# pyright: strict",
        "from typing_extensions import assert_type",
        "from wechatpay_sdk import Notification, Notifications",
    ]
    lines.append(f"from wechatpay_sdk.events import Event, UnknownEvent, {', '.join(names)}")
    for at, case in enumerate(cases):
        result, name = case["expect"]["result"], shape(case)
        original_type = case["call"]["notification"].get("original_type")
        told = f"and event.original_type == {original_type!r}" if original_type else ""
        if case["name"] == "transaction.success":
            told = "and event.original_type != 'profitsharing'"
        lines += [
            f"def event_{at}(receiver: Notifications) -> None:",
            "    event = receiver.parse({}, b'')",
            f"    if event.event_type == {result['event_type']!r} {told}:",
            f"        assert_type(event.resource, {name})",
            f"resource_{at}: {name} = {result['resource']!r}",
        ]
    return "\n".join([*lines, UNKNOWN])


# An event that is newer stays possible, and so does a handler of any notification.
UNKNOWN = """
def any_of_them(event: Event) -> str:
    if event.event_type == "REFUND.SUCCESS":
        return event.resource.get("out_refund_no", "")
    if event.event_type == "REFUND.CLOSED":
        return event.resource["out_refund_no"]
    return by_hand(event)


def by_hand(notification: Notification) -> str:
    return str(notification.resource["leaf"]) if notification.event_type == "TEA.BREWED" else notification.id


def unknown(event: UnknownEvent) -> str:
    return event.event_type
"""


def check(checker: str, file: Path) -> str:
    strictly = {
        "mypy": ["--strict", "--cache-dir", str(file.parent / "cache")],
        "pyright": ["--pythonpath", sys.executable],
    }
    done = subprocess.run(
        [sys.executable, "-m", checker, *strictly[checker], str(file)], capture_output=True, text=True, timeout=500
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_every_event_narrows_its_resource_and_holds_the_documented_fields(checker: str, tmp_path: Path) -> None:
    assert len({case["call"]["notification"]["event"] for case in CASES}) == 102
    file = tmp_path / "program.py"
    file.write_text(program(CASES), "utf-8")
    output = check(checker, file)
    assert "error" not in output.replace("0 errors", ""), output
    assert re.search("Success|0 errors", output), output


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_what_is_not_so_is_found(checker: str, tmp_path: Path) -> None:
    [case] = [case for case in CASES if case["name"] == "refund.closed"]
    right = program([case])
    wrong = right.replace("'out_refund_no':", "'out_refund_noo':").replace('== "REFUND.CLOSED"', '== "REFUND.CLOSE"')
    assert wrong.count("out_refund_noo") == 1
    file = tmp_path / "wrong.py"
    file.write_text(wrong, "utf-8")
    output = check(checker, file)
    for line in (at for at, (one, other) in enumerate(zip(right.splitlines(), wrong.splitlines()), 1) if one != other):
        assert re.search(rf"wrong\.py:{line}:.*error", output), output


def test_at_run_time_an_event_is_a_notification() -> None:
    assert Notification in events.Event.__args__  # type: ignore[attr-defined]  # pyright: ignore
    assert [name for name in vars(events) if name.endswith("Event")] == ["Event"]
