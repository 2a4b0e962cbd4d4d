"""Systems to measure: written into a folder, loaded as any user's system is."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from planaria.assemble.life import life_at
from planaria.kernel.life import Life

CALLED = '''
from planaria import Contract, operation


class Called{number}(Contract):
    """Answers."""

    @operation(idempotent=True)
    async def answer(self, number: int) -> int:
        """Answer with the number."""
'''
CALLED_IMPL = """
from cells.called{number}.contract import Called{number}


class Cell(Called{number}):
    async def answer(self, number):
        return number
"""
CALLER = '''
from planaria import Contract, operation
from cells.called0.contract import Called0


class Caller(Contract):
    """Calls others and measures it."""

    @operation(deadline_s=30)
    async def bare(self, calls: int) -> float:
        """Await a plain method of a plain object; seconds per call."""

    @operation(deadline_s=30)
    async def through_handle(self, calls: int) -> float:
        """Call another cell; seconds per call."""
'''
CALLER_IMPL = """
from time import perf_counter

from planaria import uses
from cells.called0.contract import Called0
from cells.caller.contract import Caller


class Plain:
    async def answer(self, number):
        return number


async def timed(target, calls):
    started = perf_counter()
    for number in range(calls):
        await target.answer(number)
    return (perf_counter() - started) / calls


class Cell(Caller):
    called: Called0 = uses(Called0)

    async def bare(self, calls):
        return await timed(Plain(), calls)

    async def through_handle(self, calls):
        return await timed(self.called, calls)
"""
SOURCE = '''
from dataclasses import dataclass

from planaria import Contract, event, operation


@dataclass(frozen=True)
class Noted:
    key: str
    number: int


class Source(Contract):
    """Emits events."""

    events = (event(Noted, key="key"),)

    @operation()
    async def note(self, key: str, number: int) -> None:
        """Emit one event; it is durable when this returns."""
'''
SOURCE_IMPL = """
from planaria import state
from cells.source.contract import Noted, Source


class Cell(Source):
    own = state()

    async def note(self, key, number):
        await self.own.write(lambda tx: tx.emit(Noted(key, number)))
"""
SINK = '''
from planaria import Contract, handles, operation
from cells.source.contract import Noted


class Sink(Contract):
    """Keeps what it is told."""

    @handles(Noted)
    async def keep(self, noted: Noted) -> None:
        """Keep one."""

    @operation(idempotent=True)
    async def count(self) -> int:
        """Count what is kept."""
'''
SINK_IMPL = """
from planaria import state
from cells.sink.contract import Sink


class Cell(Sink):
    own = state()

    async def keep(self, noted):
        await self.own.write(lambda tx: tx.change("insert into sink__kept (key, number) values (?, ?)", (noted.key, noted.number)))

    async def count(self):
        return (await self.own.read(lambda tx: tx.rows("select count(*) from sink__kept")))[0][0]
"""
SINK_MIGRATION = """-- up
create table sink__kept (id integer primary key, key text, number integer);
-- down
drop table sink__kept;
"""


def write_cell(root: Path, name: str, contract: str, implementation: str, *, migration: str = "") -> None:
    """Write one cell's files."""
    impl = root / "cells" / name / "impl"
    impl.mkdir(parents=True)
    (impl.parent / "contract.py").write_text(contract)
    (impl / "__init__.py").write_text(implementation)
    if migration:
        (impl.parent / "migrations").mkdir()
        (impl.parent / "migrations" / "0001_first.sql").write_text(migration)


def write_calls(root: Path, cells: int) -> Path:
    """Write a system of `cells` cells that answer, and one that calls the first of them."""
    for number in range(cells):
        write_cell(root, f"called{number}", CALLED.format(number=number), CALLED_IMPL.format(number=number))
    write_cell(root, "caller", CALLER, CALLER_IMPL)
    imports = "\n".join(f"from cells.called{number}.contract import Called{number}" for number in range(cells))
    added = "\n".join(f"system.add(Called{number})" for number in range(cells))
    composed = f"{imports}\nfrom cells.caller.contract import Caller\nfrom planaria import System\n\nsystem = System('calls')\n{added}\n"
    (root / "system.py").write_text(composed + "system.add(Caller, uses=(Called0,))\n")
    return root


def write_events(root: Path) -> Path:
    """Write a system of one cell that emits and one that keeps."""
    write_cell(root, "source", SOURCE, SOURCE_IMPL)
    write_cell(root, "sink", SINK, SINK_IMPL, migration=SINK_MIGRATION)
    imports = "from cells.sink.contract import Sink\nfrom cells.source.contract import Source\nfrom planaria import System\n"
    (root / "system.py").write_text(
        f"{imports}\nsystem = System('events')\nsystem.add(Source, concurrency=512)\nsystem.add(Sink, concurrency=512)\n"
    )
    return root


@asynccontextmanager
async def running(root: Path) -> AsyncIterator[Life]:
    """Run a system, forgetting the cells of the one before."""
    for name in [name for name in sys.modules if name == "cells" or name.startswith("cells.")]:
        del sys.modules[name]
    async with life_at(root) as life:
        yield life
