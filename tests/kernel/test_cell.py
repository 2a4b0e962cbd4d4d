import asyncio

import pytest

from planaria.kernel.admission import CellDown
from planaria.kernel.cell import START_S, NoSuchPlacement, RightMissing, SwapFailed
from planaria.kernel.system import uses
from planaria.record.status import status_of
from planaria.testing import run_cells
from planaria.testing.inline import inline_generation, inline_system
from tests.kernel.house import ONE, Desk, Diary, Errand, Pause, acting, begin, generation, idle, now_s, outcome, running, state_of


def remembering(memory=None):
    """Make the hooks of a generation with memory."""

    async def hand_over(self):
        return getattr(self, "memory", memory)

    async def take_over(self, handed):
        self.memory = handed

    async def work(self, what):
        self.memory = getattr(self, "memory", memory) + what
        return self.memory

    return {"hand_over": hand_over, "take_over": take_over, "work": work}


# swap


async def test_a_swap_replaces_the_generation_and_closes_the_one_before(tmp_path):
    diary = Diary()

    async def new(self, what):
        return "new"

    async with running(desk=acting(Desk, **diary.hooks("old"))) as cells:
        assert await cells.handle(Desk).work("old") == "old"
        made = generation(Desk, tmp_path, work=new, **diary.hooks("new"))
        await cells.life.swap("desk", made)
        assert (await cells.handle(Desk).work("old"), status_of(cells.life)[0].generation) == ("new", made.digest)
    assert diary.lines == ["old starts", "new starts", "old stops", "new stops"]


async def test_calls_move_to_the_new_generation_at_once_while_the_old_one_drains(tmp_path):
    diary, pause = Diary(), Pause()
    async with running(desk=acting(Desk, work=pause, **diary.hooks("old"))) as cells:
        call = begin(cells.handle(Desk).work("old"))
        await pause.entered()
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path)))
        await idle()
        assert (await cells.handle(Desk).work("new"), swap.done(), diary.lines) == ("new", False, ["old starts"])
        pause.open()
        assert await call == "old"
        await swap
        assert (diary.lines, now_s()) == (["old starts", "old stops"], 0)


async def test_memory_is_handed_over_when_the_last_call_has_ended_and_calls_wait_meanwhile(tmp_path):
    pause = Pause()

    async def repeat(self, what):
        await pause()
        self.memory += "written late "
        return what

    async with running(desk=acting(Desk, repeat=repeat, **remembering("")), limits={"desk": {"drain_s": 5}}) as cells:
        await cells.handle(Desk).work("written ")
        late = [begin(cells.handle(Desk).repeat()) for _ in range(2)]
        await pause.entered(2)
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path, **remembering())))
        await idle()
        call = begin(cells.handle(Desk).work("after"))
        await idle()
        assert not call.done()
        pause.open()
        assert await call == "written written late written late after"
        await asyncio.gather(swap, *late)
        assert now_s() == 0


async def test_memory_is_handed_over_as_soon_as_the_last_call_has_ended(tmp_path):
    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause, **remembering(""))) as cells:
        calls = [begin(cells.handle(Desk).repeat()) for _ in range(2)]
        await pause.entered(2)
        asyncio.get_running_loop().call_later(1, pause.open)
        await cells.life.swap("desk", generation(Desk, tmp_path, **remembering("")))
        assert (await asyncio.gather(*calls), now_s()) == (["", ""], 1)


async def test_a_swap_gives_up_when_calls_do_not_end_before_memory_is_handed_over(tmp_path):
    diary, pause = Diary(), Pause()
    async with running(desk=acting(Desk, repeat=pause, **remembering("")), limits={"desk": {"drain_s": 1}}) as cells:
        call = begin(cells.handle(Desk).repeat("a"))
        await pause.entered()
        failed = await outcome(cells.life.swap("desk", generation(Desk, tmp_path, **diary.hooks("new"))))
        assert (type(failed), failed.facts["text"], now_s()) == (SwapFailed, "TimeoutError: ", 1)
        assert diary.lines == ["new starts", "new stops"]
        assert await cells.handle(Desk).work("b") == "b"
        pause.open()
        assert await call == "a"


