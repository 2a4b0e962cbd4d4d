import asyncio

from planaria.kernel.call import (
    Interrupted,
    Lost,
    outcome_of,
)
from planaria.kernel.error import Unknown
from tests.kernel.house import Desk, Errand, Pause, acting, begin, generation, going, measured, running, stubborn


async def closed_under(call, tmp_path, **doing):
    """Swap while `call` (a function of the cells) is stuck; return its outcome, the measures and the records."""
    pause, records = Pause(), []

    async def work(self, what):
        return await (stubborn(pause, what) if what == "stubborn" else pause(what))

    desk = acting(Desk, work=work, repeat=work)
    async with running(desk=desk, errand=going(), limits={"desk": {"drain_s": 1}}) as cells:
        cells.life.observe(records.append)
        task = begin(call(cells))
        await pause.entered()
        await cells.life.swap("desk", generation(Desk, tmp_path, **doing))
        pause.open()
        return await task, cells, records


async def test_a_call_whose_generation_is_closed_is_unknown(tmp_path):
    lost, cells, records = await closed_under(lambda cells: cells.handle(Desk).work(), tmp_path)
    assert (type(lost), outcome_of(lost)) == (Lost, "unknown")
    assert measured(cells, "work") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}
    assert [one.outcome for one in records] == ["unknown"]


async def test_an_idempotent_call_runs_again_in_the_next_generation_and_counts_once(tmp_path):
    again, cells, records = await closed_under(lambda cells: cells.handle(Desk).repeat("a"), tmp_path)
    assert again == "a"
    assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 0}
    assert [one.outcome for one in records] == ["completed"]


async def test_a_nested_idempotent_call_runs_again_too(tmp_path):
    async def go(self, what):
        return await self.desk.repeat(what)

    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause), errand=going(go=go), limits={"desk": {"drain_s": 1}}) as cells:
        task = begin(cells.handle(Errand).go("a"))
        await pause.entered()
        await cells.life.swap("desk", generation(Desk, tmp_path))
        assert await task == "a"
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 0}


async def test_a_nested_call_that_is_lost_is_unknown_to_its_caller(tmp_path):
    unknown, cells, _ = await closed_under(lambda cells: cells.handle(Errand).go(), tmp_path)
    assert (type(unknown), type(unknown.__cause__)) == (Unknown, Lost)
    assert measured(cells, "go", "errand")["unknown"] == 1


async def test_a_call_that_may_have_run_is_never_refused():
    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause), limits={"desk": {"drain_s": 1}}) as cells:
        call = begin(cells.handle(Desk).repeat())
        await pause.entered()
        await cells.life.cells["desk"].stop()
        lost = await call
        assert (type(lost), lost.__cause__.code) == (Lost, "PLN-C205")
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}


async def test_a_call_that_is_interrupted_while_it_waits_to_run_again_is_unknown(tmp_path):
    pause = Pause()

    async def work(self, what):
        return await stubborn(pause, what)

    async with running(desk=acting(Desk, repeat=pause, work=work), limits={"desk": {"concurrency": 2, "drain_s": 1}}) as cells:
        held = [begin(cells.handle(Desk).repeat()), begin(cells.handle(Desk).work())]
        await pause.entered(2)
        begin(cells.handle(Desk).work("waits"))
        again = Pause()
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path, work=again, repeat=again)))
        interrupted = await held[0]
        assert (type(interrupted), outcome_of(interrupted)) == (Interrupted, "unknown")
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}
        pause.open()
        again.open()
        await swap
        await held[1]


async def test_a_call_that_ignores_being_cancelled_is_given_its_answer(tmp_path):
    answer, _, _ = await closed_under(lambda cells: cells.handle(Desk).work("stubborn"), tmp_path)
    assert answer == "stubborn"
