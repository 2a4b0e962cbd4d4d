import asyncio

from planaria.store.work import Outcome, Work, deliver


def test_an_outcome_for_a_loop_that_is_gone_is_passed_over():
    loop = asyncio.new_event_loop()
    work = Work(lambda session: None, loop.create_future(), loop)
    loop.close()
    deliver([Outcome(work, None, None)])
    assert not work.future.done()


async def test_wakes_each_loop_once_for_many_outcomes():
    loop = asyncio.get_running_loop()
    woken = []
    works = [Work(lambda session: None, loop.create_future(), loop) for _ in range(3)]

    class Counting:
        def call_soon_threadsafe(self, *given):
            woken.append(given)
            loop.call_soon_threadsafe(*given)

    counting = Counting()
    deliver([Outcome(work._replace(loop=counting), number, None) for number, work in enumerate(works)])
    assert [await work.future for work in works] == [0, 1, 2]
    assert len(woken) == 1


async def test_an_outcome_that_nobody_waits_for_any_more_is_dropped():
    loop = asyncio.get_running_loop()
    work = Work(lambda session: None, loop.create_future(), loop)
    work.future.cancel()
    deliver([Outcome(work, 1, None), Outcome(work, None, ValueError("late"))])
    await asyncio.sleep(0)
    assert work.future.cancelled()
