import asyncio

import pytest

from planaria.kernel.cell import DELAY_FIRST_S, DELAY_MAX_S
from planaria.record.status import status_of
from tests.kernel.house import Desk, Diary, Pause, acting, begin, generation, idle, now_s, pass_s, running, state_of


class Crashes:
    """A background that crashes when it is told to; one per start."""

    def __init__(self):
        self.starts, self.told, self._news = 0, [], asyncio.Event()

    async def started(self, count):
        while self.starts < count:
            self._news.clear()
            await self._news.wait()

    async def background(self, implementation):
        self.starts += 1
        told = asyncio.Event()
        self.told.append(told)
        self._news.set()
        await told.wait()
        raise ValueError("bang")

    def hooks(self):
        async def background(implementation):
            await self.background(implementation)

        return {"background": background}


async def test_a_cell_that_crashes_is_started_again_and_calls_wait_meanwhile():
    crashes, diary = Crashes(), Diary()
    async with running(desk=acting(Desk, **diary.hooks("desk"), **crashes.hooks())) as cells:
        await idle()
        crashes.told[0].set()
        await idle()
        assert (state_of(cells), cells.complaints) == ("restarting", ["cell 'desk' crashed: ValueError: bang"])
        assert await cells.handle(Desk).work("a") == "a"
        assert (crashes.starts, diary.lines, status_of(cells.life)[0].crashes) == (2, ["desk starts", "desk stops", "desk starts"], 1)
        assert now_s() == DELAY_FIRST_S * 2


async def test_calls_that_run_during_a_crash_are_finished():
    crashes, pause = Crashes(), Pause()
    async with running(desk=acting(Desk, work=pause, **crashes.hooks())) as cells:
        call = begin(cells.handle(Desk).work("a"))
        await pause.entered()
        crashes.told[0].set()
        await cells.handle(Desk).knows(1)
        pause.open()
        assert await call == "a"


async def test_each_restart_in_a_while_waits_longer():
    crashes, times = Crashes(), []
    async with running(desk=acting(Desk, **crashes.hooks()), limits={"desk": {"restarts": 2000, "restarts_within_s": 1e9}}) as cells:
        for number in range(12):
            await crashes.started(number + 1)
            before_s = now_s()
            crashes.told[number].set()
            await crashes.started(number + 2)
            times.append(now_s() - before_s)
        assert state_of(cells) == "up"
    assert times == pytest.approx([min(DELAY_MAX_S, DELAY_FIRST_S * 2**number) for number in range(1, 13)])


async def test_a_very_long_row_of_crashes_still_waits_between_them():
    async with running(desk=acting(Desk, **(crashes := Crashes()).hooks()), limits={"desk": {"restarts": 5000}}) as cells:
        cells.life.cells["desk"].crashes.extend([now_s()] * 2000)
        await crashes.started(1)
        crashes.told[0].set()
        await crashes.started(2)
        assert now_s() == DELAY_MAX_S


async def test_old_crashes_are_forgotten():
    crashes = Crashes()
    async with running(desk=acting(Desk, **crashes.hooks()), limits={"desk": {"restarts": 1, "restarts_within_s": 60}}) as cells:
        for number in range(4):
            await idle()
            crashes.told[number].set()
            await idle()
            await cells.handle(Desk).work()
            await pass_s(61)
        assert (state_of(cells), cells.life.ended.done()) == ("up", False)


async def test_background_work_that_ends_is_no_crash():
    async def background(self):
        pass

    async def cancelled(self):
        raise asyncio.CancelledError

    for work in (background, cancelled):
        async with running(desk=acting(Desk, background=work)) as cells:
            await idle()
            assert (state_of(cells), cells.complaints) == ("up", [])


async def test_a_crash_during_a_swap_does_not_undo_the_swap(tmp_path):
    crashes, starting = Crashes(), Pause()
    async with running(desk=acting(Desk, **crashes.hooks())) as cells:
        await idle()
        made = generation(Desk, tmp_path, on_start=starting)
        swap = asyncio.create_task(cells.life.swap("desk", made))
        await starting.entered()
        crashes.told[0].set()
        await idle()
        starting.open()
        await swap
        await pass_s(10)
        assert (status_of(cells.life)[0].generation, crashes.starts, starting.count, state_of(cells)) == (made.digest, 1, 1, "up")


async def test_a_crash_while_a_cell_stops_does_not_start_it_again():
    crashes, pause = Crashes(), Pause()
    async with running(desk=acting(Desk, work=pause, **crashes.hooks())) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        stopping = asyncio.create_task(cells.life.stop())
        await idle()
        crashes.told[0].set()
        await idle()
        pause.open()
        await stopping
        await call
        await pass_s(60)
        assert (state_of(cells), crashes.starts) == ("stopped", 1)


async def test_a_crash_of_a_generation_that_was_replaced_concerns_nobody(tmp_path):
    crashes, pause = Crashes(), Pause()
    async with running(desk=acting(Desk, work=pause, **crashes.hooks())) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path)))
        await idle()
        crashes.told[0].set()
        await idle()
        assert (state_of(cells), cells.complaints) == ("up", [])
        pause.open()
        await asyncio.gather(call, swap)


async def test_a_restart_that_is_cut_short_by_a_stop_closes_what_it_started():
    crashes, diary, starting = Crashes(), Diary(), Pause()

    async def on_start(self):
        diary.lines.append("starts")
        if crashes.starts:
            await starting()

    hooks = diary.hooks("desk", on_start=on_start, **crashes.hooks())
    async with running(desk=acting(Desk, **hooks)) as cells:
        await idle()
        crashes.told[0].set()
        await starting.entered()
        await cells.life.stop()
        assert (diary.lines, state_of(cells)) == (["starts", "desk stops", "starts", "desk stops"], "stopped")


async def test_a_stop_while_the_crashed_generation_is_closed_closes_it_again():
    crashes, closing, stops = Crashes(), Pause(), []

    async def on_stop(self):
        stops.append("stops")
        if len(stops) == 1:
            await closing()

    async with running(desk=acting(Desk, on_stop=on_stop, **crashes.hooks())) as cells:
        await idle()
        crashes.told[0].set()
        await closing.entered()
        await cells.life.stop()
        assert (stops, state_of(cells)) == (["stops", "stops"], "stopped")
