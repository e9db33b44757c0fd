"""``tests/parity/compare.py`` brings names to one form, and tells every difference."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest
from shared_cases import TESTS

COMPARE = TESTS / "parity" / "compare.py"


def load_module() -> Any:
    spec = importlib.util.spec_from_file_location("compare", COMPARE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compare = load_module()


def surfaces(*languages: str) -> dict[str, dict[str, set[str]]]:
    """The same in every language, with what some have of their own."""
    found = {}
    for language in languages:
        found[language] = {section: {"one", "two"} for section in compare.SECTIONS}
        if language in compare.WITHOUT_CLASSES:
            found[language]["error_classes"] = set()
    for (language, section), own in compare.OWN.items():
        if language in found:
            found[language][section] |= own
    return found


def test_no_difference() -> None:
    assert compare.differences(surfaces(*compare.LANGUAGES)) == []


@pytest.mark.parametrize("section", compare.SECTIONS)
def test_a_name_that_one_language_lacks(section: str) -> None:
    found = surfaces("python", "node", "php")
    found["php"][section].remove("two")
    assert compare.differences(found) == [f"{section}: two is in python, node, not in php"]


def test_a_name_that_one_language_adds() -> None:
    found = surfaces("python", "php")
    found["php"]["error_fields"].add("three")
    assert compare.differences(found) == ["error_fields: three is in php, not in python"]


def test_an_exception_that_is_not_needed_any_more() -> None:
    found = surfaces("python", "node")
    found["node"]["call_options"].remove("signal")
    assert compare.differences(found) == ["call_options: node lacks its own signal"]


def test_an_exception_of_one_language_is_none_of_another() -> None:
    found = surfaces("python", "php")
    found["php"]["call_options"].add("signal")
    assert compare.differences(found) == ["call_options: signal is in php, not in python"]


def test_nothing_found_proves_nothing() -> None:
    found = surfaces("python", "php")
    for language in found:
        found[language]["operations"] = set()
    assert compare.differences(found) == ["operations: python has none", "operations: php has none"]


@pytest.mark.parametrize(
    ("section", "name", "form"),
    [
        ("operations", "goldplan.merchants.change_custom_page_status", "goldplan.merchants.change_custom_page_status"),
        ("error_kinds", "InvalidRequestException", "invalid_request"),
        ("error_kinds", "invalid_request", "invalid_request"),
        ("error_classes", "TimeoutError < TransportError", "timeout < transport"),
        ("error_classes", "ApiException < WechatPayException", "api < wechat_pay"),
        ("error_fields", "getRequestId", "request_id"),
        ("error_fields", "getErrorCode", "code"),
        ("error_fields", "isVerified", "verified"),
        ("error_fields", "mayHaveTakenEffect", "may_have_taken_effect"),
        ("error_fields", "issue", "issue"),
        ("call_options", "timeout", "timeout"),
    ],
)
def test_one_form(section: str, name: str, form: str) -> None:
    assert compare.one_form(section, name) == form


@pytest.mark.parametrize("languages", ["python", "python,python", "python,cobol"])
def test_languages_that_cannot_be_compared(languages: str) -> None:
    made = subprocess.run([sys.executable, str(COMPARE), "--languages", languages], capture_output=True)
    assert made.returncode == 2


def test_a_language_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WECHATPAY_PHP_EXTENSION", raising=False)
    command = [sys.executable, str(COMPARE), "--languages", "python,php"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 1
    assert "php: WECHATPAY_PHP_EXTENSION must name the extension" in made.stdout


def test_the_installed_package_is_read() -> None:
    command = [sys.executable, str(TESTS / "parity" / "surface.py"), json.dumps(compare.CLIENT)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    surface = json.loads(made.stdout)
    assert set(surface) == set(compare.SECTIONS)
    assert "goldplan.merchants.change_custom_page_status" in surface["operations"]
    assert len(surface["error_kinds"]) == len(surface["error_classes"])
