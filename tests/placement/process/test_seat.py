"""Cells in confined processes: what comes back, and what is left when they fall over."""

import asyncio
import os

import pytest

from planaria import Failed, Refused, Unknown
from planaria.kernel.error import PlanariaError
from tests.placement.process.trial import Checked, Happened, Partner, Picky, Spoiled, Trial, trial  # noqa: F401 - the cell's text names some

ERRORS = """
    async def raise_(self, number, text):
        if text == "declared":
            raise Spoiled(name="milk")
        if text == "undeclared facts":
            raise Picky.__new__(Picky, name=1)
        if text == "forged":
            error = Picky(name="a")
            error.facts = {"self": 1, "other": 2}
            raise error
        if text == "long":
            raise ValueError("\\x1b[2J" + "x" * 100_000)
        if text == "silent":
            class Silent(Exception):
                def __str__(self):
                    raise KeyError("no text")
            raise Silent
        if text == "cancelled":
            raise asyncio.CancelledError
        if text == "wrong":
            return None
        raise KeyError(text)
"""


async def until(reached):
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110 - a complaint is announced to nobody
            await asyncio.sleep(0)


async def consume(items, taken):
    async for one in items:
        taken.append(one)


async def failure(awaited):
    with pytest.raises(PlanariaError) as raised:
        await awaited
    return raised.value


async def test_errors_arrive_as_what_they_are():
    async with trial(ERRORS) as (_, handle, _):
        with pytest.raises(Spoiled) as raised:
            await handle.run("raise_", 0, "declared")
        assert raised.value.facts == {"name": "milk"}
        assert (await failure(handle.run("raise_", 0, "other"))).facts["error"] == "KeyError"
        assert (await failure(handle.run("raise_", 0, "forged"))).facts["error"] == "Picky"
        long = (await failure(handle.run("raise_", 0, "long"))).facts["text"]
        assert long.startswith("\\x1b[2J")
        assert len(long) < 3_000
        assert "KeyError in its text" in (await failure(handle.run("raise_", 0, "silent"))).facts["text"]
        assert (await failure(handle.run("raise_", 0, "cancelled"))).facts["error"] == "CancelledError"
        assert (await failure(handle.run("absent"))).facts["error"] == "AttributeError"


async def test_values_are_checked_on_their_way_out_of_a_worker():
    async with trial() as (_, handle, _):
        assert await handle.check(Checked(3)) == Checked(3)
        assert (await failure(handle.check(Checked(0)))).facts["error"] == "Unwritable"
        assert await handle.carry(b"x" * 3_000_000) == b"x" * 3_000_000
        assert (await failure(handle.carry(b"x" * 9_000_000))).facts["error"] == "TooBig"
        assert await handle.run("nothing") == "done"


async def test_large_values_do_not_hold_up_small_ones():
    async with trial() as (_, handle, _):
        large = [asyncio.create_task(handle.carry(bytes(6_000_000))) for _ in range(4)]
        small = [asyncio.create_task(handle.carry(b"small")) for _ in range(4)]
        assert await asyncio.gather(*small) == [b"small"] * 4
        assert [len(one) for one in await asyncio.gather(*large)] == [6_000_000] * 4


NESTED = """
    async def ask(self, number, text):
        return await self.partner.double(number) + await self.partner.double(number, by=3)

    async def together(self, number, text):
        return sum(await asyncio.gather(*(self.partner.double(one) for one in range(number))))

    async def count(self, number, text):
        return [one async for one in self.partner.count(number)]

    async def count_some(self, number, text):
        items = self.partner.count(number)
        async for one in items:
            if one == 3:
                break
        await items.aclose()
        return one

    async def fail(self, number, text):
        try:
            await self.partner.fail("how")
        except Exception as error:
            return f"{type(error).__module__} {type(error).__name__} {error.code} {error.facts['error']}"

    async def refused(self, number, text):
        return await self.partner.wait()

    async def wrong(self, number, text):
        try:
            return await self.partner.double("four")
        except Exception as error:
            return type(error).__name__

    async def stop_waiting(self, number, text):
        try:
            async with asyncio.timeout(0.05):
                await self.partner.wait()
        except TimeoutError:
            return "stopped"

    async def later(self, number, text):
        async def work():
            self.found = await self.partner.double(number)
        self.work = asyncio.create_task(work())
        return "begun"

    async def told(self, number, text):
        await self.work
        return self.found
"""


async def test_a_cell_reaches_others_from_its_worker():
    async with trial(NESTED) as (_, handle, _):
        assert await handle.run("ask", 5) == "25"
        assert await handle.run("together", 200) == str(200 * 199)
        assert await handle.run("count", 40) == str(list(range(40)))
        assert await handle.run("count_some", 1000) == "3"
        assert await handle.run("fail") == "planaria.kernel.error Failed PLN-C300 KeyError"
        assert await handle.run("wrong") == "WrongValue"
        assert await handle.run("later", 4) == "begun"
        assert await handle.run("told") == "8"


async def test_what_a_worker_no_longer_waits_for_is_cancelled():
    async with trial(NESTED) as (cells, handle, _):
        assert await handle.run("stop_waiting") == "stopped"
        with pytest.raises(Unknown):
            await handle.hurry("refused")
        async with asyncio.timeout(10):
            while await cells.handle(Partner).waiting():  # noqa: ASYNC110 - nobody announces the end of a cancelled call
                await asyncio.sleep(0)


STREAMS = """
    async def opened(self, number, text):
        return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
"""


