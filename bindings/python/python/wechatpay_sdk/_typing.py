"""What the modules that are loaded with the package need of ``typing``, which takes longer to import than all of them.

The others, which are loaded when they are first used, import ``typing`` like any module.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import overload as overload
else:

    def overload(function):
        return function
