"""The contracts that a placement is tried with: cells that carry values, keep state, tell events, stream and fall over.

Why: a placement may run a cell far away, in a process or a guest that has nothing but the standard library and the words
of a contract, so this module imports nothing else.
Not here: the implementations (`source`), contracts of structs (`struct`), what is asked of them (`placement`).
"""

import enum
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Literal, NewType
from uuid import UUID

from planaria.kernel.contract import Contract, event, handles, operation, requires
from planaria.kernel.error import CellError

SEVEN = UUID(int=7)
EAST = timezone(timedelta(hours=5, minutes=30))
Sku = NewType("Sku", str)


class Colour(enum.Enum):
    """A value of a few."""

    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    """A number of a few."""

    LOW = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Circle:
    """One shape."""

    radius: float


@dataclass(frozen=True, slots=True)
class Square:
    """Another shape, with other fields."""

    side: float
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True)
class Tree:
    """A value that holds itself."""

    name: str = ""
    below: "tuple[Tree, ...]" = ()


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
    local: datetime = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - a moment without a zone is a value too, and stays one
    eastern: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=EAST)
    day: date = date(2024, 2, 29)
    hour: time = time(23, 59, 59, 999999)
    span: timedelta = timedelta(days=1, microseconds=1)
    back: timedelta = timedelta(days=-1, microseconds=1)
    price: Decimal = Decimal("1.10")
    tiny: Decimal = Decimal("-1E-400")
    number: UUID = SEVEN
    colour: Colour = Colour.RED
    level: Level = Level.HIGH
    word: Literal["a", "b", 3] = "b"
    sku: Sku = Sku("apple")
    limited: Annotated[int, "a note"] = 3
    several: tuple[int | str, ...] = (1, "a")
    pair: tuple[int, str, tuple[bool, ...]] = (1, "a", (True, False))
    none_of: tuple[()] = ()
    some: frozenset[str] = frozenset({"x", "y"})
    by_name: Mapping[str, int] | None = None
    by_number: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: {1: ("a",), -2: ()})
    by_colour: Mapping[Colour, Mapping[str, Decimal | None]] = field(default_factory=lambda: {Colour.RED: {"a": None, "b": Decimal(1)}})
    shape: Circle | Square | None = None
    shapes: tuple[Circle | Square | str, ...] = (Circle(1.0), Square(2.0), "round")
    tree: Tree = Tree("root", (Tree("leaf"), Tree()))


@dataclass(frozen=True, slots=True)
class Sold:
    """Something was sold."""

    number: int
    lane: str


class Missing(CellError):
    """A declared error."""

    code = "PLN-T190"
    what = "there is no {name}"


class Unsaid(CellError):
    """An error that no operation declares."""

    code = "PLN-T191"
    what = "nobody said {name}"


