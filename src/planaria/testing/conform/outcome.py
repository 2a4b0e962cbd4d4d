"""What a placement promises about outcomes: errors, refusals, deadlines and cancelled calls are what they are anywhere.

Not here: many calls at once (`concurrency`), crashes (`crash`).
"""

import asyncio

from planaria.kernel.port import Placement
from planaria.record.status import status_of
from planaria.testing.cells import Cells
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.stage import begun, running, until_said, until_waiting
from planaria.testing.conform.subject import Listener, Missing, Subject

FACTS = {"name": "\u00e4pfel", "count": 3, "share": 0.5, "known": True, "where": None}


def _no_place_is_lost(cells: Cells) -> None:
    same("no place is lost", [one.running for one in status_of(cells.life)], [0] * len(cells.life.cells))


async def _cleaned_up(subject: Subject) -> None:
    """Wait until what was cancelled has cleaned up after itself."""
    await until_said(subject.inside, lambda inside: inside == (0, 1))


async def gives_declared_errors_with_their_facts(placement: Placement) -> None:
    """Raise a declared error as its class, with its facts."""
    async with running(placement, Subject) as cells:
        error = await raises("a declared error arrives as it is", cells.handle(Subject).fail("declared"), Missing)
        same("its facts arrive", error.facts, FACTS)
        same("its text is whole", error.plain()["what"], "there is no \u00e4pfel")


async def names_errors_that_nobody_declared(placement: Placement) -> None:
    """Turn any other error into a failure that has its class's name and its text."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        error = await raises("another error is a failure", subject.fail("other"), "PLN-C300")
        same("the failure names it", (error.facts["error"], error.facts["text"]), ("KeyError", "'other'"))
        error = await raises("an error of planaria that is not declared is one too", subject.fail("unsaid"), "PLN-C300")
        same("the failure names it", error.facts["error"], "Unsaid")
        same("the failure has its text", "PLN-T191: nobody said it" in error.facts["text"], wanted=True)
        error = await raises("a cell that cancels itself has failed", subject.fail("cancelled"), "PLN-C300")
        same("the failure names it", error.facts["error"], "CancelledError")
        same("the cell works on", await subject.double(1), 2)
        _no_place_is_lost(cells)


async def refuses_before_anything_runs(placement: Placement) -> None:
    """Refuse a call whose condition does not hold; a condition may ask the cell itself."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        await raises("a broken condition is refused", subject.double(-1), "PLN-C202")
        same("a condition may ask the cell", await subject.asked(), "asked")


async def tells_a_refusal_further_in_as_a_failure(placement: Placement) -> None:
    """Tell the caller of a cell that met a refusal that it failed, because it ran."""
    async with running(placement, Listener, Subject) as cells:
        error = await raises("a refusal inside is a failure outside", cells.handle(Listener).asked(-1), "PLN-C300")
        same("the failure names it", error.facts["error"], "ConditionBroken")


async def tells_an_unknown_outcome_further_in_as_unknown(placement: Placement) -> None:
    """Tell the caller of a cell that met an unknown outcome that its own is unknown."""
    async with running(placement, Listener, Subject) as cells:
        await raises("unknown inside is unknown outside", cells.handle(Listener).patient(), "PLN-C400")
        _no_place_is_lost(cells)


async def ends_calls_at_their_deadline(placement: Placement) -> None:
    """End a call at its deadline, with the outcome unknown; the cell cleans up and works on."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        await raises("a call ends at its deadline", subject.dawdle(), "PLN-C401")
        same("the cell works on", await subject.double(1), 2)
        await _cleaned_up(subject)
        _no_place_is_lost(cells)


async def ends_calls_further_in_at_the_deadline_of_the_request(placement: Placement) -> None:
    """End a call between cells at the deadline of the call around it, and let both clean up."""
    async with running(placement, Listener, Subject) as cells:
        await raises("the stricter deadline holds", cells.handle(Listener).hurried(), "PLN-C401")
        await _cleaned_up(cells.handle(Subject))
        _no_place_is_lost(cells)


async def lets_go_of_a_call_that_its_caller_cancels(placement: Placement) -> None:
    """Cancel a call in its cell when the caller leaves; it cleans up, and its place is free."""
    async with running(placement, Subject) as cells:
        subject = cells.handle(Subject)
        task = asyncio.create_task(begun(subject.wait()))
        await until_waiting(subject, 1)
        task.cancel()
        await asyncio.wait([task])
        same("its caller is cancelled", task.cancelled(), wanted=True)
        await _cleaned_up(subject)
        _no_place_is_lost(cells)


OUTCOME_PROMISES = (
    gives_declared_errors_with_their_facts, names_errors_that_nobody_declared, refuses_before_anything_runs,
    tells_a_refusal_further_in_as_a_failure, tells_an_unknown_outcome_further_in_as_unknown, ends_calls_at_their_deadline,
    ends_calls_further_in_at_the_deadline_of_the_request, lets_go_of_a_call_that_its_caller_cancels,
)  # fmt: skip
