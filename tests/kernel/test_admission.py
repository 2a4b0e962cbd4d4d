import asyncio

import pytest

from planaria.kernel.admission import Busy, CellDown, Resident
from planaria.kernel.call import Lost
from planaria.kernel.system import uses
from planaria.record.status import status_of
from tests.kernel.house import Desk, Errand, Pause, acting, begin, generation, idle, now_s, running, until

ONE = {"desk": {"concurrency": 1}}


def counts(cells, cell="desk"):
    one = next(one for one in status_of(cells.life) if one.cell == cell)
    return one.running, one.queued


async def test_a_call_waits_while_every_place_is_taken():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"concurrency": 2}}) as cells:
        calls = [begin(cells.handle(Desk).work(str(number))) for number in range(3)]
        await pause.entered(2)
        await idle()
        assert (pause.count, counts(cells)) == (2, (2, 1))
        pause.open()
        assert await asyncio.gather(*calls) == ["0", "1", "2"]
        assert counts(cells) == (0, 0)


async def test_places_are_given_in_the_order_in_which_calls_came():
    pause, order = Pause(), []

    async def work(self, what):
        order.append(what)
        return await pause(what)

    async with running(desk=acting(Desk, work=work), limits=ONE) as cells:
        calls = [begin(cells.handle(Desk).work(what)) for what in "abcd"]
        await pause.entered()
        pause.open()
        await asyncio.gather(*calls)
        assert order == list("abcd")


async def test_a_call_beyond_the_queue_is_refused_and_told_when_to_come_back():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"concurrency": 1, "queue": 1}}) as cells:
        calls = [begin(cells.handle(Desk).work()) for _ in range(2)]
        await idle()
        with pytest.raises(Busy) as busy:
            await cells.handle(Desk).work()
        assert busy.value.facts == {"cell": "desk", "running": 1, "queued": 1, "queue": 1, "retry_after_s": 0.05}
        pause.open()
        await asyncio.gather(*calls)


async def test_a_call_that_is_cancelled_while_it_waits_leaves_the_queue():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits=ONE) as cells:
        first, second = (begin(cells.handle(Desk).work(what)) for what in "ab")
        await idle()
        second.cancel()
        await idle()
        assert counts(cells) == (1, 0)
        pause.open()
        assert await first == "a"


async def test_a_place_given_to_a_call_that_is_cancelled_at_once_is_given_to_the_next():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits=ONE) as cells:
        first, second, third = (begin(cells.handle(Desk).work(what)) for what in "abc")
        await idle()
        pause.open()
        await until(lambda: counts(cells) == (1, 1))  # the second has its place, and does not know it yet
        second.cancel()
        assert await third == "c"
        assert isinstance(await second, asyncio.CancelledError)
        assert await first == "a"


async def test_a_drain_hears_of_a_place_that_was_given_back_unused():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits=ONE) as cells:
        admission = cells.life.cells["desk"].admission
        first, second = (begin(cells.handle(Desk).work(what)) for what in "ab")
        await idle()
        pause.open()
        await until(lambda: not admission.waiting)  # the second has its place, and does not know it yet
        second.cancel()
        before = admission.move(Resident("next", {}))
        assert (before.running, await admission.drained(before, 5), now_s()) == (1, True, 0)
        assert await first == "a"


async def test_a_drain_that_takes_too_long_says_so():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        admission = cells.life.cells["desk"].admission
        assert not await admission.drained(admission.resident, 1)
        pause.open()
        await call


async def test_a_cell_that_is_not_up_refuses():
    async with running(desk=acting(Desk)) as cells:
        work = cells.handle(Desk).work
    with pytest.raises(CellDown) as down:
        await work()
    assert down.value.facts == {"cell": "desk", "state": "stopped"}


async def test_waiting_calls_are_refused_when_the_cell_will_not_come_up():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits=ONE) as cells:
        first, second, third = (begin(cells.handle(Desk).work()) for _ in range(3))
        await idle()
        third.cancel()
        cells.life.cells["desk"].admission.turn("down")
        assert isinstance(await second, CellDown)
        assert isinstance(await third, asyncio.CancelledError)
        pause.open()
        await first


async def test_a_call_that_is_refused_and_cancelled_at_once_is_cancelled():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits=ONE) as cells:
        first, second = (begin(cells.handle(Desk).work()) for _ in range(2))
        await idle()
        cells.life.cells["desk"].admission.turn("down")
        second.cancel()
        assert isinstance(await second, asyncio.CancelledError)
        pause.open()
        await first


