"""What a placement promises about crashes: the cell starts again alone, calls have an outcome, and what was written is there.

A cell that ends the process or guest that runs it is tried only where that is not this process.
Not here: how often a cell may crash (`kernel.life`).
"""

import asyncio
from collections.abc import Callable

from planaria.kernel.port import Placement
from planaria.testing.cells import Cells
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.source import subject_source
from planaria.testing.conform.stage import begun, dies_alone, running, swapped, until, until_said, until_waiting
from planaria.testing.conform.subject import Basin, Fountain, Keeper, Listener, Subject

LATER_S = 600


def _crashed(cells: Cells, cell: str = "subject", count: int = 1) -> Callable[[], bool]:
    return lambda: len([one for one in cells.complaints if f"'{cell}' crashed" in one]) >= count


async def starts_again_after_a_crash(placement: Placement) -> None:
    """Start a cell again whose background work failed; calls wait meanwhile, and its state is there."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        for count in (1, 2):
            await subject.sell(count)
            await subject.crash()
            await until(_crashed(cells, count=count))
            same("a call after the crash is answered", await subject.sold(), count)
        same("it is said what crashed it", "RuntimeError: broken" in cells.complaints[0], wanted=True)


async def answers_calls_that_a_crash_does_not_touch(placement: Placement) -> None:
    """Let calls end that run while the background work of their cell fails."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        napping = asyncio.create_task(begun(subject.nap()))
        await until_waiting(subject, 1)
        await subject.crash()
        same("the call is answered", await napping, "first")
        await until(_crashed(cells))
        same("the next is answered too", await subject.double(2), 4)


async def tells_calls_inside_a_crash_that_they_are_unknown(placement: Placement) -> None:
    """Tell every caller whose call was inside when its cell died that the outcome is unknown; then answer calls again."""
    if not dies_alone(placement):
        return
    async with running(placement, Subject, concurrency=8) as cells:
        subject = cells.handle(Subject)
        inside = [asyncio.create_task(begun(subject.wait())) for _ in range(3)]
        await until_waiting(subject, 3)
        await raises("the call that died is unknown", subject.die(), "PLN-C400")
        for one in inside:
            await raises("a call beside it is unknown", one, "PLN-C400")
        same("what it wrote before is there", await subject.sold(), 1)
        same("it says so", _crashed(cells)(), wanted=True)


async def dies_without_its_neighbours(placement: Placement) -> None:
    """Leave other cells as they are when one dies; a caller between them sees an unknown outcome, not a hang."""
    if not dies_alone(placement):
        return
    async with running(placement, Listener, Subject) as cells:
        listener, subject = cells.handle(Listener), cells.handle(Subject)
        waiting = asyncio.create_task(begun(subject.wait()))
        await until_waiting(subject, 1)
        await raises("the call that died is unknown", listener.die(), "PLN-C400")
        same("its neighbour still waits", (await subject.inside(), waiting.done()), ((1, 0), False))
        asked = asyncio.create_task(begun(listener.patient()))
        await until_waiting(subject, 2)
        await raises("the neighbour dies", subject.die(), "PLN-C400")
        await raises("a call that waited for it is unknown", asked, "PLN-C400")
        await raises("so is one beside it", waiting, "PLN-C400")
        same("both are up again", await listener.asked(4), 8)


async def lets_go_of_what_a_dead_cell_asked_for(placement: Placement) -> None:
    """Cancel in other cells what a cell had asked for that died."""
    if not dies_alone(placement):
        return
    async with running(placement, Listener, Subject) as cells:
        listener, subject = cells.handle(Listener), cells.handle(Subject)
        asked = asyncio.create_task(begun(listener.patient()))
        await until_waiting(subject, 1)
        await raises("the call that died is unknown", listener.die(), "PLN-C400")
        await raises("so is the one beside it", asked, "PLN-C400")
        await until_said(subject.inside, lambda inside: inside == (0, 1))


async def delivers_an_event_again_whose_handler_died(placement: Placement) -> None:
    """Deliver an event again to a handler that died with it."""
    if not dies_alone(placement):
        return
    async with running(placement, Listener, Subject) as cells:
        await cells.handle(Subject).sell(1, "fatal")
        await until(_crashed(cells, "listener"))
        await cells.settled()
        cells.clock.advance(LATER_S)
        cells.life.outbox.wake()
        await cells.settled()
        same("it is heard at last", sorted(await cells.handle(Listener).heard()), [1, 2])


async def undoes_a_transaction_whose_cell_died(placement: Placement) -> None:
    """Undo what a body wrote that died inside, and let everybody else write on."""
    if not dies_alone(placement):
        return
    async with running(placement, Keeper, Subject) as cells:
        keeper, subject = cells.handle(Keeper), cells.handle(Subject)
        await keeper.keep(1, "kept")
        await raises("the call that died is unknown", keeper.die(2), "PLN-C400")
        same("others write on", await subject.sell(1), 1)
        same("nothing of it is kept", (await keeper.words(), await keeper.keep(2, "anew")), (("kept",), 1))


async def ends_a_stream_whose_cell_died(placement: Placement) -> None:
    """Give what came before, then say that the outcome is unknown; a stream begun after it is whole."""
    if not dies_alone(placement):
        return
    async with running(placement, Basin, Fountain) as cells:
        fountain, taken = cells.handle(Fountain), list[str]()

        async def take() -> None:
            async for one in fountain.drops(3, then="die"):
                taken.append(one)

        await raises("the stream is unknown", take(), "PLN-C400")
        same("what came before it is in order", taken, ["0", "1", "2"][: len(taken)])
        same("another is whole", await cells.handle(Basin).fill(5), 15)


async def keeps_the_old_one_when_a_candidate_dies(placement: Placement) -> None:
    """Change nothing for a candidate that dies while it starts, or while it takes over."""
    if not dies_alone(placement):
        return
    async with running(placement, Subject) as cells:
        for broken in ({"on_start": "os._exit(3)"}, {"take_over": "os._exit(3)"}):
            async with swapped(cells, subject_source("second", broken, alone=True)) as swap:
                await raises("the swap fails", swap, "PLN-L106")
            same("the old generation answers", await cells.handle(Subject).version(), "first<")


CRASH_PROMISES = (
    starts_again_after_a_crash, answers_calls_that_a_crash_does_not_touch, tells_calls_inside_a_crash_that_they_are_unknown,
    dies_without_its_neighbours, lets_go_of_what_a_dead_cell_asked_for, delivers_an_event_again_whose_handler_died,
    undoes_a_transaction_whose_cell_died, ends_a_stream_whose_cell_died, keeps_the_old_one_when_a_candidate_dies,
)  # fmt: skip
