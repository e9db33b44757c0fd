"""The golden vectors: still what openssl and `cryptography` say, and read by the installed package as they should be.

Signing, verification and encrypted fields come as cases (``cases/vectors.json``), moved to the present by the sandbox.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from shared_cases import VECTORS, Sandbox, vector

from wechatpay_sdk import ApiError, Client, ConfigError

PEM = vector("pem.json")
ERRORS = vector("errors.json")["cases"]
KEYS = {path.name: path.read_text("utf-8") for path in (VECTORS / "keys").glob("*.pem")}


def good() -> dict[str, Any]:
    """Options that make a client without any network."""
    return {
        "mchid": "1900000001",
        "serial_no": "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
        "merchant_private_key": KEYS["merchant_pkcs8.pem"],
        "public_key_id": "PUB_KEY_ID_01",
        "platform_public_key": KEYS["platform_pub.pem"],
    }


def names(cases: list[dict[str, Any]]) -> list[str]:
    return [case["name"] for case in cases]


def check(case: dict[str, Any], options: dict[str, Any], field: str) -> None:
    if "problem_contains" not in case:
        assert Client(**options).mchid == "1900000001"
        return
    with pytest.raises(ConfigError) as caught:
        Client(**options)
    assert caught.value.field == field
    assert [part for part in case["problem_contains"] if part not in str(caught.value)] == [], str(caught.value)
    lines = [line for line in case["pem"].splitlines() if len(line) > 30 and not line.startswith("-----")]
    assert not any(line in str(caught.value) for line in lines), "the error repeats the text"


def test_vectors_are_what_openssl_and_cryptography_say() -> None:
    made = subprocess.run([sys.executable, str(VECTORS / "make.py"), "--verify"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("case", PEM["private_keys"], ids=names(PEM["private_keys"]))
def test_private_key(case: dict[str, Any]) -> None:
    check(case, {**good(), "merchant_private_key": case["pem"]}, "merchant_private_key")


@pytest.mark.parametrize("case", PEM["public_keys"], ids=names(PEM["public_keys"]))
def test_public_key(case: dict[str, Any]) -> None:
    check(case, {**good(), "platform_public_key": case["pem"]}, "platform_public_key")


@pytest.mark.parametrize("case", PEM["certificates"], ids=names(PEM["certificates"]))
def test_certificate(case: dict[str, Any]) -> None:
    check(case, {**good(), "platform_certificates": [case["pem"]]}, "platform_certificates")


@pytest.mark.parametrize("case", PEM["pairs"], ids=lambda case: str(case["private_key"]))
def test_pair(case: dict[str, Any]) -> None:
    pair = {
        "merchant_private_key": KEYS[case["private_key"]],
        "merchant_certificate": KEYS[case["certificate"]],
    }
    if case["belongs"]:
        assert Client(**{**good(), **pair}).mchid == "1900000001"
    else:
        with pytest.raises(ConfigError) as caught:
            Client(**{**good(), **pair})
        assert caught.value.code == "key_mismatch"


@pytest.mark.parametrize("case", ERRORS, ids=names(ERRORS))
def test_error_reply(local: Sandbox, case: dict[str, Any]) -> None:
    local.admin("POST", "/reset")
    fault = {name: case[name] for name in ("status", "body", "content_type")}
    local.admin("POST", "/faults", {"fault": {"kind": "status", "signed": False, **fault}})
    client = Client(**local.options({"retry": "off"}))
    with pytest.raises(ApiError) as caught:
        client.call("goldplan.merchants.close_advertising_show", {"sub_mchid": "1900000109"})
    error = caught.value
    assert error.verified is False
    for name in ("status", "code", "field", "value", "issue", "location", "detail"):
        assert getattr(error, name) == case[name], name
    assert [part for part in case.get("message_contains", []) if part not in error.message] == []
    assert "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" not in f"{error} {error!r}"