async def fail(self, *arguments):
    raise ValueError("no")


@pytest.mark.parametrize("where", ["on_start", "take_over"])
async def test_a_swap_that_fails_leaves_the_old_generation_untouched(tmp_path, where):
    diary, records = Diary(), []
    async with running(desk=acting(Desk, **remembering("a"))) as cells:
        await cells.handle(Desk).work("b")
        before = status_of(cells.life)[0].generation
        made = generation(Desk, tmp_path, **(diary.hooks("new") | {where: fail}))
        failed = await outcome(cells.life.swap("desk", made))
        assert failed.facts == {"cell": "desk", "current": before[:12], "candidate": made.digest[:12], "text": "ValueError: no"}
        assert diary.lines[-1] == "new stops"
        records.append(await cells.handle(Desk).work("c"))
        assert (records, status_of(cells.life)[0].generation) == (["abc"], before)


async def test_calls_that_waited_for_a_swap_that_failed_go_on_in_the_old_generation(tmp_path):
    handing = Pause()

    async def hand_over(self):
        await handing()
        raise ValueError

    async with running(desk=acting(Desk, hand_over=hand_over)) as cells:
        swap = begin(cells.life.swap("desk", generation(Desk, tmp_path)))
        await handing.entered()
        call = begin(cells.handle(Desk).work("a"))
        await idle()
        assert not call.done()
        handing.open()
        assert (await call, type(await swap)) == ("a", SwapFailed)


async def test_a_swap_that_is_cancelled_closes_the_candidate(tmp_path):
    diary, pause = Diary(), Pause()
    async with running(desk=acting(Desk, repeat=pause, **remembering(""))) as cells:
        call = begin(cells.handle(Desk).repeat("a"))
        await pause.entered()
        swap = begin(cells.life.swap("desk", generation(Desk, tmp_path, **diary.hooks("new"))))
        await idle()
        swap.cancel()
        assert type(await swap) is asyncio.CancelledError
        assert diary.lines == ["new starts", "new stops"]
        assert await cells.handle(Desk).work("b") == "b"
        pause.open()
        assert await call == "a"


async def test_a_swap_that_is_cancelled_while_the_old_generation_drains_closes_the_old_one(tmp_path):
    diary, pause = Diary(), Pause()
    async with running(desk=acting(Desk, work=pause, **diary.hooks("old"))) as cells:
        call = begin(cells.handle(Desk).work("a"))
        await pause.entered()
        swap = begin(cells.life.swap("desk", generation(Desk, tmp_path)))
        await idle()
        swap.cancel()
        assert type(await swap) is asyncio.CancelledError
        assert diary.lines == ["old starts", "old stops"]
        pause.open()
        assert (await call, await cells.handle(Desk).work("b")) == ("a", "b")


async def test_a_cell_that_is_not_up_is_not_swapped(tmp_path):
    async with running(desk=acting(Desk)) as cells:
        pass
    failed = await outcome(cells.life.swap("desk", generation(Desk, tmp_path)))
    assert (type(failed), type(failed.__cause__)) == (SwapFailed, CellDown)


async def test_two_swaps_happen_one_after_the_other(tmp_path):
    async def name(self, what):
        return "second"

    async with running(desk=acting(Desk)) as cells:
        first, second = generation(Desk, tmp_path), generation(Desk, tmp_path, work=name)
        await asyncio.gather(cells.life.swap("desk", first), cells.life.swap("desk", second))
        assert await cells.handle(Desk).work() == "second"