# re-entrance: a chain of calls that is inside a cell never waits for a place in it


def around(how):
    async def work(self, what):
        return what if what == "inside" else await how(self.errand.go("inside"))

    async def go(self, what):
        return await how(self.desk.work(what))

    return {"desk": acting(Desk, {"errand": uses(Errand)}, work=work), "errand": acting(Errand, {"desk": uses(Desk)}, go=go)}


async def plainly(work):
    return await work


async def gathered(work):
    return (await asyncio.gather(work))[0]


async def grouped(work):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
    return task.result()


@pytest.mark.parametrize("how", [plainly, gathered, grouped])
async def test_a_chain_that_is_inside_a_full_cell_enters_it_again(how):
    async with running(**around(how), limits={"desk": {"concurrency": 1}, "errand": {"concurrency": 1}}) as cells:
        assert await cells.handle(Desk).work("outside") == "inside"
        assert counts(cells) == (0, 0)


async def test_a_chain_that_is_inside_a_cell_that_stops_is_finished():
    pause = Pause()

    async def work(self, what):
        if what == "inside":
            return what
        await pause()
        return await self.errand.go("inside")

    cells = around(plainly) | {"desk": acting(Desk, {"errand": uses(Errand)}, work=work)}
    async with running(**cells) as run:
        call = begin(run.handle(Desk).work("outside"))
        await pause.entered()
        stopping = asyncio.create_task(run.life.cells["desk"].stop())
        await idle()
        with pytest.raises(CellDown):
            await run.handle(Desk).work("inside")
        pause.open()
        assert await call == "inside"
        await stopping


async def test_a_task_that_outlives_its_request_waits_for_a_place_like_anyone():
    pause, tasks = Pause(), []

    async def work(self, what):
        if what != "leave":
            return await pause(what)

        async def later():
            await idle()
            return await self.errand.go("later")

        tasks.append(begin(later()))
        return what

    async def go(self, what):
        return await self.desk.work(what)

    desk = acting(Desk, {"errand": uses(Errand)}, work=work)
    async with running(desk=desk, errand=acting(Errand, {"desk": uses(Desk)}, go=go), limits=ONE) as cells:
        assert await cells.handle(Desk).work("leave") == "leave"
        call = begin(cells.handle(Desk).work("first"))
        await pause.entered()
        await idle()
        await idle()
        assert (pause.count, counts(cells)) == (1, (1, 1))
        pause.open()
        assert (await call, await tasks[0]) == ("first", "later")


async def test_a_condition_takes_a_place_like_anyone():
    pause = Pause()

    asked = []

    async def knows(self, number):
        asked.append(number)
        return True

    async with running(desk=acting(Desk, knows=knows, work=pause), limits=ONE) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        taking = begin(cells.handle(Desk).take(3))
        await idle()
        assert (asked, counts(cells)) == ([], (1, 1))
        pause.open()
        assert await taking == 3
        await call


async def test_a_condition_waits_while_its_cell_starts():
    starting, told = Pause(), []

    async def background(self):
        await starting.entered()
        told.append(await self.desk.take(3))

    async def on_start(self):
        asyncio.get_running_loop().call_later(1, starting.open)
        await starting()

    errand = acting(Errand, {"desk": uses(Desk)}, background=background)
    async with running(desk=acting(Desk, on_start=on_start), errand=errand) as cells:
        await idle()
        assert (told, cells.complaints) == ([3], [])


async def test_a_place_in_a_generation_that_drains_is_not_given_twice(tmp_path):
    pause, after = Pause(), Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"concurrency": 2}}) as cells:
        before = begin(cells.handle(Desk).work("old"))
        await pause.entered()
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path, work=after)))
        await idle()
        new = [begin(cells.handle(Desk).work("new")) for _ in range(2)]
        await idle()
        assert (after.count, counts(cells)) == (1, (1, 1))
        pause.open()
        assert await before == "old"
        await after.entered(2)
        after.open()
        assert await asyncio.gather(*new) == ["new", "new"]
        await swap


async def test_a_lost_call_gives_its_place_back_before_it_runs_again(tmp_path):
    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause, work=pause), limits={"desk": {"concurrency": 1, "drain_s": 1}}) as cells:
        call = begin(cells.handle(Desk).repeat("again"))
        await pause.entered()
        started_s = asyncio.get_running_loop().time()
        await cells.life.swap("desk", generation(Desk, tmp_path))
        assert await call == "again"
        assert asyncio.get_running_loop().time() - started_s == pytest.approx(1)
        assert not isinstance(await call, Lost)
