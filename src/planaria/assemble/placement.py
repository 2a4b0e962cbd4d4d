"""The placements of a system: each is made when a cell first asks for it, and closed when the system has stopped.

Why: most systems use one placement, and pay for no other: neither its import nor its zygote nor its engine.
Decision D-122: a served system watches its cells by the tripwire; suites, checks and gates run them as they are. Because a
test has its own files and fakes, and what it may touch is no contract's matter. Revisit when gates should show what a
candidate touches.
Not here: what a placement does (`planaria.placement`), moving a cell (`relocation`).
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from planaria.assemble.clock import SystemClock
from planaria.assemble.place import Places
from planaria.kernel.loader import files_of
from planaria.kernel.port import Codec, Placement, Seat, SeatOrder
from planaria.kernel.system import CellPlan
from planaria.placement.copying import Copying
from planaria.placement.inprocess import InProcess
from planaria.placement.right import LIMITS as RIGHTS
from planaria.placement.right import Rights, rights_of
from planaria.placement.tripwire import LIMITS as WATCHED
from planaria.placement.tripwire import Watched, mode_and_effects
from planaria.placement.usage import Usage

APART = ("process", "wasm")
"""The placements whose cells this process never loads."""
OWN = {"process": ("value_mb",), "wasm": ("fuel_per_call", "pool", "reset")}
"""The limits that one placement alone knows, beside those of every sandbox."""


class Later:
    """A placement that is made when a cell is first placed in it; `Later(make)`.

    >>> Later(lambda: 1 / 0).usages()
    []
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.made: Any = None

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat; make the placement first where there is none."""
        if self.made is None:
            self.made = self.make()
        seat: Seat = self.made.open(order)
        return seat

    def usages(self) -> list[Usage]:
        """Return what its cells use."""
        return [] if self.made is None else usages_of(self.made)

    async def warm(self) -> None:
        """Make it, and let it do now what its first cell would wait for.

        Raises: what it cannot have on this machine.
        """
        if self.made is None:
            self.made = self.make()
        await self.made.warm()

    async def close(self) -> None:
        """Close it, if it was made; another start makes a new one."""
        made, self.made = self.made, None
        if made is not None:
            await made.close()


def placements_at(
    root: Path, *, codec: Codec, watched: bool = False, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Placement]:  # fmt: skip
    """Return the placements that a system at `root` may name; close them with `close`. `tell` hears of what takes long.

    >>> from planaria.placement.codec import MsgspecCodec
    >>> sorted(placements_at(Path("shop"), codec=MsgspecCodec()))
    ['copying', 'inprocess', 'process', 'wasm']
    """
    root = root.resolve()

    def process() -> Any:
        from planaria.placement.process.placement import Process

        return Process(root, secrets=os.environ, clock=SystemClock())

    def wasm() -> Any:
        from planaria.placement.wasm.placement import Wasm

        return Wasm(root, secrets=os.environ, progress=tell)

    inside: Placement = Watched(root) if watched else InProcess()
    return {"inprocess": inside, "copying": Copying(codec), "process": Later(process), "wasm": Later(wasm)}


def limits_known(placement: str) -> tuple[str, ...]:
    """Return the limits that `system.place` may give for a placement.

    >>> limits_known("inprocess")
    ('may', 'tripwire')
    """
    return (*RIGHTS, *OWN[placement]) if placement in APART else WATCHED


def check_placement(plan: CellPlan, places: Places) -> None:
    """Check what can be known of a cell's placement without running it.

    Raises:
        RightProblems, TripwireProblems: PLN-P301, PLN-P901, for the line in system.py; NotGiven, Unfit: PLN-P714, PLN-P713,
            for what a guest of WebAssembly cannot have or do.
    """
    if plan.placement == "inprocess":
        mode_and_effects(plan.name, plan.contract, plan.limits)
    elif plan.placement in APART:
        rights = rights_of(plan.name, plan.contract, plan.limits, own=OWN[plan.placement])
        if plan.placement == "wasm":
            _check_guest(plan, places.impl(plan.name), rights)


def _check_guest(plan: CellPlan, directory: Path, rights: Rights) -> None:
    from planaria.placement.wasm.component.opening import component_in
    from planaria.placement.wasm.error import NotGiven, Unfit
    from planaria.placement.wasm.fitness import unfit
    from planaria.placement.wasm.placement import ungiven

    if not directory.is_dir() or component_in(directory) is not None:
        return  # a component is checked by its engine, where it is opened
    if problems := ungiven(rights, dict.fromkeys(rights.secrets, "given where it runs")):
        raise NotGiven.of(f"cell '{plan.name}' in WebAssembly", problems)
    if problems := unfit(files_of(directory), also=[one.__module__ for one in (plan.contract, *plan.uses)]):
        raise Unfit.of(f"cell '{plan.name}' in WebAssembly", problems)


async def warm(placements: Mapping[str, Placement], plans: Iterable[CellPlan], directory_of: Callable[[CellPlan], Path]) -> None:
    """Let the placements that a system uses do now what their first cells would wait for: build the guest, compile components."""
    waiting = [plan for plan in plans if isinstance(placements.get(plan.placement), Later)]
    components = {plan.name: plan for plan in waiting if plan.placement == "wasm" and _is_component(directory_of(plan))}
    for name in dict.fromkeys(plan.placement for plan in waiting if plan.name not in components):
        one = placements[name]
        assert isinstance(one, Later), "only those are waiting"
        await one.warm()
    for plan in components.values():
        await asyncio.to_thread(_compile, plan, directory_of(plan))


def _is_component(directory: Path) -> bool:
    from planaria.placement.wasm.component import component_in

    return component_in(directory) is not None


def _compile(plan: CellPlan, directory: Path) -> None:
    from planaria.placement.wasm.build import cache_folder
    from planaria.placement.wasm.component import examine_component

    examine_component(directory, cell=plan.name, contract=plan.contract, uses=plan.uses, cache=cache_folder())


async def close(placements: Iterable[Placement]) -> None:
    """Close those that hold something, also where one of them fails; then raise the first failure."""
    failures = []
    for one in placements:
        if isinstance(one, Later):
            try:
                await one.close()
            except Exception as error:  # noqa: BLE001 - the others are closed too; it is raised below
                failures.append(error)
    if failures:
        raise failures[0]


def usages(placements: Iterable[Placement]) -> list[Usage]:
    """Return what the cells of these placements use, as far as they tell."""
    return [usage for one in placements for usage in usages_of(one)]


def usages_of(placement: Any) -> list[Usage]:
    """Return what the cells of one placement use; nothing where it does not tell.

    >>> usages_of(InProcess())
    []
    """
    told: list[Usage] = placement.usages() if hasattr(placement, "usages") else []
    return told
