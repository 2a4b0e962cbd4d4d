"""What the kernel does not do; each is known, and bounded by a deadline or a drain time."""

import asyncio

from planaria.kernel.call import SAMPLED_EVERY
from planaria.kernel.system import uses
from planaria.testing.inline import inline_generation
from tests.kernel.house import Desk, Errand, Pause, acting, begin, generation, going, idle, now_s, pass_s, running


async def test_two_chains_that_wait_for_the_places_of_each_other_end_at_their_deadline():
    both = Pause()

    async def work(self, what):
        await both()
        return await self.errand.go("inner")

    async def go(self, what):
        await both()
        return await self.desk.work("inner")

    limits = {"desk": {"concurrency": 1}, "errand": {"concurrency": 1}}
    desk, errand = acting(Desk, {"errand": uses(Errand)}, work=work), acting(Errand, {"desk": uses(Desk)}, go=go)
    async with running(desk=desk, errand=errand, limits=limits) as cells:
        calls = [begin(cells.handle(Desk).work()), begin(cells.handle(Errand).go())]
        await both.entered(2)
        both.open()
        assert {one.code for one in await asyncio.gather(*calls)} == {"PLN-C401"}
        assert now_s() == 10


async def test_a_call_that_is_under_way_in_a_task_that_outlives_its_request_has_no_deadline():
    pause, tasks = Pause(), []

    async def go(self, what):
        tasks.append(begin(self.desk.work("left")))
        await pause.entered()
        return what

    async with running(desk=acting(Desk, work=pause), errand=going(go=go)) as cells:
        await cells.handle(Errand).go()
        await pass_s(3600)
        pause.open()
        assert await tasks[0] == "left"


async def test_an_operation_that_swaps_its_own_cell_waits_for_itself_for_two_drain_times(tmp_path):
    async def go(self, what):
        await self.swap("errand", generation(Errand, tmp_path))
        return "swapped"

    async with running(errand=acting(Errand, go=go), limits={"errand": {"drain_s": 2}}) as cells:
        cells.life.cells["errand"].seat.instance.swap = cells.life.swap
        assert await cells.handle(Errand).go() == "swapped"
        assert (now_s(), await cells.handle(Errand).go("new")) == (4, "new")


async def test_what_a_swap_made_inside_an_operation_starts_is_not_bound_by_its_request(tmp_path):
    told, records = [], []

    async def background(self):
        await pass_s(60)
        for _ in range(SAMPLED_EVERY + 1):
            await self.errand.hurry("")
        told.append(now_s())
        await asyncio.Event().wait()

    calling = acting(Desk, {"errand": uses(Errand)}, background=background)

    async def go(self, what):
        await self.swap("desk", self.made)
        return what

    async with running(desk=acting(Desk), errand=acting(Errand, go=go)) as cells:
        instance = cells.life.cells["errand"].seat.instance
        instance.swap, instance.made = cells.life.swap, inline_generation(Desk, calling, tmp_path)
        assert await cells.life.call("errand", "go", ("",), caller="me") == ""
        cells.life.observe(records.append)
        await pass_s(61)
        await idle()
        assert (told, cells.complaints) == ([60], [])
        assert {(one.caller, one.chain) for one in records} == {("direct", ("errand",))}
