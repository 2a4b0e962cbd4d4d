"""planaria: cellular monoliths whose cells are regenerated under governance.

Why: one public namespace that only re-exports; everything else is internal and may change. Names are loaded at first
use, so that the command line starts before asyncio is imported.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planaria.kernel.contract import Contract, event, handles, operation, requires
    from planaria.kernel.effect import Chance, Clock, Connects, Effect, Reads, Secret, Spawns, Writes
    from planaria.kernel.error import CellError, Failed, PlanariaError, Refused, Unknown
    from planaria.kernel.state import State, Transaction
    from planaria.kernel.system import System, state, uses

__version__ = "0.1.0"
__all__ = [
    "CellError", "Chance", "Clock", "Connects", "Contract", "Effect", "Failed", "PlanariaError", "Reads", "Refused", "Secret", "Spawns",
    "State", "System", "Transaction", "Unknown", "Writes", "event", "handles", "operation", "requires", "state", "uses",
]  # fmt: skip
_ROOMS = {
    "contract": ("Contract", "event", "handles", "operation", "requires"),
    "effect": ("Chance", "Clock", "Connects", "Effect", "Reads", "Secret", "Spawns", "Writes"),
    "error": ("CellError", "Failed", "PlanariaError", "Refused", "Unknown"),
    "state": ("State", "Transaction"),
    "system": ("System", "state", "uses"),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"planaria.kernel.{room}"), name)
    raise AttributeError(f"module 'planaria' has no attribute '{name}'")
