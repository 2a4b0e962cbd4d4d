"""The probe: a cell whose calls cost nothing but the way there and back.

Why: moving a cell should be decided with a figure of this machine, and not with one of somebody else's.
Not here: what is concluded from it (`assemble.relocation`).
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from planaria.assemble.life import life_at
from planaria.assemble.placement import APART, usages
from planaria.assemble.probe.contract import Probe
from planaria.kernel.loader import generation_at
from planaria.kernel.system import System

CALLS, WARM, SMALL, LARGE = 300, 30, 100, 100_000
DIRECTORY = Path(__file__).parent / "impl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the way to a cell costs in one placement: half of the calls were faster; `start_ms` until another took over."""

    placement: str
    start_ms: float
    small_us: float
    large_us: float
    memory_bytes: int | None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {name: getattr(self, name) for name in self.__slots__}


async def reach_of(placement: str, limits: Mapping[str, Any] | None = None, *, tell: Callable[[str], None] | None = None) -> Reach:
    """Measure the way to a cell in a placement on this machine, now; takes up to a second and a new process.

    `tell` hears of what takes longer: the guest of `wasm` is built once.

    Raises:
        PlanariaError: what keeps this machine from giving the placement, with its cure.

    >>> (await reach_of("inprocess")).memory_bytes is None
    True
    """
    system = System("probe")
    system.add(Probe)
    system.place(Probe, placement, **(limits or {}))
    with TemporaryDirectory(prefix="planaria-probe-") as folder:
        here = Path(folder)
        generations = {"probe": generation_at("probe", DIRECTORY)}
        async with life_at(
            here, system=system, store_path=here / "store.sqlite", generations=generations, complain=tell or _silent
        ) as life:
            probe = life.handle(Probe)
            await probe.echo("")
            began = perf_counter()
            await life.swap("probe", generations["probe"])
            start_ms = (perf_counter() - began) * 1000
            small, large = await _median_us(probe, "a" * SMALL), await _median_us(probe, "a" * LARGE)
            used = [one for one in usages(life.ports.placements.values()) if one.cell == "probe" and placement in APART]
            memory = used[0].memory_bytes if used else None
    return Reach(placement=placement, start_ms=start_ms, small_us=small, large_us=large, memory_bytes=memory)


async def _median_us(probe: Probe, text: str) -> float:
    taken = []
    for _ in range(WARM + CALLS):
        began = perf_counter()
        await probe.echo(text)
        taken.append(perf_counter() - began)
    return statistics.median(taken[WARM:]) * 1e6


def _silent(_text: str) -> None:
    """Say nothing: a probe concerns nobody."""
