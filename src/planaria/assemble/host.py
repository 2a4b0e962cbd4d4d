"""Host cells: cells of planaria itself in a user's system, handed what they need of the life around them.

Why: what the command line can do goes through the same call path, rights and audit as every other call.
Not here: the host cells (`outbox` here, `regen` in its room).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.assemble.outbox.contract import ParkedDeliveries
from planaria.assemble.outbox.parking import Parking
from planaria.kernel.contract import Contract
from planaria.kernel.life import Life
from planaria.kernel.port import Seat, SeatOrder
from planaria.kernel.system import System
from planaria.placement.inprocess import InProcessSeat

PLACEMENT = "host"


@dataclass(frozen=True, slots=True)
class HostCell:
    """A contract, the folder of its implementation, and what that is given as `host`."""

    contract: type[Contract]
    directory: Path
    give: Callable[[Life], Any]


OUTBOX = HostCell(ParkedDeliveries, Path(__file__).parent / "outbox" / "impl", lambda life: Parking(life.outbox))


class HostPlacement:
    """The placement of host cells; `life` is set once it is made, before anything starts."""

    def __init__(self, cells: dict[str, HostCell]) -> None:
        self.cells = cells
        self.life: Life | None = None

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat in this process, with its gift."""
        assert self.life is not None, "a life is made before its cells are opened"
        seat = InProcessSeat(order)
        vars(seat.instance)["host"] = self.cells[order.cell].give(self.life)
        return seat


def with_hosts(system: System, cells: tuple[HostCell, ...]) -> tuple[System, HostPlacement]:
    """Return the system with host cells added, and their placement; what was given stays as it is.

    >>> whole, placement = with_hosts(System("shop"), (OUTBOX,))
    >>> list(whole.cells), list(placement.cells)
    (['outbox'], ['outbox'])
    """
    whole = System(system.name)
    whole.cells.update(system.cells)
    named: dict[str, HostCell] = {}
    for one in cells:
        whole.add(one.contract)
        whole.place(one.contract, PLACEMENT)
        named[whole.plan(one.contract).name] = one
    return whole, HostPlacement(named)
