"""Modules that are loaded when they are first used.

A fork while another thread imports a module leaves that module's lock held in the child for ever. Here a fork waits
until such a load is over.
"""

from __future__ import annotations

import importlib
import os

# What `threading` calls RLock; importing that module takes a twentieth of this package's import.
from _thread import RLock

from ._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_lock = RLock()
_loaded: dict[str, Any] = {}

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def load(name: str) -> Any:
    """The module of this package with this name, relative to it."""
    module = _loaded.get(name)
    if module is None:
        with _lock:
            module = _loaded[name] = importlib.import_module(f".{name}", __package__)
    return module
