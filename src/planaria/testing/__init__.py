"""The public test kit: fakes for the kernel's ports, a system in a few lines, and suites that any adapter must pass.

Why: a fake that differs from the real thing makes tests lie, so every fake here passes the same suite as the adapter it
stands for (`conform`), and users get the same kit that planaria tests itself with.
Not here: pytest (`fixtures` is the plugin; nothing else in this package needs it).
"""

from planaria.placement.fault import Faults
from planaria.testing.cells import Cells, cells_at
from planaria.testing.clock import FakeClock
from planaria.testing.ids import CountingIds
from planaria.testing.inline import run_cells
from planaria.testing.store import MemoryStore

__all__ = ["Cells", "CountingIds", "FakeClock", "Faults", "MemoryStore", "cells_at", "run_cells"]