async def test_streams_flow_as_they_are_taken():
    async with trial(STREAMS) as (_, handle, place):
        assert [len(one) async for one in handle.flow("small", 0)] == [10] * 50
        assert [len(one) async for one in handle.flow("large", 700_000)] == [700_000] * 50
        taken = []
        with pytest.raises(Spoiled):
            await consume(handle.flow("fail", 0), taken)
        assert taken == [b"first"]
        endless = handle.flow("endless", 0)
        assert len(await anext(endless)) == 10
        await endless.aclose()
        assert await handle.carry(b"still here") == b"still here"
        assert [len(one.link.calls.inside) for one in place.seats] == [0]


STATE = """
    async def write(self, number, text):
        def body(tx):
            changed = tx.change("insert into trial__row values (?, ?)", (number, text))
            tx.emit(Happened(text))
            return changed
        return await self.kept.write(body)

    async def rows(self, number, text):
        return await self.kept.read(lambda tx: (tx.rows("select number, text from trial__row order by number"), tx.row("select 1 where 0")))

    async def named(self, number, text):
        return await self.kept.read(lambda tx: tx.row("select text from trial__row where number = :n", {"n": number}))

    async def undo(self, number, text):
        def body(tx):
            tx.change("insert into trial__row values (?, ?)", (number, text))
            raise Spoiled(name=text)
        await self.kept.write(body)

    async def bear(self, number, text):
        def body(tx):
            found = []
            for sql, given in (("select * from planaria__event", ()), ("selct", ()), ("select ?", (object(),)), ("select ?", ([1],))):
                try:
                    tx.rows(sql, given)
                except Exception as error:
                    found.append(error.code)
            try:
                tx.emit(Checked(1))
            except Exception as error:
                found.append(error.code)
            return found
        return await self.kept.read(body)

    async def coroutine(self, number, text):
        async def body(tx):
            pass
        try:
            await self.kept.write(body)
        except Exception as error:
            return error.code

    async def keep(self, number, text):
        await self.kept.read(lambda tx: setattr(self, "tx", tx))
        try:
            self.tx.rows("select 1")
        except Exception as error:
            return error.code

    async def too_much(self, number, text):
        def body(tx):
            try:
                tx.rows("select ?", (bytes(9_000_000),))
            except Exception as error:
                first = error.code
            try:
                tx.rows("select zeroblob(9000000)")
            except Exception as error:
                return first, error.code
        return await self.kept.read(body)

    async def together(self, number, text):
        sql = "insert into trial__row values (?, '')"
        await asyncio.gather(*(self.kept.write(lambda tx, n=n: tx.change(sql, (n,))) for n in range(number)))
        counts = await asyncio.gather(*(self.kept.read(lambda tx: tx.row("select count(*) from trial__row")[0]) for _ in range(10)))
        return set(counts)

    async def hold(self, number, text):
        await self.kept.write(lambda tx: time.sleep(60))
"""


async def test_state_is_the_cells_own_wherever_it_runs():
    async with trial(STATE) as (_, handle, _):
        assert await handle.run("write", 1, "one") == "1"
        with pytest.raises(Spoiled):
            await handle.run("undo", 2, "two")
        assert await handle.run("rows") == "([(1, 'one')], None)"
        assert await handle.run("named", 1) == "('one',)"
        assert (await failure(handle.run("write", 1, "again"))).facts["error"] == "ConstraintBroken"
        assert await handle.run("bear") == "['PLN-S102', 'PLN-S302', 'PLN-S302', 'PLN-S302', 'PLN-E103']"
        assert await handle.run("coroutine") == "PLN-P509"
        assert await handle.run("keep") == "PLN-P513"
        assert await handle.run("too_much") == "('PLN-P507', 'PLN-P507')"


async def test_transactions_of_one_worker_run_one_after_another():
    async with trial(STATE) as (_, handle, _):
        assert await handle.run("together", 40) == "{40}"


async def test_a_transaction_that_is_held_too_long_is_cut_off(monkeypatch):
    monkeypatch.setattr("planaria.placement.process.exchange.HELD_S", 0.2)
    async with trial(STATE) as (cells, handle, _):
        with pytest.raises(Unknown) as raised:
            await handle.run("hold")
        assert "cut off" in str(raised.value)
        assert await handle.run("write", 5, "after") == "1"
        assert any("crashed" in one for one in cells.complaints)


OUTPUT = """
    async def say(self, number, text):
        print("a line", flush=True)
        print("\\x1b[2Jclear", file=sys.stderr, flush=True)
        os.write(1, b"x" * 10_000 + b"\\n")
        for _ in range(number):
            os.write(2, b"flood\\n")
        os.write(1, b"no end of line")
"""


async def test_what_a_worker_prints_becomes_bounded_lines():
    async with trial(OUTPUT) as (cells, handle, _):
        await handle.run("say", 5_000)
        await handle.carry(b"")
    told = cells.complaints
    assert told[:2] == ["cell 'trial': a line", "cell 'trial': \\x1b[2Jclear"]
    assert all(len(one) < 2_200 for one in told)
    assert len(told) < 1_000
    assert any("more lines were dropped" in one for one in told)


async def test_usage_is_told_by_cell():
    async with trial() as (_, handle, place):
        await handle.carry(b"")
        (usage,) = place.usages()
        assert (usage.cell, usage.placement, usage.seats) == ("trial", "process", 1)
        assert usage.calls >= 1
        assert usage.memory_bytes > 1_000_000
        assert usage.cpu_s > 0
    assert place.usages() == []


async def test_a_refusal_inside_is_a_failure_outside():
    async with trial(NESTED) as (_, handle, _):
        error = await failure(handle.run("raise_absent"))
        assert isinstance(error, Failed)
        assert not isinstance(error, Refused)


async def test_a_method_that_is_no_operation_is_none_of_a_seat():
    async with trial() as (_, _, place):
        (seat,) = place.seats
        with pytest.raises(AttributeError):
            seat.method("absent")
        os.kill(seat.link.child.pid, 0)
