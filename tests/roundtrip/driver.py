"""The round trip's driver in Python: every call through the method of its operation on a ``Client``.

``driver.py CONFIG CALLS ANSWERS``; the program in ``crates/roundtrip`` starts it and says what stands in these files.
"""

from __future__ import annotations

import json
import keyword
import sys
from base64 import b64decode
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

from wechatpay_sdk import Client, WechatPayError


def identifier(name: str) -> str:
    """A wire name as the stubs write it."""
    if name == "Idempotency-Key":
        return "idempotency_key"
    return f"{name}_" if keyword.iskeyword(name) else name


def argument(value: Any) -> Any:
    """A file is a tuple of its name and its bytes."""
    if isinstance(value, dict) and value.keys() == {"filename", "content"}:
        return value["filename"], b64decode(value["content"])
    return value


def answer(client: Client, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    method = reduce(getattr, map(identifier, operation.split(".")), client)
    try:
        reply = method(**{identifier(name): argument(value) for name, value in params.items()})
    except WechatPayError as error:
        return {"id": operation, "error": str(error)}
    if isinstance(reply, bytes):
        return {"id": operation, "file": reply.hex()}
    return {"id": operation, "reply": reply}


def main() -> None:
    config, calls, answers = map(Path, sys.argv[1:])
    client = Client(**json.loads(config.read_text("utf-8")))
    with answers.open("w", encoding="utf-8") as out:
        for line in calls.read_text("utf-8").split("\n")[:-1]:
            operation, params = line.split("\t")
            print(json.dumps(answer(client, operation, json.loads(params, parse_float=Decimal))), file=out)


main()
