"""The shared cases through the installed package, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from shared_cases import Runner, Sandbox, load

from wechatpay_sdk import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = load()


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("face", [Client, AsyncClient])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(
    local: Sandbox,
    case: dict[str, Any],
    face: type[Client] | type[AsyncClient],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("case", case["name"])
    Runner(local, face).run(case)
