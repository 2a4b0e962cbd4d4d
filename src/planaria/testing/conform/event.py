"""What a placement promises about events: delivered once, in order, again after a failure, and across a restart.

Not here: the outbox itself (`kernel.event`), its parking (`assemble.outbox`).
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.kernel.port import Placement
from planaria.testing.cells import Cells
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.stage import running, until
from planaria.testing.conform.subject import Listener, Subject

LATER_S = 600


async def _delivered_later(cells: Cells) -> None:
    await cells.settled()
    cells.clock.advance(LATER_S)
    cells.life.outbox.wake()
    await cells.settled()


async def delivers_each_event_once_and_in_order(placement: Placement) -> None:
    """Deliver events once, in order per key."""
    async with running(placement, Listener, Subject) as cells:
        for number in range(10):
            await cells.handle(Subject).sell(number)
        await cells.settled()
        heard = await cells.handle(Listener).heard()
        same("every event is heard once", sorted(heard), list(range(10)))
        same("the order of a key is kept", [number for number in heard if number % 2], [1, 3, 5, 7, 9])


async def delivers_again_what_a_handler_failed_with(placement: Placement) -> None:
    """Deliver an event again whose handler failed, and those of its key after it."""
    async with running(placement, Listener, Subject) as cells:
        for number in range(3):
            await cells.handle(Subject).sell(number, "late")
        await _delivered_later(cells)
        same("all are heard, in order", await cells.handle(Listener).heard(), (0, 1, 2))


async def remembers_an_event_with_the_first_write_of_its_handler(placement: Placement) -> None:
    """Let a handler write once per event: its first transaction remembers the event, a second one is refused."""
    async with running(placement, Listener, Subject) as cells:
        await cells.handle(Subject).sell(1, "twice")
        await _delivered_later(cells)
        same("it is handled once", await cells.handle(Listener).heard(), (1,))
        same("the second write was refused", any("PLN-E101" in one for one in cells.complaints), wanted=True)


async def forgets_what_a_body_emitted_that_did_not_end(placement: Placement) -> None:
    """Deliver nothing of a transaction that was undone."""
    async with running(placement, Listener, Subject) as cells:
        await raises("a number that is none breaks the body", cells.handle(Subject).sell(2**70, "a"), "PLN-C300")
        await cells.handle(Subject).sell(1)
        await cells.settled()
        same("only the other is heard", (await cells.handle(Listener).heard(), await cells.handle(Subject).sold()), ((1,), 1))


async def delivers_after_a_crash(placement: Placement) -> None:
    """Deliver the events that came while a cell was falling over and starting again."""
    async with running(placement, Subject, Listener) as cells:
        subject = cells.handle(Subject)
        for number in range(3):
            await subject.sell(number, "a")
        await subject.crash()
        await until(lambda: any("crashed" in one for one in cells.complaints))
        await subject.sell(3, "a")
        await _delivered_later(cells)
        same("all are heard, in order", await cells.handle(Listener).heard(), (0, 1, 2, 3))


async def delivers_in_the_next_life(placement: Placement) -> None:
    """Keep events and what was written beyond the life that wrote them."""
    with TemporaryDirectory(prefix="planaria-conform-") as folder:
        path = Path(folder) / "store.sqlite"
        async with running(placement, Listener, Subject, store_path=path) as cells:
            await cells.handle(Subject).sell(1)
        async with running(placement, Listener, Subject, store_path=path) as cells:
            await cells.settled()
            same("writes outlive the life", await cells.handle(Subject).sold(), 1)
            same("events outlive the life", await cells.handle(Listener).heard(), (1,))


EVENT_PROMISES = (
    delivers_each_event_once_and_in_order, delivers_again_what_a_handler_failed_with,
    remembers_an_event_with_the_first_write_of_its_handler, forgets_what_a_body_emitted_that_did_not_end, delivers_after_a_crash,
    delivers_in_the_next_life,
)  # fmt: skip
