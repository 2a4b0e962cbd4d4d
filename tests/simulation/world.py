"""The world of one seed: which troubles there are, when they come, and what was promised to whom."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planaria.kernel.loader import Generation, generation_at
from planaria.testing.clock import FakeClock
from planaria.testing.store import Fault, MemoryStore
from tests.simulation.cells import CONTRACTS, SOURCES, TABLES
from tests.simulation.loop import passing

Generations = dict[tuple[str, str], Generation]
HEAD = "import asyncio\nfrom tests.simulation.cells import {cell}\n"


class Broken(AssertionError):
    """An invariant does not hold."""


class Moody(Exception):
    """An implementation failed because the world wanted it."""


class Knocked(Exception):
    """A cell crashed because the world wanted it."""


@dataclass
class Transfer:
    operation: str
    arguments: tuple[Any, ...]
    outcomes: list[str] = field(default_factory=list)


def write_generations(directory: Path) -> Generations:
    """Write every implementation once; a run only loads them."""
    made = {}
    for name, contract in CONTRACTS.items():
        cell = f"{contract.__name__}Cell"
        for kind, source in SOURCES.items():
            folder = directory / name / kind
            folder.mkdir(parents=True)
            (folder / "__init__.py").write_text(HEAD.format(cell=cell) + source.format(cell=cell) + "\n")
            made[name, kind] = generation_at(name, folder)
    return made


class World:
    """Draws every trouble from the seed; `calm` ends them all."""

    def __init__(self, seed: int, generations: Generations, *, trace: bool = False) -> None:
        self.seed, self.generations = seed, generations
        self.chance = random.Random(seed)
        self.order = random.Random(seed + 1)
        self.trace: list[str] | None = [] if trace else None
        self.calm = False
        draw = self.chance.random
        some = lambda most: most * draw() if draw() < 0.6 else 0.0
        self.slow, self.full, self.moody, self.twice, self.knock = some(0.5), some(0.08), some(0.15), some(0.3), some(0.02)
        self.grouped, self.shuffled = draw() < 0.7, draw() < 0.9
        self.crashes = int(draw() * 4) if draw() < 0.7 else 0
        self.swaps = int(draw() * 6) if draw() < 0.7 else 0
        self.jumps = int(draw() * 4) if draw() < 0.4 else 0
        self.poison = {int(draw() * 40) + 1} if draw() < 0.15 else set()
        self.clients, self.calls = 1 + int(draw() * 5), 2 + int(draw() * 8)
        self.limits = {"concurrency": 1 + int(draw() * 4), "queue": 1 + int(draw() * 6), "drain_s": 0.5 + 5 * draw()}
        self.number = 0
        self.transfers: dict[int, Transfer] = {}
        self.late: set[int] = set()
        self.crashed: set[str] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.clock = FakeClock(follow=self.now)
        self.current = {name: generations[name, "good"] for name in CONTRACTS}
        self.store = MemoryStore(self)
        for name, text in TABLES.items():
            self.store.define(name, text)

    def now(self) -> float:
        return self.loop.time() if self.loop is not None else 0.0

    def tell(self, text: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now():10.3f}  {text}")

    def happens(self, probability: float) -> bool:
        return not self.calm and probability > 0 and self.chance.random() < probability

    # ------------------------------------------------------------------------------------------ troubles of the store

    def delay_s(self, stage: str) -> float:
        if self.happens(self.slow):
            return self.chance.choice((0.001, 0.01, 0.1, 1.0, 12.0 if stage == "answer" else 3.0)) * self.chance.random()
        return 0.0

    def group(self, waiting: int) -> int:
        return waiting if not self.grouped else 1 + int(self.chance.random() * waiting)

    def fault(self) -> Fault:
        if self.happens(self.full):
            fault: Fault = "before" if self.chance.random() < 0.5 else "after"
            self.tell(f"disk full {fault} the commit")
            return fault
        return ""

    # ------------------------------------------------------------------------------------------ troubles of the cells

    async def meet(self, place: str, number: int) -> None:
        if number in self.poison and place == "note" and not self.calm:
            raise Moody("poison")
        if self.happens(self.slow):
            await passing(self.chance.choice((0.0, 0.01, 0.3, 4.0)) * self.chance.random())
        if self.happens(self.moody / (3 if place in ("start", "hand over", "take over") else 1)):
            self.tell(f"{place} {number or ''} fails")
            raise Moody(place)

    async def background(self, cell: str) -> None:
        for _ in range(20 if self.knock and not self.calm else 0):
            await passing(0.1 + self.chance.random())
            if self.happens(self.knock):
                self.tell(f"{cell} crashes")
                self.crashed.add(cell)
                raise Knocked(cell)
