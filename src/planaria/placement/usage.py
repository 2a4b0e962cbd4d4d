"""What one cell used where it runs, as data: memory, processor time, calls, fuel, accesses and touches.

Why: whoever decides where a cell belongs compares what it used with what it may use, in the same words for every placement.
Metrics, `planaria doctor` and advice read it.
Not here: time and outcomes of operations (`record.meter`, `record.status`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

FIGURES = ("cell", "placement", "seats", "calls", "cpu_s", "memory_bytes", "memory_max_bytes", "fuel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a cell used since its placement opened it; None where a placement cannot tell it for one cell.

    `seats` are the processes or instances that serve it now; `memory_bytes` is of all of them, and `memory_max_bytes` the most
    that they have used.
    `accesses` counts the uses of the network by outcome, `touches` the effects seen by kind ("refused" counts apart);
    `notes` are sentences for a person, at most a few.

    >>> Usage(cell="intake", placement="process", calls=3).plain()["calls"]
    3
    """

    cell: str
    placement: str
    seats: int = 1
    calls: int | None = None
    cpu_s: float | None = None
    memory_bytes: int | None = None
    memory_max_bytes: int | None = None
    fuel: int | None = None
    accesses: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    touches: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        found = {name: getattr(self, name) for name in FIGURES}
        return {**found, "accesses": dict(self.accesses), "touches": dict(self.touches), "notes": list(self.notes)}
