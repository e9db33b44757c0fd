"""The classes of the stubs beside this file, built from the native operation table.

Namespaces become classes (``goldplan.merchants`` is ``GoldplanMerchants``, or ``AsyncGoldplanMerchants``), operations
their methods. The rules for names are those of the generator (crates/codegen/src/python).
"""

from __future__ import annotations

import importlib.util
import json
import keyword
import re
import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from .. import _native
from .._lazy import load
from .._suggest import Suggesting

Path = tuple[str, ...]
Record = Mapping[str, Any]

_TYPES = {
    "any": "Any",
    "boolean": "bool",
    "file": "FileParam",
    "integer": "int",
    "number": "float",
    "object": "dict[str, Any]",
    "string": "str",
}
_RETURNS = {"empty": "None", "file": "bytes", "json": "dict[str, Any]"}


class Namespace(Suggesting):
    """Operations whose ids begin alike."""

    __slots__ = ("_client",)

    def __init__(self, client: Any) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    def __dir__(self) -> list[str]:
        return [name for name in dir(type(self)) if not name.startswith("_")]


def namespace_class(path: Path, asynchronous: bool) -> type[Namespace]:
    """The class of a namespace that has a module of its own."""
    module = load(f"operations.{_file(path)}")
    found: type[Namespace] = getattr(module, _class_name(path, asynchronous))
    return found


def namespace_classes(namespace: str) -> dict[str, type[Namespace]]:
    """The classes of a namespace's module, by name."""
    path = tuple(namespace.split("."))
    operations = json.loads(_native.operations(namespace))
    classes: dict[str, type[Namespace]] = {}
    for asynchronous in (False, True):
        _build(path, operations, asynchronous, f"{__package__}.{_file(path)}", classes)
    return classes


def _build(
    path: Path, operations: list[Record], asynchronous: bool, module: str, classes: dict[str, type[Namespace]]
) -> type[Namespace]:
    name = _class_name(path, asynchronous)
    scope = f"Operations ``{'.'.join(path)}.*``."
    members: dict[str, Any] = {"__doc__": scope, "__module__": module, "__slots__": ()}
    below: dict[str, list[Record]] = {}
    for operation in operations:
        step, *deeper = operation["id"].split(".")[len(path) :]
        if deeper:
            below.setdefault(step, []).append(operation)
        else:
            members[_identifier(step)] = _method(operation, asynchronous, name, module)
    # Several products may share their first segment: then each has a module, and nothing else is there. One such module
    # may be another product's: `merchant.fund` is in `merchant`, and `merchant_fund` is something else.
    own = [operation for operation in operations if operation["id"].count(".") == len(path)]
    shared = not own and all(_has_module((*path, step)) for step in below)
    for step, inner in below.items():
        child = (*path, step)
        child_class: Callable[[], type[Namespace]]
        if not shared:
            built = _build(child, inner, asynchronous, module, classes)
            child_class = partial(_same, built)
        else:
            child_class = partial(namespace_class, child, asynchronous)
        members[_identifier(step)] = _property(child, child_class)
    classes[name] = type(name, (Namespace,), members)
    return classes[name]


def _has_module(path: Path) -> bool:
    return importlib.util.find_spec(f".{_file(path)}", __package__) is not None


def _same(built: type[Namespace]) -> type[Namespace]:
    return built


def _property(path: Path, child_class: Callable[[], type[Namespace]]) -> property:
    return property(lambda self: child_class()(self._client), doc=f"Operations ``{'.'.join(path)}.*``.")


def _method(operation: Record, asynchronous: bool, class_name: str, module: str) -> Any:
    operation_id = operation["id"]
    wire = {_identifier(param["name"]): param["name"] for param in operation["params"]}
    renamed = any(name != wire[name] for name in wire)

    def record(params: dict[str, Any]) -> dict[str, Any]:
        return {wire.get(name, name): value for name, value in params.items()} if renamed else params

    async def awaited(self: Any, **params: Any) -> Any:
        return await self._client._run(operation_id, record(params))

    def blocking(self: Any, **params: Any) -> Any:
        return self._client._run(operation_id, record(params))

    method: Any = awaited if asynchronous else blocking
    method.__name__ = _identifier(operation_id.rpartition(".")[2])
    method.__qualname__ = f"{class_name}.{method.__name__}"
    method.__module__ = module
    method.__doc__ = _doc(operation)
    method.__signature__ = _signature(operation)
    return method


def _signature(operation: Record) -> Signature:
    params = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    for param in _distinct(operation):
        kind = _type(param["type"])
        if param["required"]:
            default, annotation = Parameter.empty, kind
        else:
            default, annotation = None, f"{kind} | None"
        params.append(
            Parameter(_identifier(param["name"]), Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    return Signature(params, return_annotation=_RETURNS[operation["reply"]])


def _doc(operation: Record) -> str:
    repeat = " Repeating it is harmless." if operation["idempotent"] else ""
    lines = [f"{operation['title']}.", "", f"``{operation['method']} {operation['path']}``.{repeat}"]
    params = _distinct(operation)
    if params:
        lines.append("")
    for param in params:
        lines += textwrap.wrap(_describe(param), 100, subsequent_indent="    ", break_long_words=False)
    if operation["doc_url"]:
        lines += ["", operation["doc_url"]]
    return "\n".join(lines)


def _describe(param: Record) -> str:
    text = f"{_identifier(param['name'])} ({_type(param['type'])}): {'required' if param['required'] else 'optional'}."
    if param["type"] == "file":
        text += " A path, a file that is open in binary mode, or (filename, content)."
    if param["values"]:
        text += f" {', '.join(param['values'])}; newer literals pass."
    return f"{text} Encrypted before it is sent." if param["encrypted"] else text


def _distinct(operation: Record) -> list[Record]:
    # The same name may stand in the path and in the body: it is one parameter.
    return list({param["name"]: param for param in operation["params"]}.values())


def _type(name: str) -> str:
    if name.startswith("list of "):
        return f"list[{_type(name[8:])}]"
    return _TYPES[name]


def _file(path: Path) -> str:
    return _identifier("_".join(path))


def _class_name(path: Path, asynchronous: bool) -> str:
    words = (word for step in path for word in step.split("_"))
    return ("Async" if asynchronous else "") + "".join(word[:1].upper() + word[1:] for word in words)


def _identifier(name: str) -> str:
    """A wire name where Python wants an identifier: ``from`` is ``from_``, ``Idempotency-Key`` ``idempotency_key``."""
    if keyword.iskeyword(name) or name == "self":
        return f"{name}_"
    if name.isidentifier():
        return name
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()
