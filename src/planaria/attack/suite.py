"""The suite: every attack of a placement in turn, and what must work.

Why: whoever runs this on his own machine need not believe anybody.
Decision D-112: attacks run beside each other, and whatever is held against one, by itself or by a victim that anybody could have
harmed, counts only when it is so again with the attack alone. Because most of the time is waiting, a busy machine is slow without
being attacked, and a finding must be repeatable. Revisit when a finding is lost that way.
Not here: one attack (`host`), telling people (`cli.doctor`).
"""

import asyncio
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from planaria.attack.catalogue import Attack, attacks_for
from planaria.attack.error import NotAttackable
from planaria.attack.host import CPU_S, MEMORY_MB, Ground, Trial, ground
from planaria.attack.neighbour.contract import Neighbour
from planaria.attack.report import Outcome, Report
from planaria.attack.victim import victims
from planaria.kernel.error import PlanariaError
from planaria.kernel.port import Placement

PLACEMENTS = ("process", "wasm")
SCRATCH_MB = 16
BESIDE = 8
Made = Callable[[Path], Placement]


def placement_at(name: str, root: Path) -> Placement:
    """Make the placement behind a name; it runs as it would for a system at `root`.

    Raises:
        NotAttackable: PLN-A111.
    """
    if name == "process":
        from planaria.placement.process.placement import Process

        return Process(root)
    if name == "wasm":
        from planaria.placement.wasm.placement import Wasm

        return Wasm(root)
    raise NotAttackable(placement=name, known=", ".join(PLACEMENTS))


async def run_attacks(
    name: str, *, only: Iterable[str] = (), make: Made | None = None, told: Callable[[Outcome], None] | None = None
) -> Report:
    """Run every attack against a placement on this machine, `process` or `wasm`; `only` narrows to some by name.

    `make` makes the placement for a folder (the usual one otherwise); `told` hears each outcome at once.

    Raises:
        NotAttackable: PLN-A111, for a placement that holds nothing in.
        AttackNotRun: PLN-A110, where the target could not be started; and what the placement refuses.
    """
    if name not in PLACEMENTS:
        raise NotAttackable(placement=name, known=", ".join(PLACEMENTS))
    chosen = [one for one in attacks_for(name) if not only or one.name in set(only)]
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="planaria-attack-", ignore_cleanup_errors=True) as folder:
        async with _shared(name, Path(folder), make) as (here, street, conditions):
            outcomes = await _beside(here, street, _fitting(chosen, here), told or (lambda _: None))
    sane = tuple(one for one in outcomes if one.attack.sane)
    tried = tuple(one for one in outcomes if not one.attack.sane)
    return Report(placement=name, attacks=tried, sanity=sane, seconds=perf_counter() - started, conditions=conditions)


@asynccontextmanager
async def _shared(name: str, folder: Path, make: Made | None) -> AsyncIterator[tuple[Ground, "Street", tuple[str, ...]]]:
    async with victims(folder) as around:
        placement: Any = make(folder) if make is not None else placement_at(name, folder)
        try:
            async with ground(name, placement, around, {"memory_mb": MEMORY_MB, "cpu_s_per_call": CPU_S}) as bare:
                if hasattr(placement, "warm"):
                    await placement.warm()
                limits, conditions = await _limits(bare)
                here = Ground(name=name, placement=placement, ports=bare.ports, victims=around, limits=limits)
                around.facts |= {
                    "memory_mb": str(MEMORY_MB),
                    "scratch_mb": str(limits.get("scratch_mb", 0)),
                    "disk_mb": str(2 * SCRATCH_MB),
                }
                async with Street(here) as street:
                    yield here, street, conditions
        finally:
            await placement.close()


class Street:
    """The innocent neighbour, up in the same placement for the whole run."""

    def __init__(self, here: Ground) -> None:
        self.here = here
        self.life: Any = None

    async def __aenter__(self) -> Self:
        self.life = self.here.life(complain=lambda _: None)
        await self.life.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.life.stop()
        if self.life.ended.done():
            self.life.ended.exception()

    async def ask(self) -> str | None:
        """Ask the neighbour for a number; say what is wrong with the answer."""
        answer = await self.life.handle(Neighbour).answer(1)
        return None if answer == 2 else f"it answered {answer}"  # noqa: PLR2004 - the number that follows

    async def is_well(self) -> bool:
        """Say whether the neighbour still answers."""
        try:
            return await self.ask() is None
        except PlanariaError:
            return False

    async def renew(self) -> None:
        """Start the neighbour again, where an attack has harmed it."""
        await self.__aexit__()
        await self.__aenter__()


async def _limits(bare: Ground) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Find out whether this machine gives a scratch folder; attacks that need one are stopped by its absence otherwise."""
    wanted = bare.limits | {"scratch_mb": SCRATCH_MB}
    trial = Ground(name=bare.name, placement=bare.placement, ports=bare.ports, victims=bare.victims, limits=wanted)
    lines: list[str] = []
    life = trial.life("sanity", complain=lines.append)
    try:
        await life.start()
    except PlanariaError as error:
        said = [one.partition("PLN-P4")[2][4:] for one in lines if "PLN-P4" in one]
        return bare.limits, (f"without a scratch folder: {(said or [error.plain()['what']])[0]}",)
    finally:
        await life.stop()
    return wanted, (f"with a scratch folder of {SCRATCH_MB} MB",)


def _fitting(chosen: list[Attack], here: Ground) -> list[Attack]:
    """Leave out what must work only where there is a scratch folder, when there is none."""
    return [one for one in chosen if not (one.sane and one.scratch and "scratch_mb" not in here.limits)]


async def _beside(here: Ground, street: Street, chosen: list[Attack], told: Callable[[Outcome], None]) -> list[Outcome]:
    """Run attacks beside each other; then those alone of which anything is held against them, or which must work."""
    waiting, found = deque(sorted(chosen, key=lambda one: -one.deadline_s)), dict[str, Outcome]()

    async def runner() -> None:
        while waiting:
            attack = waiting.popleft()
            outcome = await Trial(here, attack, street.ask).run()
            found[attack.name] = outcome
            if outcome.stopped != attack.sane:
                told(outcome)

    runners = [asyncio.get_running_loop().create_task(runner()) for _ in range(BESIDE)]
    try:
        await asyncio.gather(*runners)
    finally:
        for one in runners:
            one.cancel()
        await asyncio.wait(runners)
    for attack in chosen:
        if found[attack.name].stopped == attack.sane:
            if not await street.is_well():
                await street.renew()
            found[attack.name] = outcome = await Trial(here, attack, street.ask).run()
            told(outcome)
    return [found[attack.name] for attack in chosen]
