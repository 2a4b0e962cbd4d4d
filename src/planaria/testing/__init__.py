"""The public test kit: fakes for the kernel's ports, a system in a few lines, and suites that any adapter must pass.

Why: a fake that differs from the real thing makes tests lie, so every fake here passes the same suite as the adapter it
stands for (`conform`), and users get the same kit that planaria tests itself with. Names are loaded at first use, because
the contracts of the suites are loaded inside workers too.
Not here: pytest (`fixtures` is the plugin; nothing else in this package needs it).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planaria.placement.fault import Faults
    from planaria.testing.cells import Cells, cells_at
    from planaria.testing.clock import FakeClock
    from planaria.testing.ids import CountingIds
    from planaria.testing.inline import run_cells
    from planaria.testing.store import MemoryStore

__all__ = ["Cells", "CountingIds", "FakeClock", "Faults", "MemoryStore", "cells_at", "run_cells"]
_ROOMS = {
    "Cells": "planaria.testing.cells", "CountingIds": "planaria.testing.ids", "FakeClock": "planaria.testing.clock",
    "Faults": "planaria.placement.fault", "MemoryStore": "planaria.testing.store", "cells_at": "planaria.testing.cells",
    "run_cells": "planaria.testing.inline",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(_ROOMS[name]), name)
    raise AttributeError(f"module 'planaria.testing' has no attribute '{name}'")
