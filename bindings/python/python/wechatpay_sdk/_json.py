"""JSON: values on their way out, with the digits of decimals kept, and what comes back.

Loaded when it is first needed: `json` takes longer to import than the package.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from . import _native
from ._lazy import load
from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_fast = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

# Whole numbers are exact, others are floats.
decode = json.loads

# serde_json reads 128 levels; no document of WeChat Pay has ten.
_MAX_DEPTH = 100


def encode(record: Mapping[str, Any], operation: str | None = None, opened: list[Any] | None = None) -> bytes:
    """The record as JSON. What cannot be JSON is an ``InvalidRequestError`` that names it.

    What must live until the call has ended is put into ``opened``.
    """
    try:
        return _fast(record).encode()
    except (TypeError, ValueError, RecursionError):
        # Decimals, files, and all that must be refused by name.
        return _Slow(operation, [] if opened is None else opened).write(record, "", 0).encode()


def encode_options(options: Mapping[str, Any]) -> bytes:
    """The options that are given, as JSON. Names and types are checked by the core, the same for every language."""
    return ("{" + ",".join(_option(name, value) for name, value in options.items() if value is not None) + "}").encode()


def _option(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        value = [_text_of_path(item) for item in value]
    try:
        text = json.dumps({name: _text_of_path(value)}, allow_nan=False)
    except (TypeError, ValueError):
        raise _native.bad_option(
            name, f"must be text, a number, True or False, or a list of texts, not {type(value).__name__}"
        ) from None
    return text[1:-1]


def _text_of_path(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


class _Slow:
    def __init__(self, operation: str | None, opened: list[Any]) -> None:
        self._operation = operation
        self._opened = opened

    def write(self, value: Any, path: str, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise self._refuse(path.replace("[", ".").split(".")[0], "is nested too deeply, or within itself")
        if isinstance(value, Mapping):
            members = (self._member(name, inner, path, depth) for name, inner in value.items())
            return "{" + ",".join(members) + "}"
        file = self._file(value, path)
        if file is not None:
            return self._scalar(file, path)
        if isinstance(value, (list, tuple)):
            items = (self.write(inner, f"{path}[{at}]", depth + 1) for at, inner in enumerate(value))
            return "[" + ",".join(items) + "]"
        if _is_decimal(value):
            if not value.is_finite():
                raise self._refuse(path, "must be a finite number")
            return format(value, "f")
        return self._scalar(value, path)

    def _file(self, value: Any, path: str) -> dict[str, str] | None:
        try:
            record: dict[str, str] | None = load("_files").record_of(value, self._opened)
        except ValueError as error:
            raise self._refuse(path, str(error)) from None
        return record

    def _member(self, name: Any, value: Any, path: str, depth: int) -> str:
        if not isinstance(name, str):
            raise self._refuse(path or "params", f"must have names of type str, not {type(name).__name__}")
        inner = f"{path}.{name}" if path else name
        return f"{self._scalar(name, inner)}:{self.write(value, inner, depth + 1)}"

    def _scalar(self, value: Any, path: str) -> str:
        try:
            text = _fast(value)
            text.encode()
        except UnicodeEncodeError:
            raise self._refuse(path, "must be valid Unicode, but has a lone surrogate") from None
        except (TypeError, ValueError):
            raise self._refuse(path, _what_is_wrong(value)) from None
        return text

    def _refuse(self, path: str, problem: str) -> Exception:
        printable = path.encode("utf-8", "replace").decode() or "params"
        return _native.bad_argument(self._operation, printable, problem)


def _is_decimal(value: Any) -> bool:
    # Who has a decimal has loaded the module; who has not is spared the loading.
    module = sys.modules.get("decimal")
    return module is not None and isinstance(value, module.Decimal)


def _what_is_wrong(value: Any) -> str:
    # The value itself is never shown: it may be a name or an openid.
    if isinstance(value, float):
        return "must be a finite number"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "must be text, or a file: a path, (filename, bytes), or open for reading"
    return f"must be text, a number, a boolean, a list or a dict, not {type(value).__name__}"
