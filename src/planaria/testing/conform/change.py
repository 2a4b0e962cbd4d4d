"""What a placement promises about generations: they start, stop, and take each other's place while calls come in.

Not here: crashes (`crash`).
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.kernel.port import Placement
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.source import subject_source
from planaria.testing.conform.stage import begun, running, swapped, until_waiting
from planaria.testing.conform.subject import Subject

SLOW = {"on_start": "await asyncio.sleep(0.2)"}


async def does_not_start_what_cannot_start(placement: Placement) -> None:
    """Raise what `on_start` raised, by name, where the system starts."""

    async def start(on_start: str) -> None:
        async with running(placement, Subject, source=subject_source(hooks={"on_start": on_start}, alone=True)):
            pass

    error = await raises("it does not start", start("raise ValueError('not ready')"), Exception)
    same("it says why", "not ready" in str(error), wanted=True)
    error = await raises("it is not loaded", start("pass\n    return 7 +"), Exception)
    await start("pass")


async def waits_for_a_slow_start(placement: Placement) -> None:
    """Answer once `on_start` has ended, however long it takes."""
    async with running(placement, Subject, source=subject_source(hooks=SLOW, alone=True)) as cells:
        same("it answers", await cells.handle(Subject).double(2), 4)


async def drains_calls_before_it_stops(placement: Placement) -> None:
    """Answer the calls that run while the system stops, and run `on_stop` after them."""
    write = "await self.kept.write(lambda tx: tx.change('insert into subject__sale values (9)'))"
    with TemporaryDirectory(prefix="planaria-conform-") as folder:
        path = Path(folder) / "store.sqlite"
        async with running(placement, Subject, store_path=path, source=subject_source(hooks={"on_stop": write}, alone=True)) as cells:
            tasks = [asyncio.create_task(begun(cells.handle(Subject).nap())) for _ in range(3)]
            await until_waiting(cells.handle(Subject), 3)
        same("they are answered", [one.result() for one in tasks if one.done() and not one.cancelled()], ["first"] * 3)
        async with running(placement, Subject, store_path=path) as cells:
            same("on_stop has run, once", await cells.handle(Subject).sold(), 1)


async def swaps_and_hands_over(placement: Placement) -> None:
    """Move calls to the new generation, which has the memory of the old."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        async with swapped(cells, subject_source("second", alone=True)) as swap:
            await swap
        same("the new generation answers, with the memory of the old", await subject.version(), "second<first")
        async with swapped(cells, subject_source("third", alone=True)) as swap:
            await swap
        same("and the next", await subject.version(), "third<second")


async def swaps_without_memory(placement: Placement) -> None:
    """Move calls to a new generation where there is nothing to hand over."""
    async with running(placement, Subject, source=subject_source(remembers=False, alone=True)) as cells:
        async with swapped(cells, subject_source("second", remembers=False, alone=True)) as swap:
            await swap
        same("the new generation answers", await cells.handle(Subject).version(), "second<")


async def loses_no_call_in_a_swap(placement: Placement) -> None:
    """Answer every call while generations change under load, with and without memory."""
    for remembers in (True, False):
        async with running(placement, Subject, source=subject_source("0", remembers=remembers, alone=True), concurrency=8) as cells:
            subject, over = cells.handle(Subject), asyncio.Event()

            async def calls(subject: Subject = subject, over: asyncio.Event = over) -> list[str]:
                answers = []
                while not over.is_set():
                    answers.append((await subject.version()).split("<")[0])
                    same("a call is answered", await subject.double(len(answers)), 2 * len(answers))
                    await asyncio.sleep(0)
                return answers

            callers = [asyncio.create_task(calls()) for _ in range(16)]
            for number in range(1, 4):
                async with swapped(cells, subject_source(str(number), SLOW, remembers=remembers, alone=True)) as swap:
                    await swap
            over.set()
            answers = await asyncio.gather(*callers)
        same("nobody goes back", all(one == sorted(one) for one in answers), wanted=True)
        same("all have answered", {each for one in answers for each in one} >= {"0", "1", "2"}, wanted=True)


async def keeps_the_old_one_when_a_swap_fails(placement: Placement) -> None:
    """Change nothing for a candidate that cannot start, or cannot take over."""
    async with running(placement, Subject) as cells:
        for broken in ({"on_start": "raise ValueError('no')"}, {"take_over": "raise ValueError('no')"}, {"on_start": "return 7 +"}):
            async with swapped(cells, subject_source("second", broken, alone=True)) as swap:
                await raises("a swap to what cannot start fails", swap, "PLN-L106")
            same("the old generation answers", await cells.handle(Subject).version(), "first<")


async def closes_calls_that_outlast_the_drain(placement: Placement) -> None:
    """Tell callers that outlast the drain that the outcome is unknown; run an idempotent call again in the new generation."""
    async with running(placement, Subject, source=subject_source(remembers=False, alone=True), drain_s=0.2) as cells:
        subject = cells.handle(Subject)
        lost, repeated = (asyncio.create_task(begun(one)) for one in (subject.wait(), subject.stay("!")))
        await until_waiting(subject, 2)
        async with swapped(cells, subject_source("second", remembers=False, alone=True)):
            await raises("the call is lost", lost, "PLN-C402")
            same("an idempotent call runs again", await repeated, "second!")
        same("the new generation answers", await subject.double(2), 4)


CHANGE_PROMISES = (
    does_not_start_what_cannot_start, waits_for_a_slow_start, drains_calls_before_it_stops, swaps_and_hands_over, swaps_without_memory,
    loses_no_call_in_a_swap, keeps_the_old_one_when_a_swap_fails, closes_calls_that_outlast_the_drain,
)  # fmt: skip
