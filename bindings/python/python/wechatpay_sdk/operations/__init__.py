"""What hangs on a client: one property per product. A product's module is loaded when it is first used."""

from __future__ import annotations

from keyword import iskeyword

from .. import _native
from .._lazy import load
from .._suggest import Suggesting
from .._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def _product(name: str, asynchronous: bool) -> property:
    def namespace(client: Any) -> Any:
        return load("operations._runtime").namespace_class((name,), asynchronous)(client)

    return property(namespace, doc=f"Operations ``{name}.*``.")


def _mixin(name: str, asynchronous: bool) -> type:
    # As the generator names them: `global` is a keyword.
    members: dict[str, Any] = {
        f"{product}_" if iskeyword(product) else product: _product(product, asynchronous)
        for product in _native.products()
    }
    return type(name, (Suggesting,), {"__doc__": "Everything that is typed.", "__module__": __name__, **members})


Operations = _mixin("Operations", asynchronous=False)
AsyncOperations = _mixin("AsyncOperations", asynchronous=True)
