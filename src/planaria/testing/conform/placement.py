"""What a placement promises: a cell does there what it does anywhere.

Why: a cell moves by one line of configuration, so values, errors, deadlines, concurrency, events, swaps, crashes and
restarts must be the same wherever it runs.
Not here: isolation and limits; each placement has its own, and its own tests of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planaria.kernel.port import Placement
from planaria.record.status import status_of
from planaria.testing.cells import Cells
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.subject import LISTENER, TABLES, Everything, Listener, Missing, Subject, subject_source
from planaria.testing.inline import inline_generation, run_cells
from planaria.testing.store import MemoryStore

WITHIN_S = 20.0


@asynccontextmanager
async def _running(placement: Placement, *, store: MemoryStore | None = None, **limits: Any) -> AsyncIterator[Cells]:
    implementations = {Subject: subject_source("first"), Listener: LISTENER}
    tables = TABLES if store is None else {}
    async with (
        asyncio.timeout(WITHIN_S),
        run_cells(implementations, limits={Subject: limits}, tables=tables, placement=placement, store=store) as cells,
    ):
        yield cells


async def _meeting(subject: Subject) -> int:
    return await subject.meet()


async def _until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - neither the kernel nor a placement announces this; the caller's deadline ends it
        await asyncio.sleep(0)


async def carries_every_value(placement: Placement) -> None:
    """Carry what is given there and back; fill in defaults."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        for value in (Everything(), Everything(by_name={"a": 1}, yes=False, several=(), text="")):
            same("a value comes back equal", await subject.echo(value), value)
        same("a default holds", [await subject.double(4), await subject.double(4, by=3)], [8, 12])


async def tells_declared_errors_apart(placement: Placement) -> None:
    """Give a declared error as its class with its facts, and any other as `Failed`, with its name."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        error = await raises("a declared error arrives as it is", subject.fail("declared"), Missing)
        same("its facts arrive", error.facts, {"name": "declared"})
        error = await raises("another error is a failure", subject.fail("other"), "PLN-C300")
        same("the failure names it", error.facts["error"], "KeyError")


async def refuses_before_anything_runs(placement: Placement) -> None:
    """Refuse a call whose condition does not hold."""
    async with _running(placement) as cells:
        await raises("a broken condition is refused", cells.handle(Subject).double(-1), "PLN-C202")


async def ends_calls_at_their_deadline(placement: Placement) -> None:
    """End a call at its deadline, with the outcome unknown; the cell works on."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        await raises("a call ends at its deadline", subject.dawdle(), "PLN-C401")
        same("the cell works on", await subject.double(1), 2)
        same("no place is lost", [one.running for one in status_of(cells.life)], [0, 0])


async def runs_calls_side_by_side(placement: Placement) -> None:
    """Run as many together as the plan allows."""
    async with _running(placement, concurrency=2) as cells:
        subject = cells.handle(Subject)
        same("two calls meet", await asyncio.gather(subject.meet(), subject.meet()), [2, 2])


async def pushes_back_when_it_is_full(placement: Placement) -> None:
    """Refuse a call beyond concurrency and queue, with the time to come back."""
    async with _running(placement, concurrency=1, queue=1) as cells:
        subject = cells.handle(Subject)
        inside, waiting = (asyncio.create_task(_meeting(subject)) for _ in range(2))
        await _until(lambda: (1, 1) in [(one.running, one.queued) for one in status_of(cells.life)])
        error = await raises("a full cell refuses", subject.double(1), "PLN-C203")
        same("it says when to come back", error.facts["retry_after_s"] > 0, wanted=True)
        for task in (waiting, inside):
            task.cancel()
        await asyncio.wait([inside, waiting])
        same("places come back after a cancel", await subject.double(1), 2)


async def calls_other_cells(placement: Placement) -> None:
    """Reach another cell through a handle inside; its errors are failures of the caller."""
    async with _running(placement) as cells:
        same("a nested call answers", await cells.handle(Listener).asked(21), 42)
        await raises("a refusal inside is a failure outside", cells.handle(Listener).asked(-1), "PLN-C300")


async def delivers_each_event_once_and_in_order(placement: Placement) -> None:
    """Deliver events once, in order per key."""
    async with _running(placement) as cells:
        for number in range(10):
            await cells.handle(Subject).sell(number)
        await cells.settled()
        heard = await cells.handle(Listener).heard()
        same("every event is heard once", sorted(heard), list(range(10)))
        same("the order of a key is kept", [number for number in heard if number % 2], [1, 3, 5, 7, 9])


async def swaps_and_hands_over(placement: Placement) -> None:
    """Move calls to the new generation, which has the memory of the old."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        with TemporaryDirectory(prefix="planaria-conform-") as folder:
            await cells.life.swap("subject", inline_generation(Subject, subject_source("second"), Path(folder)))
            same("the new generation answers, with the memory of the old", await subject.version(), "second<first")


async def keeps_the_old_one_when_a_swap_fails(placement: Placement) -> None:
    """Change nothing for a candidate that cannot start."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        with TemporaryDirectory(prefix="planaria-conform-") as folder:
            broken = inline_generation(Subject, subject_source("second", on_start="raise ValueError('no')"), Path(folder))
            await raises("a swap to what cannot start fails", cells.life.swap("subject", broken), "PLN-L106")
        same("the old generation answers", await subject.version(), "first<")


async def starts_again_after_a_crash(placement: Placement) -> None:
    """Start a cell again that crashed; calls wait meanwhile, and its state is there."""
    async with _running(placement) as cells:
        subject = cells.handle(Subject)
        await subject.sell(1)
        await subject.crash()
        await _until(lambda: any("crashed" in one for one in cells.complaints))
        same("a call after the crash is answered", await subject.sold(), 1)


async def finds_its_state_after_a_restart(placement: Placement) -> None:
    """Keep what was acknowledged beyond the life."""
    store = MemoryStore()
    for contract, text in TABLES.items():
        store.define(contract.__name__.lower(), text)
    async with _running(placement, store=store) as cells:
        await cells.handle(Subject).sell(1)
    async with _running(placement, store=store) as cells:
        await cells.settled()
        same("writes outlive the life", await cells.handle(Subject).sold(), 1)
        same("events outlive the life", await cells.handle(Listener).heard(), (1,))


PLACEMENT_PROMISES = (
    carries_every_value, tells_declared_errors_apart, refuses_before_anything_runs, ends_calls_at_their_deadline, runs_calls_side_by_side,
    pushes_back_when_it_is_full, calls_other_cells, delivers_each_event_once_and_in_order, swaps_and_hands_over,
    keeps_the_old_one_when_a_swap_fails, starts_again_after_a_crash, finds_its_state_after_a_restart,
)  # fmt: skip
