import asyncio

import pytest

from planaria.kernel.admission import COOL_OFF_S, FAILURES_MIN, BreakerOpen, Busy
from planaria.kernel.call import Interrupted
from planaria.kernel.cell import SwapFailed
from planaria.kernel.error import Failed
from tests.kernel.house import Closed, Desk, Pause, acting, begin, generation, idle, outcome, pass_s, running


async def break_open(cells):
    for _ in range(FAILURES_MIN):
        await outcome(cells.handle(Desk).work("fail"))


def failing(pause=None):
    async def work(self, what):
        if what == "fail":
            raise ValueError(what)
        return await pause(what) if pause and what != "ok" else what

    return acting(Desk, work=work)


async def test_a_cell_that_fails_too_often_is_left_alone():
    async with running(desk=failing()) as cells:
        await break_open(cells)
        with pytest.raises(BreakerOpen) as refused:
            await cells.handle(Desk).work("ok")
        assert refused.value.facts == {"cell": "desk", "failures": FAILURES_MIN, "retry_after_s": COOL_OFF_S}


async def test_failures_among_more_successes_do_not_open_the_breaker():
    async with running(desk=failing()) as cells:
        for _ in range(FAILURES_MIN * 2):
            await outcome(cells.handle(Desk).work("fail"))
            await cells.handle(Desk).work("ok")
            await cells.handle(Desk).work("ok")
        assert await cells.handle(Desk).work("ok") == "ok"


async def test_declared_errors_are_no_failures():
    async def visit(self, day):
        raise Closed(day=day)

    async with running(desk=acting(Desk, visit=visit)) as cells:
        for _ in range(FAILURES_MIN * 2):
            assert isinstance(await outcome(cells.handle(Desk).visit("sunday")), Closed)


async def test_old_failures_are_forgotten():
    async with running(desk=failing()) as cells:
        for _ in range(FAILURES_MIN * 2):
            await outcome(cells.handle(Desk).work("fail"))
            await pass_s(2)
        assert await cells.handle(Desk).work("ok") == "ok"


async def test_a_long_good_past_with_rare_failures_does_not_blind_the_breaker():
    async with running(desk=failing()) as cells:
        await outcome(cells.handle(Desk).work("fail"))
        for _ in range(1000):
            await cells.handle(Desk).work("ok")
        for _ in range(3):
            await pass_s(9)
            await outcome(cells.handle(Desk).work("fail"))
        await break_open(cells)
        assert isinstance(await outcome(cells.handle(Desk).work("ok")), BreakerOpen)


async def test_calls_that_never_ran_do_not_hide_that_all_others_failed():
    pause = Pause()

    async def work(self, what):
        await pause()
        raise ValueError

    async with running(desk=acting(Desk, work=work), limits={"desk": {"concurrency": FAILURES_MIN, "queue": 0}}) as cells:
        calls = [begin(cells.handle(Desk).work()) for _ in range(FAILURES_MIN)]
        await pause.entered(FAILURES_MIN)
        for _ in range(FAILURES_MIN * 3):
            assert isinstance(await outcome(cells.handle(Desk).work()), Busy)
        pause.open()
        await asyncio.gather(*calls)
        assert isinstance(await outcome(cells.handle(Desk).work()), BreakerOpen)


async def test_waiting_calls_are_refused_when_the_breaker_opens():
    pause = Pause()

    async def work(self, what):
        await pause()
        raise ValueError

    async with running(desk=acting(Desk, work=work), limits={"desk": {"concurrency": FAILURES_MIN}}) as cells:
        calls = [begin(cells.handle(Desk).work()) for _ in range(FAILURES_MIN)]
        await pause.entered(FAILURES_MIN)
        waiting = [begin(cells.handle(Desk).work()) for _ in range(50)]
        await idle()
        pause.open()
        assert all(isinstance(one, Failed) for one in await asyncio.gather(*calls))
        told = await asyncio.gather(*waiting)
        assert {type(one) for one in told} == {Failed, BreakerOpen}
        assert isinstance(told[-1], BreakerOpen)


async def rested(cells):
    await break_open(cells)
    await pass_s(COOL_OFF_S)


