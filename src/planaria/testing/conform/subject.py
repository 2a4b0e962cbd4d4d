"""The cells that a placement is tried with: a subject that can do everything a cell can, and a listener.

Why: a placement may run a cell far away, so the implementations are source text that needs nothing but its contract.
Not here: what is asked of them (`placement`).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from planaria.kernel.contract import Contract, event, handles, operation, requires
from planaria.kernel.error import CellError

SEVEN = UUID(int=7)


class Colour(enum.Enum):
    """A value of a few."""

    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """One of each kind of value."""

    nothing: None = None
    yes: bool = True
    whole: int = 2**40
    part: float = 0.1
    text: str = "ä\u2028\x00"
    raw: bytes = b"\x00\xff"
    moment: datetime = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    span: timedelta = timedelta(days=1, microseconds=1)
    price: Decimal = Decimal("1.10")
    number: UUID = SEVEN
    colour: Colour = Colour.RED
    several: tuple[int | str, ...] = (1, "a")
    some: frozenset[str] = frozenset({"x", "y"})
    by_name: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """Something was sold."""

    number: int
    lane: str


class Missing(CellError):
    """A declared error."""

    code = "PLN-T190"
    what = "there is no {name}"


class Subject(Contract):
    """Does what a placement must be able to carry."""

    events = (event(Sold, key="lane"),)

    @operation(idempotent=True)
    async def echo(self, value: Everything) -> Everything:
        """Give it back."""
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the number is not negative", lambda number: number >= 0)
    async def double(self, number: int, by: int = 2) -> int:
        """Multiply."""
        raise NotImplementedError

    @operation(errors=(Missing,))
    async def fail(self, kind: str) -> None:
        """Raise the declared error, or another."""
        raise NotImplementedError

    @operation(deadline_s=0.2)
    async def dawdle(self) -> None:
        """Never answer."""
        raise NotImplementedError

    @operation(deadline_s=10)
    async def meet(self) -> int:
        """Wait until two are here; gives how many are."""
        raise NotImplementedError

    @operation(deadline_s=10)
    async def sell(self, number: int) -> int:
        """Write, and tell it."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def sold(self) -> int:
        """Count what was written."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def version(self) -> str:
        """Name the implementation, and the one whose memory it took."""
        raise NotImplementedError

    @operation()
    async def crash(self) -> None:
        """Bring the cell down."""
        raise NotImplementedError


class Listener(Contract):
    """Hears of sales, and asks the subject."""

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        """Write it down."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def heard(self) -> tuple[int, ...]:
        """Give the numbers in the order in which they were heard."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def asked(self, number: int) -> int:
        """Ask the subject to double."""
        raise NotImplementedError


TABLES: Mapping[type[Contract], str] = {
    Subject: "create table subject__sale (number integer);",
    Listener: "create table listener__heard (position integer primary key, number integer);",
}
SUBJECT = """
import asyncio

class SubjectCell(Subject):
    kept = state()
    name, taken = "{name}", ""

    async def on_start(self):
        self.present, self.both, self.broken = 0, asyncio.Event(), asyncio.Event()
        {on_start}

    async def background(self):
        await self.broken.wait()
        raise RuntimeError("broken")

    async def hand_over(self):
        return self.name

    async def take_over(self, handed):
        self.taken = handed

    async def echo(self, value):
        return value

    async def double(self, number, by=2):
        return number * by

    async def fail(self, kind):
        raise Missing(name=kind) if kind == "declared" else KeyError(kind)

    async def dawdle(self):
        await asyncio.Event().wait()

    async def meet(self):
        self.present += 1
        if self.present == 2:
            self.both.set()
        await self.both.wait()
        return self.present

    async def sell(self, number):
        def body(tx):
            tx.change("insert into subject__sale values (?)", (number,))
            tx.emit(Sold(number, "a" if number % 2 else "b"))
            return number

        return await self.kept.write(body)

    async def sold(self):
        return (await self.kept.read(lambda tx: tx.row("select count(*) from subject__sale")))[0]

    async def version(self):
        return f"{{self.name}}<{{self.taken}}"

    async def crash(self):
        self.broken.set()
"""
LISTENER = """
class ListenerCell(Listener):
    kept = state()
    subject = uses(Subject)

    async def note(self, sold):
        await self.kept.write(lambda tx: tx.change("insert into listener__heard (number) values (?)", (sold.number,)))

    async def heard(self):
        rows = await self.kept.read(lambda tx: tx.rows("select number from listener__heard order by position"))
        return tuple(number for (number,) in rows)

    async def asked(self, number):
        return await self.subject.double(number)
"""


def subject_source(name: str, *, on_start: str = "pass") -> str:
    """Return an implementation of the subject under a name, with a line of its own in `on_start`.

    >>> "one" in subject_source("one")
    True
    """
    return SUBJECT.format(name=name, on_start=on_start)
