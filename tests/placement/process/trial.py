"""A cell that can be brought to anything, and what surrounds it in these tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from planaria import CellError, Connects, Contract, Secret, Spawns, event, operation
from planaria.placement.process.placement import Process
from planaria.testing import run_cells


class Spoiled(CellError):
    """A declared error."""

    code = "TRIAL-1"
    what = "{name} is spoiled"


class Picky(CellError):
    """A declared error that takes only one fact."""

    code = "TRIAL-2"
    what = "{name}"

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened."""

    name: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A value that checks itself."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise KeyError(self.number)


class Partner(Contract):
    """Is asked by the trial."""

    @operation(idempotent=True)
    async def double(self, number: int, by: int = 2) -> int:
        """Multiply."""
        raise NotImplementedError

    @operation()
    def count(self, to: int) -> AsyncIterator[int]:
        """Count."""
        raise NotImplementedError

    @operation()
    async def fail(self, how: str) -> int:
        """Raise."""
        raise NotImplementedError

    @operation()
    async def wait(self) -> int:
        """Wait for ever."""
        raise NotImplementedError

    @operation()
    async def waiting(self) -> int:
        """Count who waits."""
        raise NotImplementedError


class Trial(Contract):
    """Does as it is told."""

    events = (event(Happened, key="name"),)

    @operation(errors=(Spoiled, Picky), deadline_s=20)
    async def run(self, what: str, number: int = 0, text: str = "") -> str:
        """Do what its implementation calls `what`."""
        raise NotImplementedError

    @operation(deadline_s=0.3)
    async def hurry(self, what: str) -> str:
        """Do it, quickly."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def carry(self, data: bytes) -> bytes:
        """Give it back."""
        raise NotImplementedError

    @operation(errors=(Spoiled,), deadline_s=20)
    def flow(self, what: str, number: int) -> AsyncIterator[bytes]:
        """Give some items."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def check(self, one: Checked) -> Checked:
        """Give it back."""
        raise NotImplementedError


class Outside(Contract):
    """Reaches out."""

    @operation(effects=(Connects("localhost:*"), Secret("TRIAL_SECRET")))
    async def reach(self, port: int) -> str:
        """Say hello to a port."""
        raise NotImplementedError

    @operation()
    async def secret(self, name: str) -> str:
        """Tell a secret."""
        raise NotImplementedError


class Starts(Contract):
    """Starts programs."""

    @operation(effects=(Spawns("sleep"),))
    async def start(self, seconds: str) -> int:
        """Start programs that outlive the call."""
        raise NotImplementedError


STARTS = """
import subprocess

class StartsCell(Starts):
    async def start(self, seconds):
        for _ in range(3):
            subprocess.Popen(["sleep", seconds], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 3
"""
PARTNER = """
import asyncio

class PartnerCell(Partner):
    inside = 0

    async def double(self, number, by=2):
        return number * by

    async def count(self, to):
        for number in range(to):
            yield number

    async def fail(self, how):
        raise KeyError(how)

    async def wait(self):
        PartnerCell.inside += 1
        try:
            await asyncio.Event().wait()
        finally:
            PartnerCell.inside -= 1

    async def waiting(self):
        return PartnerCell.inside
"""
TRIAL = """
import asyncio, os, signal, sys, time

class TrialCell(Trial):
    kept = state()
    partner = uses(Partner)

    async def on_start(self):
        self.broken = asyncio.Event()

    async def background(self):
        await self.broken.wait()
        raise RuntimeError("broken")

    async def run(self, what, number=0, text=""):
        return str(await getattr(self, what)(number, text))

    async def hurry(self, what):
        return str(await getattr(self, what)(0, ""))

    async def carry(self, data):
        return data

    async def check(self, one):
        return one if one.number else type("Other", (), {})()

    async def flow(self, what, number):
        if what == "fail":
            yield b"first"
            raise Spoiled(name="stream")
        size = number if what == "large" else 10
        for _ in range(50 if what != "endless" else 10**9):
            yield bytes(size)

__MORE__
"""
MORE = """
    async def nothing(self, number, text):
        return "done"
"""


@asynccontextmanager
async def trial(more: str = MORE, *, place: Process | None = None, limits: Mapping[str, object] | None = None, **given: object):
    """Run the trial in a worker and its partner beside it; gives cells, handle and placement."""
    own = place or Process(Path())
    tables: dict[type[Contract], str] = {Trial: "create table trial__row (number integer primary key, text text);"}
    texts = {Partner: PARTNER, Trial: TRIAL.replace("__MORE__", more)}
    try:
        async with run_cells(texts, placement=Placed(own, limits or {}), tables=tables, limits={Trial: given} if given else None) as cells:
            yield cells, cells.handle(Trial), own
    finally:
        if place is None:
            await own.close()


class Placed:
    """Run the trial in a worker with limits, and everything else in this process."""

    def __init__(self, inner, limits):
        self.inner, self.limits = inner, limits

    def open(self, order):
        from dataclasses import replace

        from planaria.placement.inprocess import InProcess

        if order.cell == "partner":
            return InProcess().open(order)
        return self.inner.open(replace(order, limits=self.limits))