async def test_after_its_rest_one_call_tries_and_its_success_closes_the_breaker():
    pause = Pause()
    async with running(desk=failing(pause)) as cells:
        await rested(cells)
        trial = begin(cells.handle(Desk).work("trial"))
        await pause.entered()
        assert isinstance(await outcome(cells.handle(Desk).work("ok")), BreakerOpen)
        pause.open()
        assert await trial == "trial"
        assert await asyncio.gather(*(cells.handle(Desk).work("ok") for _ in range(3))) == ["ok"] * 3


async def test_a_trial_that_fails_opens_the_breaker_again():
    async with running(desk=failing()) as cells:
        await rested(cells)
        assert isinstance(await outcome(cells.handle(Desk).work("fail")), Failed)
        assert isinstance(await outcome(cells.handle(Desk).work("ok")), BreakerOpen)
        await pass_s(COOL_OFF_S)
        assert await cells.handle(Desk).work("ok") == "ok"


async def test_a_trial_that_is_not_answered_opens_the_breaker_again():
    pause = Pause()
    async with running(desk=failing(pause)) as cells:
        await rested(cells)
        assert isinstance(await outcome(cells.handle(Desk).work("trial")), Interrupted)
        with pytest.raises(BreakerOpen) as refused:
            await cells.handle(Desk).work("ok")
        assert refused.value.facts["retry_after_s"] == COOL_OFF_S


async def test_a_trial_that_is_told_a_declared_error_closes_the_breaker():
    async def visit(self, day):
        raise Closed(day=day)

    async def work(self, what):
        raise ValueError

    async with running(desk=acting(Desk, visit=visit, work=work)) as cells:
        await rested(cells)
        assert [type(await outcome(cells.handle(Desk).visit("sunday"))) for _ in range(2)] == [Closed, Closed]


async def test_calls_that_began_before_the_rest_decide_nothing_about_the_trial():
    before, pause = Pause(), Pause()

    async def work(self, what):
        if what in ("fail", "late"):
            await (before(what) if what == "late" else idle())
            raise ValueError(what)
        return await (before if what == "early" else pause)(what)

    async with running(desk=acting(Desk, work=work)) as cells:
        early, late = (begin(cells.handle(Desk).work(what)) for what in ("early", "late"))
        dropped = begin(cells.handle(Desk).work("early"))
        await before.entered(3)
        for _ in range(FAILURES_MIN + 5):
            await outcome(cells.handle(Desk).work("fail"))
        await pass_s(COOL_OFF_S - 1)
        trial = None
        before.open()
        dropped.cancel()
        assert (await early, type(await late)) == ("early", Failed)
        assert isinstance(await outcome(cells.handle(Desk).work("ok")), BreakerOpen)
        await pass_s(1)
        trial = begin(cells.handle(Desk).work("trial"))
        await pause.entered()
        pause.open()
        assert await trial == "trial"


async def test_a_new_generation_begins_with_a_closed_breaker(tmp_path):
    async with running(desk=failing()) as cells:
        await break_open(cells)
        await cells.life.swap("desk", generation(Desk, tmp_path))
        assert await cells.handle(Desk).work("ok") == "ok"


async def test_failures_of_the_generation_before_say_nothing_about_the_one_in_force(tmp_path):
    pause = Pause()

    async def work(self, what):
        await pause()
        raise ValueError(what)

    async with running(desk=acting(Desk, work=work)) as cells:
        calls = [begin(cells.handle(Desk).work()) for _ in range(FAILURES_MIN)]
        await pause.entered(FAILURES_MIN)
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path)))
        await idle()
        pause.open()
        assert {type(one) for one in await asyncio.gather(*calls)} == {Failed}
        await swap
        assert await cells.handle(Desk).work("ok") == "ok"


async def test_nobody_tries_a_cell_while_memory_is_handed_over(tmp_path):
    handing = Pause()

    async def work(self, what):
        raise ValueError

    async def hand_over(self):
        await handing()
        raise ValueError

    async with running(desk=acting(Desk, work=work, hand_over=hand_over)) as cells:
        await rested(cells)
        swap = begin(cells.life.swap("desk", generation(Desk, tmp_path)))
        await handing.entered()
        with pytest.raises(BreakerOpen) as refused:
            await cells.handle(Desk).work("trial")
        assert refused.value.facts["retry_after_s"] == 0.1
        handing.open()
        assert isinstance(await swap, SwapFailed)