async def test_calls_under_swaps_all_end_and_none_is_lost(tmp_path):
    async def work(self, what):
        await idle()
        return what

    async with running(desk=acting(Desk, work=work), limits={"desk": {"concurrency": 3}}) as cells:
        calls = [begin(cells.handle(Desk).work(str(number))) for number in range(60)]
        for _ in range(5):
            await cells.life.swap("desk", generation(Desk, tmp_path, work=work))
        assert await asyncio.gather(*calls) == [str(number) for number in range(60)]


# rights and placements


async def test_an_implementation_may_use_only_what_the_system_grants():
    errand = acting(Errand, {"desk": uses(Desk)})
    with pytest.raises(RightMissing) as missing:
        async with running(desk=acting(Desk), errand=errand, uses={Desk: (), Errand: ()}):
            pass
    assert missing.value.facts["problems"] == ["it uses 'desk': add its contract to `uses` in system.add(Errand), or do without"]


async def test_a_generation_cannot_widen_the_rights_of_its_cell(tmp_path):
    async with run_cells({Errand: acting(Errand), Desk: acting(Desk)}) as cells:
        failed = await outcome(cells.life.swap("errand", inline_generation(Errand, acting(Errand, {"desk": uses(Desk)}), tmp_path)))
        assert type(failed.__cause__) is RightMissing


async def test_a_placement_that_is_not_there_is_named():
    async with running(desk=acting(Desk)) as cells:
        cells.life.system.place(Desk, "moon")
        system = inline_system([Desk])
        system.place(Desk, "moon")
        life = type(cells.life)(system, ports=cells.life.ports, current=cells.life.current)
        with pytest.raises(NoSuchPlacement) as missing:
            await life.start()
        assert missing.value.facts == {"cell": "desk", "placement": "moon", "known": "inprocess"}


# stopping


async def test_a_stop_ends_with_the_last_call_and_not_with_the_drain_time():
    pause, diary = Pause(), Diary()
    async with running(desk=acting(Desk, work=pause, **diary.hooks("desk")), limits=ONE) as cells:
        calls = [begin(cells.handle(Desk).work("a")) for _ in range(2)]
        await pause.entered()
        stopping = asyncio.create_task(cells.life.stop())
        await idle()
        assert (state_of(cells), diary.lines, type(await calls[1])) == ("stopping", ["desk starts"], CellDown)
        asyncio.get_running_loop().call_later(3, pause.open)
        await stopping
        assert (await calls[0], now_s(), diary.lines[-1], state_of(cells)) == ("a", 3, "desk stops", "stopped")


async def test_a_call_that_does_not_end_is_cancelled_after_the_drain_time():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"drain_s": 2}}) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        await cells.life.stop()
        assert ((await call).code, now_s()) == ("PLN-C402", 2)


async def test_a_call_that_ignores_being_cancelled_holds_up_a_stop_for_two_drain_times_only():
    pause = Pause()

    async def work(self, what):
        while not pause._open.is_set():
            try:
                await pause()
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()
        return what

    async with running(desk=acting(Desk, work=work), limits={"desk": {"drain_s": 2}}) as cells:
        call = begin(cells.handle(Desk).work("a"))
        await pause.entered()
        await cells.life.stop()
        assert now_s() == 4
        pause.open()
        assert await call == "a"


async def test_a_stop_that_raises_is_complained_of():
    async with running(desk=acting(Desk, on_stop=fail)) as cells:
        pass
    assert cells.complaints == ["cell 'desk' did not stop cleanly: ValueError: no"]


async def test_a_stop_that_hangs_is_given_up():
    async with running(desk=acting(Desk, on_stop=Pause())) as cells:
        pass
    assert (cells.complaints, now_s()) == (["cell 'desk' did not stop cleanly: TimeoutError: "], START_S)


async def test_a_start_that_hangs_is_given_up_and_cleared_away():
    diary = Diary()
    with pytest.raises(TimeoutError):
        async with running(desk=acting(Desk, **diary.hooks("desk", on_start=Pause()))):
            pass
    assert (diary.lines, now_s()) == (["desk stops"], START_S)
