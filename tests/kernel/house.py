# mypy: disable-error-code="empty-body"
"""Two cells for the tests of the kernel; each test says what they do."""

import asyncio
import inspect
from contextlib import asynccontextmanager
from dataclasses import dataclass

from planaria.kernel.contract import HOOKS, Contract, event, handles, operation, operations, requires
from planaria.kernel.error import CellError
from planaria.kernel.system import state, uses
from planaria.record.status import measures_of, status_of
from planaria.testing import run_cells
from planaria.testing.inline import inline_generation


class Closed(CellError):
    """The desk is closed."""

    code = "TEST-1"
    what = "the desk is closed on {day}"


@dataclass(frozen=True, slots=True)
class Noted:
    key: str
    number: int = 0


class Desk(Contract):
    """Works."""

    events = (event(Noted, key="key"),)

    @operation(deadline_s=10)
    async def work(self, what: str = "") -> str:
        """Work, not repeatable."""

    @operation(idempotent=True, deadline_s=10)
    async def repeat(self, what: str = "") -> str:
        """Work, repeatable."""

    @operation(deadline_s=10, errors=(Closed,))
    async def visit(self, day: str) -> str:
        """Visit; the desk may be closed."""

    @operation(deadline_s=10)
    @requires("the number is positive", lambda number: number > 0)
    @requires("the desk knows it", lambda self, number: self.knows(number))
    async def take(self, number: int) -> int:
        """Take a number that the desk knows."""

    @operation(deadline_s=10)
    @requires("the number is positive", lambda number: number > 0)
    async def count(self, number: int) -> int:
        """Count to a number."""

    @operation(idempotent=True, deadline_s=10)
    async def knows(self, number: int) -> bool:
        """Say whether the desk knows a number."""


class Errand(Contract):
    """Goes to the desk."""

    @operation(deadline_s=10)
    async def go(self, what: str = "") -> str:
        """Go."""

    @operation(deadline_s=1)
    async def hurry(self, what: str = "") -> str:
        """Go, with a stricter deadline."""


class Reader(Contract):
    """Reads what the desk notes."""

    @handles(Noted, deadline_s=10)
    async def note(self, noted: Noted) -> None:
        """Read it."""


CONTRACTS = {"desk": Desk, "errand": Errand, "reader": Reader}


def acting(contract, wires=None, **doing):
    """Make an implementation of `contract` from functions of `(self, *arguments)`; what is not given answers with its last argument."""

    def method(name):
        async def run(self, *arguments):
            return await doing[name](self, *arguments) if name in doing else arguments[-1]

        run.__signature__ = inspect.signature(getattr(contract, name))
        return run

    names = {name: method(name) for name in operations(contract)} | (wires or {})
    return type(f"{contract.__name__}Cell", (contract,), names | {name: doing[name] for name in HOOKS if name in doing})


@asynccontextmanager
async def running(*, uses=None, limits=None, store=None, tables=None, **implementations):
    """Run cells by name; each may use every other."""
    contracts = [CONTRACTS[name] for name in implementations]
    uses = uses if uses is not None else {one: tuple(each for each in contracts if each is not one) for one in contracts}
    async with run_cells(
        {CONTRACTS[name]: one for name, one in implementations.items()},
        uses=uses,
        limits={CONTRACTS[name]: one for name, one in (limits or {}).items()},
        tables={CONTRACTS[name]: one for name, one in (tables or {}).items()},
        store=store,
    ) as cells:
        yield cells


def generation(contract, directory, **doing):
    """Write another generation, ready to be swapped in."""
    return inline_generation(contract, acting(contract, **doing), directory)


class Pause:
    """A place inside an operation where calls wait until the test lets them go."""

    def __init__(self):
        self.count, self._open, self._news = 0, asyncio.Event(), asyncio.Event()

    async def __call__(self, *arguments):
        self.count += 1
        self._news.set()
        await self._open.wait()
        return arguments[-1] if arguments else None

    async def entered(self, count=1):
        while self.count < count:
            self._news.clear()
            await self._news.wait()

    def open(self):
        self._open.set()


async def stubborn(pause, *arguments):
    """Wait at `pause` and ignore being cancelled, once."""
    try:
        return await pause(*arguments)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()
        return await pause(*arguments)


async def idle():
    """Let everything run that can run now."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(holds):
    """Let things run, one step at a time, until something holds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never held")


async def pass_s(seconds):
    """Let time pass."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


async def outcome(work):
    """Return what a call gave: its value, or the error it raised."""
    try:
        return await work
    except asyncio.CancelledError as error:
        return error
    except Exception as error:
        return error


def begin(work):
    return asyncio.create_task(outcome(work))


ONE = {"desk": {"concurrency": 1}}


async def fails(self, what=""):
    raise ValueError("no")


def measured(cells, name, cell="desk"):
    one = next(one for one in measures_of(cells.life) if (one.cell, one.operation) == (cell, name))
    return {"calls": one.calls, "refused": one.refused, "failed": one.failed, "unknown": one.unknown}


def going(**doing):
    """Make an errand that goes to the desk."""

    async def go(self, what):
        return await self.desk.work(what)

    return acting(Errand, {"desk": uses(Desk)}, **({"go": go, "hurry": go} | doing))


def now_s():
    return asyncio.get_running_loop().time()


class Diary:
    """What the hooks of a generation did, in order."""

    def __init__(self):
        self.lines = []

    def hooks(self, name, **doing):
        async def on_start(self_):
            self.lines.append(f"{name} starts")

        async def on_stop(self_):
            self.lines.append(f"{name} stops")

        return {"on_start": on_start, "on_stop": on_stop} | doing


def state_of(cells):
    return status_of(cells.life)[0].state


SEEN = "create table reader__seen (key text, number integer);"


async def emit(self, what):
    """Emit what is written as `key:number`, separated by blanks."""
    facts = [Noted(one.partition(":")[0], int(one.partition(":")[2] or 0)) for one in what.split()]

    def body(tx):
        for fact in facts:
            tx.emit(fact)

    await self.shelf.write(body)
    return what


EMITTER = acting(Desk, {"shelf": state()}, work=emit)


async def keep(self, noted):
    await self.seen.write(lambda tx: tx.change("insert into reader__seen values (?, ?)", (noted.key, noted.number)))


def keeping(note=keep):
    return acting(Reader, {"seen": state()}, note=note)


class Heard:
    """A handler that remembers what it was told, and fails where the test says so."""

    def __init__(self, *failing, times=10**9):
        self.lines, self.failing, self.times, self.ended = [], failing, times, []

    async def __call__(self, reader, noted):
        self.lines.append((noted.key, noted.number))
        await asyncio.sleep(0)
        if noted.key in self.failing and self.times:
            self.times -= 1
            raise ValueError(f"no {noted.key}")
        self.ended.append((noted.key, noted.number))

    def cell(self):
        return acting(Reader, note=self)


def left(store):
    return store.rows("select handler, event, key, attempts, parked from planaria__delivery order by event")
