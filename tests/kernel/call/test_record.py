import asyncio

from planaria.kernel.call import SAMPLED_EVERY
from planaria.record.status import status_of
from tests.kernel.house import ONE, Desk, Errand, Pause, acting, begin, fails, generation, going, idle, measured, outcome, running


async def test_calls_are_counted_exactly_and_timed_by_sample():
    sampled = []

    async def go(self, what):
        for _ in range(SAMPLED_EVERY * 3):
            await self.desk.work(what)
        return what

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        for one in cells.life.operations:
            one.samplers = (sampled.append,)
        await cells.handle(Errand).go("abc")
        assert measured(cells, "work")["calls"] == SAMPLED_EVERY * 3
        assert [one.operation for one in sampled] == ["work"] * 3 + ["go"]


async def test_calls_stay_counted_when_observers_come_and_go():
    records = []

    async def go(self, what):
        for _ in range(10):
            await self.desk.work(what)
        return what

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        await cells.handle(Errand).go()
        cells.life.observe(records.append)
        await cells.handle(Errand).go()
        cells.life.observe()
        await cells.handle(Errand).go()
        assert (measured(cells, "work")["calls"], len(records)) == (30, 11)


async def test_an_observer_sees_every_outcome():
    records, pause = [], Pause()

    async def work(self, what):
        return await (fails(self) if what == "fail" else pause(what) if what == "wait" else asyncio.sleep(0, "x"))

    async with running(desk=acting(Desk, work=work), limits=ONE) as cells:
        cells.life.observe(records.append)
        for what in ("", "fail", "wait"):
            await outcome(cells.life.call("desk", "work", (what,), caller="me"))
        waiting = [begin(cells.handle(Desk).work("wait")) for _ in range(2)]
        await pause.entered(2)
        await idle()
        waiting[1].cancel()
        await idle()
        pause.open()
        assert await waiting[0] == "wait"
        told = [(one.outcome, one.result, type(one.error).__name__) for one in records]
        assert told == [
            ("completed", "x", "NoneType"),
            ("failed", None, "Failed"),
            ("unknown", None, "CancelledError"),
            ("refused", None, "CancelledError"),
            ("completed", "wait", "NoneType"),
        ]
        assert {(one.cell, one.operation, one.chain) for one in records} == {("desk", "work", ("desk",))}
        assert [one.caller for one in records] == ["me", "me", "me", "direct", "direct"]
        assert [one.arguments for one in records] == [("",), ("fail",), ("wait",), ("wait",), ("wait",)]
        assert records[0].request != records[1].request
        assert records[0].elapsed_s >= 0
        assert measured(cells, "work") == {"calls": 5, "refused": 1, "failed": 1, "unknown": 1}


async def test_an_observer_sees_the_chain_of_cells():
    records = []
    async with running(desk=acting(Desk), errand=going()) as cells:
        cells.life.observe(records.append)
        await cells.handle(Errand).go()
        assert [one.chain for one in records] == [("errand", "desk"), ("errand",)]
        assert len({one.request for one in records}) == 1


async def test_an_observer_that_raises_changes_nothing_and_is_complained_of():
    def observer(record):
        raise ValueError("blind")

    async with running(desk=acting(Desk)) as cells:
        cells.life.observe(observer)
        assert await cells.handle(Desk).work("a") == "a"
        assert len(cells.complaints) == 1
        assert cells.complaints[0].endswith("ValueError: blind")


async def test_a_record_names_the_generation_that_ran(tmp_path):
    records, pause = [], Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        cells.life.observe(records.append)
        old = status_of(cells.life)[0].generation
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        new = generation(Desk, tmp_path)
        swap = asyncio.create_task(cells.life.swap("desk", new))
        await idle()
        await cells.handle(Desk).work()
        pause.open()
        await call
        await swap
        assert [one.generation for one in records] == [new.digest, old]
        await outcome(cells.handle(Desk).count(-1))
        assert records[-1].generation == new.digest
