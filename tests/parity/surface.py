"""What the installed Python package offers, as JSON for ``compare.py``: found by walking it.

A method counts as the operation that it really calls, which its error tells; nothing listens at the client's address.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, get_type_hints

import wechatpay_sdk
from wechatpay_sdk import AsyncClient, Client, ClientOptions, WechatPayError


def main() -> None:
    options = json.loads(sys.argv[1])
    client = Client(**options).with_options(retry="off")
    with_async = AsyncClient(**options).with_options(retry="off")
    blocking, awaited = operations(client, client), operations(with_async, with_async)
    if blocking != awaited:
        raise SystemExit(f"Client and AsyncClient differ: {sorted(set(blocking) ^ set(awaited))}")
    error = error_of(client.call, "no.such.operation")
    classes = sorted(subclasses(WechatPayError), key=lambda found: found.__name__)
    surface = {
        "operations": blocking,
        "client_options": [name for name in get_type_hints(ClientOptions) if is_option(options, name)],
        "call_options": [name for name in inspect.signature(Client.with_options).parameters if name != "self"],
        "error_kinds": [found("").kind for found in classes],
        "error_classes": [f"{found.__name__} < {found.__bases__[0].__name__}" for found in classes],
        "error_fields": error_fields(error),
    }
    print(json.dumps(surface))


def operations(client: Any, place: Any, path: tuple[str, ...] = ()) -> list[str]:
    """The ids of all that hangs below a namespace, checked to be called as they are named."""
    found = []
    for name in dir(place):
        below = (*path, name.rstrip("_"))
        member = None if name.startswith("_") else getattr(place, name)
        if type(member).__module__.startswith("wechatpay_sdk.operations"):
            found += operations(client, member, below)
        elif path and callable(member):
            called = error_of(member).operation
            if called != ".".join(below):
                raise SystemExit(f"{'.'.join(below)} calls {called}")
            found.append(called)
    return found


def error_of(function: Any, *arguments: Any) -> WechatPayError:
    try:
        outcome = function(*arguments)
        if inspect.isawaitable(outcome):
            outcome = asyncio.run(until(outcome))
    except WechatPayError as error:
        return error
    raise SystemExit(f"{function} gave {outcome!r} where nothing listens")


async def until(outcome: Any) -> Any:
    return await outcome


def is_option(options: dict[str, Any], name: str) -> bool:
    """Whether a declared option is one at run time: what is known is refused for its type only."""
    try:
        Client(**{**options, name: {"no": "option"}})
    except WechatPayError as error:
        return error.code != "unknown_option"
    raise SystemExit(f"the option {name} accepts a dict")


def subclasses(base: type[WechatPayError]) -> Iterator[type[WechatPayError]]:
    for found in base.__subclasses__():
        if getattr(wechatpay_sdk, found.__name__, None) is found:
            yield found
        yield from subclasses(found)


def error_fields(error: WechatPayError) -> list[str]:
    fields = [name for name in vars(error) if not re.match("_", name)]
    return [*fields, "text"] if error.message in str(error) else fields


if __name__ == "__main__":
    main()
