"""The implementations that a placement is tried with, as text, and the tables that they need.

Why: text can be loaded wherever a placement runs it; it sees the names of its contract's module and nothing of the tests.
Not here: the contracts (`subject`, `struct`).
"""

from collections.abc import Mapping
from types import MappingProxyType

from planaria.kernel.contract import Contract
from planaria.testing.conform.struct import Register
from planaria.testing.conform.subject import Basin, Carrier, Errand, Fountain, Keeper, Listener, Subject

NO_HOOKS: Mapping[str, str] = MappingProxyType({})
TABLES: Mapping[type[Contract], str] = {
    Subject: "create table subject__sale (number integer); create table subject__note (text text);",
    Listener: "create table listener__heard (position integer primary key, number integer);",
    Keeper: "create table keeper__word (number integer primary key, word text); create table keeper__count (number integer);",
}
CARRIER = """
class CarrierCell(Carrier):
    async def echo(self, value): return value
    async def whole(self, value): return value
    async def part(self, value): return value
    async def text(self, value): return value
    async def raw(self, value): return value
    async def tree(self, value): return value
    async def double(self, number, by=2): return number * by
    async def wrong(self): return "many"
"""
REGISTER = """
class RegisterCell(Register):
    async def ring(self, line): return line
    async def pay(self, means): return means
    async def close(self, day): return day
"""
SUBJECT = """
import asyncio
import os

class SubjectCell(Subject):
    kept = state()
    listener = uses(Listener)
    name, taken = "{name}", ""

    async def on_start(self):
        self.present, self.left, self.waiting = 0, 0, 0
        self.both, self.broken = asyncio.Event(), asyncio.Event()
        {on_start}

    async def on_stop(self):
        {on_stop}

    async def background(self):
        await self.broken.wait()
        raise RuntimeError("broken")
{hand_over}
    async def double(self, number, by=2):
        return number * by

    async def asked(self):
        return "asked"

    async def fail(self, kind):
        if kind == "declared":
            raise Missing(name="\\u00e4pfel", count=3, share=0.5, known=True, where=None)
        if kind == "cancelled":
            raise asyncio.CancelledError
        raise Unsaid(name="it") if kind == "unsaid" else KeyError(kind)

    async def dawdle(self):
        await self._wait()

    async def wait(self):
        await self._wait()

    async def stay(self, text):
        if self.name == "first":
            await self._wait()
        return self.name + text

    async def _wait(self):
        self.waiting += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1
            await asyncio.sleep(0)
            self.left += 1

    async def inside(self):
        return self.waiting, self.left

    async def nap(self):
        self.waiting += 1
        await asyncio.sleep(0.1)
        self.waiting -= 1
        return self.name

    async def meet(self):
        self.present += 1
        if self.present == 2:
            self.both.set()
        await self.both.wait()
        return self.present

    async def sell(self, number, lane=""):
        def body(tx):
            tx.change("insert into subject__sale values (?)", (number,))
            tx.emit(Sold(number, lane or ("a" if number % 2 else "b")))
            return number

        return await self.kept.write(body)

    async def sold(self):
        return (await self.kept.read(lambda tx: tx.row("select count(*) from subject__sale")))[0]

    async def version(self):
        return f"{{self.name}}<{{self.taken}}"

    async def around(self, depth):
        return ("subject", *(await self.listener.back(depth - 1))) if depth else ("subject",)

    async def crash(self):
        self.broken.set()

    async def die(self):
        await self.kept.write(lambda tx: tx.change("insert into subject__sale values (0)"))
        os._exit(3)
"""
HAND_OVER = """
    async def hand_over(self):
        return {{"name": self.name, "numbers": [1, 2.5, None, True]}}

    async def take_over(self, handed):
        assert handed["numbers"] == [1, 2.5, None, True], handed
        self.taken = handed["name"]
        {take_over}
"""
LISTENER = """
import asyncio
import os

class ListenerCell(Listener):
    kept = state()
    subject = uses(Subject)

    async def on_start(self):
        self.failed = False

    async def note(self, sold):
        if sold.lane == "late" and not self.failed:
            self.failed = True
            raise RuntimeError("not yet")
        if sold.lane == "fatal" and await self.subject.sold() == 1:
            await self.subject.sell(2, "quiet")
            os._exit(3)
        await self.kept.write(lambda tx: tx.change("insert into listener__heard (number) values (?)", (sold.number,)))
        if sold.lane == "twice":
            await self.kept.write(lambda tx: tx.change("insert into listener__heard (number) values (-1)"))

    async def heard(self):
        rows = await self.kept.read(lambda tx: tx.rows("select number from listener__heard order by position"))
        return tuple(number for (number,) in rows)

    async def asked(self, number):
        return await self.subject.double(number)

    async def hurried(self):
        await self.subject.wait()

    async def patient(self):
        await self.subject.dawdle()

    async def back(self, depth):
        return ("listener", *(await self.subject.around(depth - 1))) if depth else ("listener",)

    async def die(self):
        os._exit(3)
"""
ERRAND = """
import asyncio

class ErrandCell(Errand):
    listener = uses(Listener)

    async def on_start(self):
        self.answered, self.background_answered = await self.listener.asked(4), asyncio.Event()

    async def background(self):
        self.told = await self.listener.asked(5)
        self.background_answered.set()

    async def later(self):
        await self.background_answered.wait()
        return self.told

    async def first(self):
        return self.answered

    async def run(self, number):
        return await self.listener.asked(number) + 1
"""
FOUNTAIN = """
import asyncio
import os

class FountainCell(Fountain):
    made, closed = 0, 0

    async def drops(self, count, size=0, then="end"):
        try:
            for number in range(count):
                self.made += 1
                yield str(number).ljust(size, ".")
            if then == "declared":
                raise Missing(name="water")
            if then == "other":
                raise KeyError("water")
            if then == "die":
                os._exit(3)
            if then == "wait":
                await asyncio.Event().wait()
        finally:
            self.closed += 1

    async def trickle(self):
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            self.closed += 1

    async def shapes(self):
        yield Circle(1.5)
        yield Square(2.5, Colour.GREEN)

    async def counts(self):
        return self.made, self.closed
"""
BASIN = """
class BasinCell(Basin):
    fountain = uses(Fountain)

    async def fill(self, count):
        return sum([len(one) async for one in self.fountain.drops(count, 3)])

    async def overflow(self, count):
        async for one in self.fountain.drops(count):
            yield one + "!"
"""
KEEPER = """
import asyncio
import os

class KeeperCell(Keeper):
    kept = state()

    async def keep(self, number, word):
        return await self.kept.write(lambda tx: tx.change("insert into keeper__word values (?, ?)", (number, word)))

    async def words(self):
        rows = await self.kept.read(lambda tx: tx.rows("select word from keeper__word order by number"))
        return tuple(word for (word,) in rows)

    async def undo(self, number, word):
        def body(tx):
            tx.change("insert into keeper__word values (?, ?)", (number, word))
            raise LookupError("no such word")

        await self.kept.write(body)

    async def die(self, number):
        def body(tx):
            tx.change("insert into keeper__word values (?, 'lost')", (number,))
            os._exit(3)

        await self.kept.write(body)

    async def collide(self, number):
        def body(tx):
            tx.change("insert into keeper__word values (?, 'first')", (number,))
            try:
                tx.change("insert into keeper__word values (?, 'second')", (number,))
            except Exception as error:
                return type(error).__name__

        return await self.kept.write(body)

    async def trespass(self):
        await self.kept.read(lambda tx: tx.rows("select * from subject__sale"))

    async def large(self, size):
        many = "with recursive one(n) as (select 1 union all select n + 1 from one where n < ?) select n, 'row' from one"

        def body(tx):
            (text,) = tx.row("select replace(hex(zeroblob(?)), '00', 'x')", (size,))
            return len(text), len(tx.rows(many, (size // 1000,)))

        return await self.kept.read(body)

    async def together(self, count):
        def body(tx):
            tx.change("insert into keeper__count values (1)")
            return tx.row("select count(*) from keeper__count")[0]

        return tuple(sorted(await asyncio.gather(*(self.kept.write(body) for _ in range(count)))))

    async def kinds(self):
        given = (None, 7, -(2**63), 2**63 - 1, 0.5, "\\u00e4\\U0001f600", "", b"\\x00\\xff", b"")
        return tuple(map(repr, await self.kept.read(lambda tx: tx.row("select ?, ?, ?, ?, ?, ?, ?, ?, ?", given))))
"""


def subject_source(name: str = "first", hooks: Mapping[str, str] = NO_HOOKS, *, remembers: bool = True, alone: bool = False) -> str:
    """Return an implementation of the subject under a name; `alone` without the listener.

    `hooks` are lines of its own, by the name of a hook: `on_start`, `on_stop`, `take_over`.

    >>> "one" in subject_source("one")
    True
    """
    lines = {"on_start": "pass", "on_stop": "pass", "take_over": "pass", **hooks}
    handing = HAND_OVER.format(take_over=lines["take_over"]) if remembers else ""
    source = SUBJECT.format(name=name, on_start=lines["on_start"], on_stop=lines["on_stop"], hand_over=handing)
    return source.replace("    listener = uses(Listener)\n", "") if alone else source


SOURCES: Mapping[type[Contract], str] = {
    Carrier: CARRIER, Register: REGISTER, Subject: subject_source(), Listener: LISTENER, Errand: ERRAND, Fountain: FOUNTAIN,
    Basin: BASIN, Keeper: KEEPER,
}  # fmt: skip
USES: Mapping[type[Contract], tuple[type[Contract], ...]] = {
    Subject: (Listener,), Listener: (Subject,), Errand: (Listener,), Basin: (Fountain,),
}  # fmt: skip
