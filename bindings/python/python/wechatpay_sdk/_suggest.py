"""A mistyped name is answered with the nearest one."""

from __future__ import annotations

from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Suggesting:
    __slots__ = ()

    # Hidden from type checkers: they would take every attribute for a valid one.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = "" if name.startswith("_") else _hint(type(self), name)
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}")


def _hint(owner: type, name: str) -> str:
    from difflib import get_close_matches

    known = [known for known in dir(owner) if not known.startswith("_")]
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
