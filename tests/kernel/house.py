"""Two cells for the tests of the kernel; each test says what they do."""

import asyncio
import inspect
from contextlib import asynccontextmanager
from dataclasses import dataclass

from planaria.kernel.contract import HOOKS, Contract, event, handles, operation, operations, requires
from planaria.kernel.error import CellError
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
