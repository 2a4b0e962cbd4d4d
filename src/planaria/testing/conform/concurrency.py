"""What a placement promises about many calls: they run side by side, are held back when there are too many, and reach others.

Not here: streams (`stream`), swaps under load (`change`).
"""

import asyncio

from planaria.kernel.port import Placement
from planaria.record.status import status_of
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.stage import begun, running, until, until_said, until_waiting
from planaria.testing.conform.subject import Carrier, Errand, Listener, Subject

MANY = 300


async def runs_calls_side_by_side(placement: Placement) -> None:
    """Run as many together as the plan allows."""
    async with running(placement, Subject, concurrency=2) as cells:
        subject = cells.handle(Subject)
        same("two calls meet", await asyncio.gather(subject.meet(), subject.meet()), [2, 2])


async def answers_each_call_with_its_own_answer(placement: Placement) -> None:
    """Mix up no answers, however many calls there are at once, big and small."""
    async with running(placement, Carrier, concurrency=64, queue=MANY) as cells:
        carrier = cells.handle(Carrier)
        numbers = asyncio.gather(*(carrier.double(number) for number in range(MANY)))
        texts = asyncio.gather(*(carrier.text(str(number) * 20_000) for number in range(10)))
        same("each number is its own", await numbers, [number * 2 for number in range(MANY)])
        same("each text is its own", [(one[0], len(one)) for one in await texts], [(str(number), 20_000) for number in range(10)])


async def pushes_back_when_it_is_full(placement: Placement) -> None:
    """Refuse a call beyond concurrency and queue, with the time to come back."""
    async with running(placement, Subject, concurrency=1, queue=1) as cells:
        subject = cells.handle(Subject)
        inside, waiting = (asyncio.create_task(begun(subject.meet())) for _ in range(2))
        await until(lambda: (1, 1) in [(one.running, one.queued) for one in status_of(cells.life)])
        error = await raises("a full cell refuses", subject.double(1), "PLN-C203")
        same("it says when to come back", error.facts["retry_after_s"] > 0, wanted=True)
        for task in (waiting, inside):
            task.cancel()
        await asyncio.wait([inside, waiting])
        same("places come back after a cancel", await subject.double(1), 2)


async def calls_other_cells(placement: Placement) -> None:
    """Reach another cell through a handle inside, also two cells deep, while starting, and in the background."""
    async with running(placement, Errand, Listener, Subject) as cells:
        same("a nested call answers", await cells.handle(Listener).asked(21), 42)
        same("a call two cells deep answers", await cells.handle(Errand).run(21), 43)
        same("a cell may call while it starts", await cells.handle(Errand).first(), 8)
        same("its background work may call too", await cells.handle(Errand).later(), 10)
        many = await asyncio.gather(*(cells.handle(Errand).run(number) for number in range(50)))
        same("many calls deep answer", many, [number * 2 + 1 for number in range(50)])


async def comes_back_into_a_cell_that_waits(placement: Placement) -> None:
    """Let a chain of calls come back into a cell that is inside it, even where that one is full."""
    async with running(placement, Subject, Listener, concurrency=1, queue=0) as cells:
        way = await cells.handle(Subject).around(6)
        same("the chain goes around", way, ("subject", "listener") * 3 + ("subject",))


async def keeps_places_of_those_that_wait(placement: Placement) -> None:
    """Answer other calls while some wait inside, and give all places back at the end."""
    async with running(placement, Subject, concurrency=20) as cells:
        subject = cells.handle(Subject)
        waiting = [asyncio.create_task(begun(subject.wait())) for _ in range(10)]
        await until_waiting(subject, 10)
        same("others are answered", await asyncio.gather(*(subject.double(number) for number in range(10))), list(range(0, 20, 2)))
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await until_said(subject.inside, lambda inside: inside == (0, 10))
        same("all places are free", [one.running for one in status_of(cells.life)], [0])


CONCURRENCY_PROMISES = (
    runs_calls_side_by_side, answers_each_call_with_its_own_answer, pushes_back_when_it_is_full, calls_other_cells,
    comes_back_into_a_cell_that_waits, keeps_places_of_those_that_wait,
)  # fmt: skip
