"""Status: how every cell is, and what its operations did, as plain data.

Why: health, metrics and regeneration look at a running system from outside; the kernel counts, and this reads.
Not here: timing (`meter`), the text formats (`gateway`).
"""

from dataclasses import dataclass

from planaria.kernel.life import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStatus:
    """How one cell is."""

    cell: str
    state: str
    generation: str
    placement: str
    running: int
    queued: int
    crashes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one operation did since its cell was added, counted exactly."""

    cell: str
    operation: str
    calls: int
    refused: int
    failed: int
    unknown: int


def status_of(life: Life) -> list[CellStatus]:
    """Return how every cell is.

    >>> from types import SimpleNamespace
    >>> status_of(SimpleNamespace(cells={}))
    []
    """
    return [
        CellStatus(cell=name, state=cell.admission.state, generation=cell.admission.resident.generation, placement=cell.plan.placement,
                   running=cell.admission.resident.running, queued=len(cell.admission.waiting), crashes=len(cell.crashes))
        for name, cell in life.cells.items()
    ]  # fmt: skip


def measures_of(life: Life) -> list[Measure]:
    """Return what every operation did.

    >>> from types import SimpleNamespace
    >>> measures_of(SimpleNamespace(operations=[]))
    []
    """
    return [Measure(cell=one.cell, operation=one.name, calls=one.calls, **one.errors) for one in life.operations]