class Carrier(Contract):
    """Gives back what it gets."""

    @operation(idempotent=True)
    async def echo(self, value: Everything) -> Everything:
        """Give everything back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def whole(self, value: int) -> int:
        """Give a number back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def part(self, value: float | None) -> float | None:
        """Give a float back, or nothing."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def text(self, value: str) -> str:
        """Give a text back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def raw(self, value: bytes) -> bytes:
        """Give bytes back."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def tree(self, value: Tree) -> Tree:
        """Give a tree back."""
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the number is not negative", lambda number: number >= 0)
    async def double(self, number: int, by: int = 2) -> int:
        """Multiply."""
        raise NotImplementedError

    @operation()
    async def wrong(self) -> int:
        """Give a text, though a number is declared."""
        raise NotImplementedError


class Subject(Contract):
    """Does what a placement must be able to carry."""

    events = (event(Sold, key="lane"),)

    @operation(idempotent=True)
    @requires("the number is not negative", lambda number: number >= 0)
    async def double(self, number: int, by: int = 2) -> int:
        """Multiply."""
        raise NotImplementedError

    @operation(idempotent=True)
    @requires("the subject is present", lambda self: self.version())
    async def asked(self) -> str:
        """Answer after its own condition has asked it."""
        raise NotImplementedError

    @operation(errors=(Missing,))
    async def fail(self, kind: str) -> None:
        """Raise the declared error, or another."""
        raise NotImplementedError

    @operation(deadline_s=0.3)
    async def dawdle(self) -> None:
        """Never answer."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20)
    async def stay(self, text: str) -> str:
        """Stay while the first generation runs; any other answers with its name."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def wait(self) -> None:
        """Never answer, and have time."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def nap(self) -> str:
        """Answer after a tenth of a second."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def meet(self) -> int:
        """Wait until two are here; gives how many are."""
        raise NotImplementedError

    @operation()
    async def inside(self) -> tuple[int, int]:
        """Say how many calls wait in it, and how many were cancelled there and have cleaned up."""
        raise NotImplementedError

    @operation(deadline_s=10)
    async def sell(self, number: int, lane: str = "") -> int:
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
    async def around(self, depth: int) -> tuple[str, ...]:
        """Go through the listener and back into itself, as often as asked; gives the way."""
        raise NotImplementedError

    @operation()
    async def crash(self) -> None:
        """Bring the cell down by its background work."""
        raise NotImplementedError

    @operation()
    async def die(self) -> None:
        """End the process or guest that runs it, in the middle of the call."""
        raise NotImplementedError


class Listener(Contract):
    """Hears of sales, and asks the subject."""

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        """Write it down; its lane may say how to fail first."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def heard(self) -> tuple[int, ...]:
        """Give the numbers in the order in which they were heard."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def asked(self, number: int) -> int:
        """Ask the subject to double."""
        raise NotImplementedError

    @operation(deadline_s=0.3)
    async def hurried(self) -> None:
        """Ask the subject, which has more time, to wait."""
        raise NotImplementedError

    @operation(deadline_s=20)
    async def patient(self) -> None:
        """Ask the subject, which has less time, to dawdle."""
        raise NotImplementedError

    @operation()
    async def back(self, depth: int) -> tuple[str, ...]:
        """Go back into the subject."""
        raise NotImplementedError

    @operation()
    async def die(self) -> None:
        """End the process or guest that runs it, in the middle of the call."""
        raise NotImplementedError


class Errand(Contract):
    """Asks the listener, which asks the subject."""

    @operation(idempotent=True)
    async def run(self, number: int) -> int:
        """Go two cells deep."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def first(self) -> int:
        """Give what the listener answered while this cell was starting."""
        raise NotImplementedError

    @operation()
    async def later(self) -> int:
        """Wait for what the listener answers to the background work of this cell, and give it."""
        raise NotImplementedError


class Fountain(Contract):
    """Streams."""

    @operation(deadline_s=20, errors=(Missing,))
    def drops(self, count: int, size: int = 0, then: str = "end") -> AsyncIterator[str]:
        """Give texts of a size, with their number before it, then end as asked."""
        raise NotImplementedError

    @operation(deadline_s=0.5)
    def trickle(self) -> AsyncIterator[int]:
        """Give one number, and no other in time."""
        raise NotImplementedError

    @operation()
    def shapes(self) -> AsyncIterator[Circle | Square]:
        """Give one of each."""
        raise NotImplementedError

    @operation()
    async def counts(self) -> tuple[int, int]:
        """Say how many items were made, and how many streams were closed."""
        raise NotImplementedError


class Basin(Contract):
    """Takes from the fountain."""

    @operation()
    async def fill(self, count: int) -> int:
        """Sum up the lengths of what comes."""
        raise NotImplementedError

    @operation()
    def overflow(self, count: int) -> AsyncIterator[str]:
        """Pass on what comes."""
        raise NotImplementedError


class Keeper(Contract):
    """Keeps state."""

    @operation()
    async def keep(self, number: int, word: str) -> int:
        """Write a row; give how many it changed."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def words(self) -> tuple[str, ...]:
        """Give all words in order."""
        raise NotImplementedError

    @operation()
    async def undo(self, number: int, word: str) -> None:
        """Write a row, then raise in the body."""
        raise NotImplementedError

    @operation()
    async def die(self, number: int) -> None:
        """Write a row, then end the process or guest that runs it, in the body."""
        raise NotImplementedError

    @operation()
    async def collide(self, number: int) -> str:
        """Break a constraint in a body, and go on in it; gives the error's name."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def trespass(self) -> None:
        """Read another cell's table."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def large(self, size: int) -> tuple[int, int]:
        """Read a text of a size, and as many rows as its thousandth part; give both sizes."""
        raise NotImplementedError

    @operation()
    async def together(self, count: int) -> tuple[int, ...]:
        """Count up in many transactions at once; give what each of them saw."""
        raise NotImplementedError

    @operation(idempotent=True)
    async def kinds(self) -> tuple[str, ...]:
        """Send one of each kind of SQL value through a statement; give what comes back, as written."""
        raise NotImplementedError
