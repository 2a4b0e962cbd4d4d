import asyncio
from contextvars import Context, copy_context

from planaria.kernel.request import NOBODY, ORIGIN, REQUEST, Request, chain, task_factory
from planaria.kernel.system import uses
from tests.kernel.house import Desk, Errand, Pause, acting, begin, generation, idle, outcome, pass_s, running


def desk_asking(ask, **doing):
    async def work(self, what):
        return await ask()

    return acting(Desk, work=work, **doing)


async def test_nobody_is_outside_of_every_cell():
    assert (chain(), REQUEST.get()) == ((), NOBODY)


async def test_a_task_remembers_the_chain_it_was_made_in():
    async def told():
        return chain()

    async def ask():
        async def outer():
            return await asyncio.create_task(told())

        return [await told(), await asyncio.create_task(outer()), *(await asyncio.gather(told()))]

    async with running(desk=desk_asking(ask)) as cells:
        assert await cells.handle(Desk).work() == [("desk",)] * 3
        assert (chain(), ORIGIN.get()) == ((), (NOBODY, ()))


async def test_a_task_may_be_given_a_context_and_a_name():
    async def told():
        return chain(), asyncio.current_task().get_name()

    async def ask():
        context = copy_context()
        return await asyncio.get_running_loop().create_task(told(), name="teller", context=context)

    async with running(desk=desk_asking(ask)) as cells:
        assert await cells.handle(Desk).work() == (("desk",), "teller")


async def test_an_empty_context_that_is_given_stays_empty_but_for_the_chain():
    async def told():
        return chain(), REQUEST.get() is NOBODY

    async def ask():
        return await asyncio.get_running_loop().create_task(told(), context=Context())

    async with running(desk=desk_asking(ask)) as cells:
        assert await cells.handle(Desk).work() == (("desk",), True)


async def test_the_factory_passes_on_what_it_does_not_know():
    async def nothing():
        return asyncio.current_task().get_name()

    loop = asyncio.get_running_loop()
    assert await task_factory(loop, nothing(), context=Context(), name="named") == "named"


async def test_the_chain_is_forgotten_when_the_request_is_over():
    tasks = []

    async def ask():
        async def later():
            during = chain()
            await pass_s(1)
            return during, chain()

        tasks.append(asyncio.create_task(later()))
        await idle()

    async with running(desk=desk_asking(ask)) as cells:
        await cells.handle(Desk).work()
        assert await tasks[0] == (("desk",), ())


async def test_an_operation_whose_conditions_are_checked_does_not_run_yet():
    told = []

    async def knows(self, number):
        told.append(chain())
        return True

    async with running(desk=acting(Desk, knows=knows)) as cells:
        await cells.handle(Desk).take(1)
        assert told == [("desk",)]


def test_a_request_that_is_over_is_nobodys():
    request = Request(id="a", caller="b", budget_s=1.0, deadline=2.0)
    request.over()
    assert request == NOBODY


# which tasks are inside a generation


async def drained(cells, tmp_path, **doing):
    await cells.life.swap("desk", generation(Desk, tmp_path, **doing))


async def test_a_call_that_moved_on_while_it_waited_is_not_cancelled_with_the_generation_it_first_saw(tmp_path):
    stuck, after, handing = Pause(), Pause(), Pause()

    async def hand_over(self):
        await handing()

    desk = acting(Desk, repeat=stuck, hand_over=hand_over)
    async with running(desk=desk, limits={"desk": {"drain_s": 1, "concurrency": 2}}) as cells:
        admission = cells.life.cells["desk"].admission
        swap = asyncio.create_task(drained(cells, tmp_path, work=after))
        await handing.entered()
        waited = begin(cells.handle(Desk).work("waited"))
        await idle()
        old = admission.resident
        old.running += 1  # something else does not end
        handing.open()
        await after.entered()
        await swap
        after.open()
        assert await waited == "waited"


async def test_a_call_that_waited_before_it_ran_is_found_when_its_generation_ends(tmp_path):
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"drain_s": 1, "concurrency": 1}}) as cells:
        first = begin(cells.handle(Desk).work("first"))
        waits = begin(cells.handle(Desk).work("waits"))
        await pause.entered()
        await drained(cells, tmp_path)
        assert (await first).code == "PLN-C402"
        assert await waits == "waits"

        stuck = Pause()
        await drained(cells, tmp_path, work=stuck)
        cells.life.cells["desk"].admission.holding = True
        cells.life.cells["desk"].admission.trim()
        held = begin(cells.handle(Desk).work("held"))
        await idle()
        cells.life.cells["desk"].admission.holding = False
        cells.life.cells["desk"].admission.trim()
        await stuck.entered()
        await drained(cells, tmp_path)
        assert (await held).code == "PLN-C402"


async def test_a_call_in_a_task_made_inside_a_cell_is_found_when_its_generation_ends(tmp_path):
    pause = Pause()

    async def go(self, what):
        return "".join(await asyncio.gather(self.desk.repeat("a"), self.desk.repeat("b")))

    errand = acting(Errand, {"desk": uses(Desk)}, go=go)
    async with running(desk=acting(Desk, repeat=pause), errand=errand, limits={"desk": {"drain_s": 1}}) as cells:
        call = begin(cells.handle(Errand).go())
        await pause.entered(2)
        await drained(cells, tmp_path)
        assert await call == "ab"


async def test_known_limit_a_call_made_inside_an_async_generator_is_not_found_and_ends_at_its_deadline(tmp_path):
    pause = Pause()

    async def go(self, what):
        async def answers():
            yield await self.desk.work("a")

        return await anext(answers())

    errand = acting(Errand, {"desk": uses(Desk)}, go=go)
    async with running(desk=acting(Desk, work=pause), errand=errand, limits={"desk": {"drain_s": 1}}) as cells:
        call = begin(cells.handle(Errand).go())
        await pause.entered()
        await drained(cells, tmp_path)
        assert (await call).code == "PLN-C401"
        assert await outcome(cells.handle(Desk).work("b")) == "b"
