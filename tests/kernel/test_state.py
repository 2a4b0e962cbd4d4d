import asyncio

import pytest

from planaria.kernel.state import AlreadySeen, OneWriteOnly
from planaria.kernel.system import state, uses
from planaria.testing import MemoryStore
from tests.kernel.house import Desk, Noted, Reader, acting, idle, outcome, pass_s, running

TABLES = {"desk": "create table desk__line (text text);", "reader": "create table reader__seen (key text);"}
INSERT = "insert into reader__seen values (?)"


def writing(body):
    async def work(self, what):
        return await self.shelf.write(lambda tx: body(tx, what))

    async def repeat(self, what):
        return await self.shelf.read(lambda tx: body(tx, what))

    return acting(Desk, {"shelf": state()}, work=work, repeat=repeat)


async def test_a_cell_reads_and_writes_its_own_tables():
    def body(tx, what):
        return eval(what, {"tx": tx})

    async with running(desk=writing(body), tables={"desk": TABLES["desk"]}) as cells:
        desk = cells.handle(Desk)
        insert = "tx.change('insert into desk__line values (?), (?)', ('a', 'b'))"
        assert await desk.work(insert) == 2
        assert await desk.repeat("tx.rows('select text from desk__line order by text')") == [("a",), ("b",)]
        assert await desk.repeat("tx.row('select text from desk__line where text = ?', ('b',))") == ("b",)
        assert await desk.repeat("tx.row('select text from desk__line where text = ?', ('c',))") is None
        assert (await outcome(desk.repeat("tx.rows('select * from planaria__event')"))).code == "PLN-C300"


async def test_a_transaction_that_raises_changes_nothing():
    def body(tx, what):
        tx.change("insert into desk__line values ('a')")
        raise ValueError

    store = MemoryStore()
    async with running(desk=writing(body), tables={"desk": TABLES["desk"]}, store=store) as cells:
        await outcome(cells.handle(Desk).work())
        assert store.rows("select * from desk__line") == []


def emitting(**doing):
    async def work(self, what):
        await self.shelf.write(lambda tx: tx.emit(Noted(what)))
        return what

    return acting(Desk, {"shelf": state()}, work=work, **doing)


async def handled(note, wires=None, store=None, **desk):
    """Run one event through a handler; return what is in the reader's table, what the handler raised, and the complaints."""
    raised = []

    async def noting(self, noted):
        try:
            await note(self, noted)
        except Exception as error:
            raised.append(error)
            raise

    store = store or MemoryStore()
    reader = acting(Reader, {"seen": state()} | (wires or {}), note=noting)
    async with running(desk=emitting(**desk), reader=reader, tables=TABLES, store=store) as cells:
        await cells.handle(Desk).work("a")
        await pass_s(60)
        return [key for (key,) in store.rows("select key from reader__seen")], raised, cells.complaints


def insert(key):
    return lambda tx: tx.change(INSERT, (key,))


async def test_a_handler_writes_once_for_each_event():
    async def note(self, noted):
        await self.seen.write(insert("first"))
        await self.seen.write(insert("second"))

    seen, raised, _ = await handled(note)
    assert (seen, [type(error) for error in raised], raised[0].facts) == (["first"], [OneWriteOnly], {"handler": "reader.note"})


async def test_two_writes_of_a_handler_side_by_side_have_one_effect():
    async def note(self, noted):
        await asyncio.gather(self.seen.write(insert("first")), self.seen.write(insert("second")))

    seen, raised, _ = await handled(note)
    assert (seen, type(raised[0]), raised[0].facts) == (["first"], AlreadySeen, {"handler": "reader.note", "event": 1})
    assert len(raised) == 1


async def test_a_write_that_failed_may_be_tried_again_in_the_same_delivery():
    async def note(self, noted):
        with pytest.raises(ZeroDivisionError):
            await self.seen.write(lambda tx: 1 / 0)
        await self.seen.write(insert("second"))

    assert await handled(note) == (["second"], [], [])


async def test_reading_is_free_in_a_handler():
    async def note(self, noted):
        await self.seen.read(lambda tx: tx.rows("select * from reader__seen"))
        await self.seen.write(insert("a"))
        await self.seen.read(lambda tx: tx.rows("select * from reader__seen"))

    assert await handled(note) == (["a"], [], [])


async def test_what_another_cell_writes_for_a_handler_is_no_matter_of_the_delivery():
    async def repeat(self, what):
        await self.shelf.write(lambda tx: tx.change("insert into desk__line values ('a')"))
        return what

    async def note(self, noted):
        await self.desk.repeat("a")
        await self.seen.write(insert("a"))
        await self.desk.repeat("a")

    assert await handled(note, {"desk": uses(Desk)}, repeat=repeat) == (["a"], [], [])


async def test_a_task_that_outlives_its_delivery_writes_as_often_as_it_likes():
    tasks = []

    async def note(self, noted):
        async def later():
            await idle()
            await self.seen.write(insert("b"))
            await self.seen.write(insert("c"))

        await self.seen.write(insert("a"))
        tasks.append(asyncio.create_task(later()))

    assert await handled(note) == (["a", "b", "c"], [], [])
