"""A system as a test sees it: its handles, its clock, and the examples of its contracts.

Why: the suite of a cell is run by people, by gates and in every placement through the same object, so that a test never
says where it runs.
Not here: pytest (`fixtures`), systems without files (`inline`).
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from planaria.assemble.life import life_at
from planaria.assemble.outbox.parking import Parking
from planaria.assemble.placement import Later, close, placements_at
from planaria.assemble.system import system_at
from planaria.kernel.contract import Contract, describe
from planaria.kernel.life import Life
from planaria.kernel.loader import generation_at
from planaria.kernel.port import Placement
from planaria.kernel.system import cell_name
from planaria.placement.codec import MsgspecCodec
from planaria.placement.copying import Copying
from planaria.placement.fault import Faults, Injection
from planaria.prove.example import Mismatch, run_examples
from planaria.testing.clock import FakeClock
from planaria.testing.ids import CountingIds

C = TypeVar("C", bound=Contract)
PLACEMENTS = ("inprocess", "copying", "process", "wasm")
"""The placements that keep every promise of `planaria.testing.conform`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A running system in a test; `injected` holds the faults that it met so far, if any were asked for.

    >>> from planaria.testing import run_cells
    >>> class Echo(Contract):
    ...     '''Says it again.'''
    >>> async with run_cells({Echo: "class EchoCell(Echo): pass"}) as cells:
    ...     cells.placement
    'inprocess'
    """

    life: Life
    placement: str
    clock: FakeClock
    complaints: list[str]
    injected: list[Injection] = field(default_factory=list)

    def handle(self, contract: type[C]) -> C:
        """Return a handle to a cell, typed as its contract.

        Raises:
            NoSuchCell: PLN-C105.
        """
        return self.life.handle(contract)

    @property
    def outbox(self) -> Parking:
        """Return what is parked, and the way to redeliver it."""
        return Parking(self.life.outbox)

    async def settled(self) -> None:
        """Wait until every event is handled, parked, or delayed after a failure."""
        await self.life.outbox.settled()

    async def mismatches(self, contract: type[Contract], operation: str) -> list[Mismatch]:
        """Run the examples of one operation's docstring and return those that do not hold."""
        found = [one for one in describe(contract).operations if one.name == operation]
        namespace = dict(vars(sys.modules[contract.__module__])) | {cell_name(contract): self.handle(contract)}
        return await run_examples((example for one in found for example in one.examples), namespace)


@asynccontextmanager
async def placed(placement: str | Placement, *, root: Path, faults: Faults | None = None) -> AsyncIterator[Placement]:
    """Make the placement that stands behind a name, for a system at `root`, and close it at the end; one that is given stays open.

    >>> async with placed("copying", root=Path()) as placement:
    ...     type(placement).__name__
    'Copying'
    """
    if not isinstance(placement, str):
        assert faults is None, "give the faults to the placement: Copying(MsgspecCodec(), faults=…)"
        yield placement
        return
    codec = MsgspecCodec()
    known = placements_at(root, codec=codec)
    assert placement in known, f"'{placement}' is none of {', '.join(known)}"
    assert faults is None or placement == "copying", f"only the placement 'copying' injects faults, and this is '{placement}'"
    made = Copying(codec, faults=faults) if placement == "copying" else known[placement]
    try:
        if isinstance(made, Later):
            await made.warm()  # what it does once, such as building the guest, is in no test's time
        yield made
    finally:
        await close(known.values())


@asynccontextmanager
async def cells_at(
    root: Path,
    *,
    store_path: Path,
    placement: str = "inprocess",
    generations: Mapping[str, Path] | None = None,
    faults: Faults | None = None,
) -> AsyncIterator[Cells]:
    """Run the system at `root` with a clock and ids of its own.

    `generations` gives the directories of some cells' implementations; `faults` what their callers must bear (in `copying`).
    """
    clock, complaints = FakeClock(follow=asyncio.get_running_loop().time), list[str]()
    system = system_at(root)
    async with placed(placement, root=root, faults=faults) as place, life_at(
        root, system=system, store_path=store_path, clock=clock, ids=CountingIds(),
        placements={plan.placement: place for plan in system.cells.values()},
        generations={name: generation_at(name, directory) for name, directory in (generations or {}).items()}, complain=complaints.append,
    ) as life:  # fmt: skip
        yield Cells(life=life, placement=placement, clock=clock, complaints=complaints, injected=injected_by(place))


def injected_by(placement: Placement) -> list[Injection]:
    """Return the list into which a placement writes what it injects; most write nothing.

    >>> injected_by(Copying(MsgspecCodec()))
    []
    """
    return placement.injected if isinstance(placement, Copying) else []
