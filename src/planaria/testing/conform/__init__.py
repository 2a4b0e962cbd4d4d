"""Suites that an adapter must pass: each promise of a port is one function, which raises where it is not kept.

Why: a fake is worth as much as the suite that it shares with the real thing, and a new placement or store is done when it
keeps these promises, not when its own tests pass. Names are loaded at first use, because a worker loads `subject` alone.
Use: `@pytest.mark.parametrize("promise", STORE_PROMISES, ids=name_of)`, then `await promise(store)`.
Not here: what an adapter promises beyond its port; its own tests say that.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planaria.testing.conform.check import name_of
    from planaria.testing.conform.placement import PLACEMENT_PROMISES
    from planaria.testing.conform.store import STORE_PROMISES

__all__ = ["PLACEMENT_PROMISES", "STORE_PROMISES", "name_of"]
_ROOMS = {"PLACEMENT_PROMISES": "placement", "STORE_PROMISES": "store", "name_of": "check"}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(f"planaria.testing.conform.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'planaria.testing.conform' has no attribute '{name}'")
