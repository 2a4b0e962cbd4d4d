"""A till and a book, as files: what `test_kill` kills. Run as a program, it works until it is killed.

`python -m tests.e2e.till ROOT RUN` starts the system at ROOT, tells what it finds, then sells without end while
generations are swapped; each line is printed only after the kernel (or the ledger) has acknowledged it.
`python -m tests.e2e.till ROOT RUN stop` only starts, tells, and stops.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

SYSTEM = """
from cells.book.contract import Book
from cells.till.contract import Till
from planaria import System

system = System("till")
system.add(Till, concurrency=8, queue=64)
system.add(Book)
"""
TILL = '''
import msgspec
from planaria import Contract, event, handles, operation
from cells.words import Booked, Sold

class Till(Contract):
    """Sells."""

    events = (event(Sold, key="lane"),)

    @operation(deadline_s=20)
    async def sell(self, number: int) -> int:
        """Sell once; gives its place."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20)
    async def sold(self) -> tuple[int, ...]:
        """Give all numbers."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20)
    async def confirmed(self) -> tuple[int, ...]:
        """Give the numbers that the book has confirmed, in order."""
        raise NotImplementedError

    @handles(Booked)
    async def confirm(self, booked: Booked) -> None:
        """Remember."""
        raise NotImplementedError
'''
BOOK = '''
from planaria import Contract, event, handles, operation
from cells.words import Booked, Sold

class Book(Contract):
    """Keeps the books."""

    events = (event(Booked, key="lane"),)

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        """Write it down."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20)
    async def booked(self) -> tuple[int, ...]:
        """Give the numbers in the order of the book."""
        raise NotImplementedError
'''
WORDS = """
import msgspec

class Sold(msgspec.Struct, frozen=True):
    number: int
    lane: int

class Booked(msgspec.Struct, frozen=True):
    number: int
    lane: int
"""
TILL_IMPL = """
# {version}
from cells.till.contract import Sold, Till
from planaria import State, state

class TillCell(Till):
    kept: State = state()
    served = 0

    async def hand_over(self):
        return self.served

    async def take_over(self, handed):
        self.served = handed

    async def sell(self, number):
        self.served += 1

        def body(tx):
            tx.change("insert into till__sale (number) values (?)", (number,))
            tx.emit(Sold(number=number, lane=number % 3))
            return tx.row("select max(position) from till__sale")[0]

        return await self.kept.write(body)

    async def sold(self):
        return tuple(number for (number,) in await self.kept.read(lambda tx: tx.rows("select number from till__sale order by position")))

    async def confirmed(self):
        rows = await self.kept.read(lambda tx: tx.rows("select number from till__confirmed order by position"))
        return tuple(number for (number,) in rows)

    async def confirm(self, booked):
        await self.kept.write(lambda tx: tx.change("insert into till__confirmed (number) values (?)", (booked.number,)))
"""
BOOK_IMPL = """
from cells.book.contract import Book, Booked
from planaria import State, state

class BookCell(Book):
    kept: State = state()

    async def note(self, sold):
        def body(tx):
            tx.change("insert into book__line (number) values (?)", (sold.number,))
            tx.emit(Booked(number=sold.number, lane=sold.lane))

        await self.kept.write(body)

    async def booked(self):
        return tuple(number for (number,) in await self.kept.read(lambda tx: tx.rows("select number from book__line order by position")))
"""
TABLE = "create table {name} (position integer primary key, number integer not null);\n"
FILES = {
    "system.py": SYSTEM,
    "cells/words.py": WORDS,
    "cells/till/contract.py": TILL,
    "cells/till/impl/__init__.py": TILL_IMPL.format(version="first"),
    "next/till/__init__.py": TILL_IMPL.format(version="second"),
    "cells/till/migrations/0001_sales.sql": (
        f"-- up\n{TABLE.format(name='till__sale')}{TABLE.format(name='till__confirmed')}"
        "-- down\ndrop table till__confirmed;\ndrop table till__sale;\n"
    ),
    "cells/book/contract.py": BOOK,
    "cells/book/impl/__init__.py": BOOK_IMPL,
    "cells/book/migrations/0001_lines.sql": f"-- up\n{TABLE.format(name='book__line')}-- down\ndrop table book__line;\n",
}
CLIENTS = 6


def write_system(root: Path) -> None:
    from planaria.ledger import make_key

    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / ".planaria" / "keys").mkdir(parents=True)
    make_key(root / ".planaria" / "keys" / "ledger.pem")


def tell(word: str, value: object) -> None:
    """Write a line at once and whole, so that what was told outlives this process."""
    os.write(1, f"{word} {json.dumps(value)}\n".encode())


async def main(root: Path, run: int, *, stop: bool) -> None:
    from planaria.assemble import life_at
    from planaria.assemble.clock import SystemClock
    from planaria.assemble.outbox.parking import Parking
    from planaria.kernel.loader import generation_at
    from planaria.ledger import Ledger

    async with life_at(root) as life:
        await life.outbox.settled()
        till, book = (life.cells[name].handle for name in ("till", "book"))
        tell("state", {"sold": await till.sold(), "booked": await book.booked(), "confirmed": await till.confirmed()})
        tell("parked", len(await Parking(life.outbox).parked()))
        if stop:
            return
        ledger = Ledger.open(root / "ledger", root / ".planaria" / "keys" / "ledger.pem", clock=SystemClock())
        generations = [generation_at("till", root / "next" / "till"), generation_at("till", root / "cells" / "till" / "impl")]

        async def sell(client: int) -> None:
            for count in range(10_000):
                number = (run * CLIENTS + client) * 10_000 + count
                await till.sell(number)
                tell("sold", number)

        async def swap() -> None:
            for count in range(10_000):
                generation = generations[count % 2]
                await life.swap("till", generation)
                entry = await asyncio.to_thread(ledger.append, "swapped", {"generation": generation.digest}, cell="till")
                tell("entry", entry.number)

        await asyncio.gather(swap(), *map(sell, range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), stop="stop" in sys.argv))
