"""The system that is simulated: a bank, an audit and a mirror that listen to it, and an answer back to the bank.

Why: it has what can go wrong between cells: transactions that emit, events that emit events, nested calls, memory that is
handed over, and sums that must be conserved. It asks the world of the present run for its troubles.
"""

import asyncio
from typing import Any

import msgspec

from planaria import CellError, Contract, State, event, handles, operation, requires, state, uses

ACCOUNTS = ("ada", "bob", "eve", "kim")
EACH = 100
TABLES = {
    "bank": """
        create table bank__account (name text primary key, balance integer);
        create table bank__transfer (number integer, source text, target text, amount integer, step integer);
        create table bank__confirmed (position integer primary key, number integer, account text, step integer);
    """
    + "".join(f"insert into bank__account values ('{name}', {EACH});" for name in ACCOUNTS),
    "audit": "create table audit__line (position integer primary key, number integer, account text, step integer);",
    "mirror": """
        create table mirror__account (name text primary key, balance integer);
        create table mirror__line (position integer primary key, number integer, account text, step integer);
    """
    + "".join(f"insert into mirror__account values ('{name}', {EACH});" for name in ACCOUNTS),
}


class Short(CellError):
    code = "BANK-1"
    what = "'{account}' has too little"


class Moved(msgspec.Struct, frozen=True):
    number: int
    source: str
    target: str
    amount: int
    step: int


class Noted(msgspec.Struct, frozen=True):
    number: int
    account: str
    step: int


class Bank(Contract):
    """Keeps accounts."""

    events = (event(Moved, key="source"),)

    @operation(idempotent=True, deadline_s=20, errors=(Short,))
    @requires("the amount is positive", lambda amount: amount > 0)
    async def transfer(self, number: int, source: str, target: str, amount: int) -> int:
        """Move money once per number; gives the count of moves from the source."""
        raise NotImplementedError

    @operation(deadline_s=10, errors=(Short,))
    async def hurry(self, number: int, source: str, target: str, amount: int) -> int:
        """Move money each time it is called."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=10)
    async def total(self) -> int:
        """Add up all accounts."""
        raise NotImplementedError

    @handles(Noted)
    async def confirm(self, noted: Noted) -> None:
        """Remember that the audit has seen a move."""
        raise NotImplementedError


class Audit(Contract):
    """Writes down every move."""

    events = (event(Noted, key="account"),)

    @handles(Moved)
    async def note(self, moved: Moved) -> None:
        """Write a line, and say so."""
        raise NotImplementedError


class Mirror(Contract):
    """Follows the bank by its events."""

    @handles(Moved, deadline_s=5)
    async def follow(self, moved: Moved) -> None:
        """Apply a move."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=10)
    async def totals(self) -> tuple[int, int]:
        """Give the bank's sum, asked of it, and the mirror's own."""
        raise NotImplementedError


class World:
    """What the run in progress does to implementations; one run at a time in a process."""

    present: Any = None
    last: Any = None


async def meet(cell: Any, place: str, number: int = 0) -> None:
    """Be delayed, and fail, as the world wants it; an implementation that was stopped must not be called."""
    assert not cell.__dict__.get("stopped"), f"{place} was called in an implementation that was stopped"
    await World.present.meet(place, number)
    assert not cell.__dict__.get("stopped"), f"{place} was still running when its implementation was stopped"


class Life:
    """What the implementations share: a start, a stop, and a background that may crash."""

    async def on_start(self):
        await World.present.meet("start", 0)

    async def on_stop(self):
        self.stopped = True

    async def background(self):
        await World.present.background(next(one.__name__.lower() for one in type(self).__mro__ if Contract in one.__bases__))


def move(tx, moved):
    row = tx.row("select balance from bank__account where name = ?", (moved.source,))
    if row[0] < moved.amount:
        raise Short(account=moved.source)
    (step,) = tx.row("select count(*) + 1 from bank__transfer where source = ?", (moved.source,))
    tx.change("update bank__account set balance = balance - ? where name = ?", (moved.amount, moved.source))
    tx.change("update bank__account set balance = balance + ? where name = ?", (moved.amount, moved.target))
    tx.change("insert into bank__transfer values (?, ?, ?, ?, ?)", (moved.number, moved.source, moved.target, moved.amount, step))
    tx.emit(msgspec.structs.replace(moved, step=step))
    return step


class BankCell(Life, Bank):
    kept: State = state()
    served = 0

    async def hand_over(self):
        await World.present.meet("hand over", 0)
        return self.served

    async def take_over(self, handed):
        await World.present.meet("take over", 0)
        self.served = handed

    async def transfer(self, number, source, target, amount):
        await meet(self, "transfer", number)
        self.served += 1
        moved = Moved(number, source, target, amount, 0)

        def body(tx):
            known = tx.row("select step from bank__transfer where number = ?", (number,))
            return known[0] if known else move(tx, moved)

        return await self.kept.write(body)

    async def hurry(self, number, source, target, amount):
        await meet(self, "hurry", number)
        self.served += 1
        return await self.kept.write(lambda tx: move(tx, Moved(number, source, target, amount, 0)))

    async def total(self):
        await meet(self, "total")
        return (await self.kept.read(lambda tx: tx.row("select sum(balance) from bank__account")))[0]

    async def confirm(self, noted):
        await meet(self, "confirm", noted.number)
        given = (noted.number, noted.account, noted.step)
        await self.kept.write(lambda tx: tx.change("insert into bank__confirmed (number, account, step) values (?, ?, ?)", given))
        await meet(self, "confirmed", noted.number)


class AuditCell(Life, Audit):
    kept: State = state()

    async def note(self, moved):
        await meet(self, "note", moved.number)

        def body(tx):
            given = (moved.number, moved.source, moved.step)
            tx.change("insert into audit__line (number, account, step) values (?, ?, ?)", given)
            tx.emit(Noted(*given))

        await self.kept.write(body)
        await meet(self, "noted", moved.number)


class MirrorCell(Life, Mirror):
    kept: State = state()
    bank: Bank = uses(Bank)

    async def follow(self, moved):
        await meet(self, "follow", moved.number)
        if moved.number % 3 == 0:
            await self.bank.total()

        def body(tx):
            tx.change("update mirror__account set balance = balance - ? where name = ?", (moved.amount, moved.source))
            tx.change("update mirror__account set balance = balance + ? where name = ?", (moved.amount, moved.target))
            given = (moved.number, moved.source, moved.step)
            tx.change("insert into mirror__line (number, account, step) values (?, ?, ?)", given)

        await self.kept.write(body)

    async def totals(self):
        await meet(self, "totals")
        bank, own = await asyncio.gather(
            self.bank.total(), self.kept.read(lambda tx: tx.row("select sum(balance) from mirror__account")[0])
        )
        return bank, own


SOURCES = {
    "good": "class Implementation({cell}): pass",
    "better": "class Implementation({cell}):\n    better = True",
    "failing": "class Implementation({cell}):\n    async def on_start(self): raise ValueError('cannot start')",
    "hanging": "class Implementation({cell}):\n    async def on_start(self): await asyncio.sleep(1e6)",
    "forgetful": "class Implementation({cell}):\n    async def take_over(self, handed): raise ValueError('what is this?')",
    "torn": "class Implementation({cell}:\n",
    "partial": "class Other: pass",
}
CONTRACTS: dict[str, type[Contract]] = {"bank": Bank, "audit": Audit, "mirror": Mirror}
FAILS = {"failing", "hanging", "torn", "partial"}
