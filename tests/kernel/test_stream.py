"""Streams run through the call path as any other call: one place, one deadline, one outcome."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from planaria.kernel.call import Interrupted
from planaria.kernel.contract import Contract, ContractProblems, describe, operation, requires
from planaria.kernel.error import CellError, Failed, Refused, Unknown
from planaria.kernel.loader import ImplementationProblems
from planaria.kernel.request import Request
from planaria.kernel.stream import flow
from planaria.kernel.system import uses
from planaria.record.status import measures_of, status_of
from planaria.testing import run_cells


class Empty(CellError):
    code = "T-1"
    what = "{what}"


class Tap(Contract):
    @operation(deadline_s=5, errors=(Empty,))
    @requires("the count is not negative", lambda count: count >= 0)
    def drops(self, count: int, then: str = "end") -> AsyncIterator[int]:
        """Give numbers, then end as asked."""
        raise NotImplementedError

    @operation()
    async def ahead(self) -> int:
        """Say how many were made."""
        raise NotImplementedError


class Cup(Contract):
    @operation(deadline_s=50)
    async def fill(self, count: int, then: str = "end") -> int:
        """Take from the tap."""
        raise NotImplementedError

    @operation(deadline_s=50)
    def doubled(self, count: int) -> AsyncIterator[int]:
        """Take from the tap, twice as much."""
        raise NotImplementedError


class TapCell(Tap):
    made, closed = 0, 0

    async def drops(self, count, then="end"):
        try:
            for number in range(count):
                self.made += 1
                yield number
            if then == "declared":
                raise Empty(what="dry")
            if then == "other":
                raise KeyError("dry")
            if then == "wait":
                await asyncio.Event().wait()
        finally:
            TapCell.closed += 1

    async def ahead(self):
        return self.made


class CupCell(Cup):
    tap: Tap = uses(Tap)

    async def fill(self, count, then="end"):
        return sum([one async for one in self.tap.drops(count, then)])

    async def doubled(self, count):
        async for one in self.tap.drops(count):
            yield one * 2


def running(**limits):
    return run_cells({Tap: TapCell, Cup: CupCell}, limits={Tap: limits})


def counts(cells):
    one = next(one for one in measures_of(cells.life) if one.operation == "drops")
    return one.calls, one.refused, one.failed, one.unknown


async def until(reached):
    while not reached():  # noqa: ASYNC110 - nothing announces this
        await asyncio.sleep(0)


async def later():
    """Let a second of the loop's own time pass."""
    after = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, after.set_result, None)
    await after


async def pour(stream, taken, then=lambda: asyncio.sleep(0)):
    async for one in stream:
        taken.append(one)
        await then()


def is_idle(cells):
    return not any(one.running for one in status_of(cells.life))


async def test_a_stream_gives_its_items_and_ends():
    async with running() as cells:
        tap, cup = cells.handle(Tap), cells.handle(Cup)
        assert [one async for one in tap.drops(3)] == [0, 1, 2]
        assert [one async for one in tap.drops(count=0)] == []
        assert (await cup.fill(4), [one async for one in cup.doubled(3)]) == (6, [0, 2, 4])
        assert (counts(cells), is_idle(cells)) == ((4, 0, 0, 0), True)


async def test_a_stream_runs_one_item_ahead_of_who_takes_them():
    async with running() as cells, aclosing(cells.handle(Tap).drops(10)) as drops:
        assert await anext(drops) == 0
        for _ in range(10):
            await asyncio.sleep(0)
        assert await cells.handle(Tap).ahead() == 2


@pytest.mark.parametrize("then, error, outcomes", [("declared", Empty, (1, 0, 1, 0)), ("other", Failed, (1, 0, 1, 0))])
async def test_a_stream_that_fails_gives_what_came_before(then, error, outcomes):
    async with running() as cells:
        taken = []
        with pytest.raises(error):
            await pour(cells.handle(Tap).drops(2, then), taken)
        assert (taken, counts(cells), is_idle(cells)) == ([0, 1], outcomes, True)


async def test_a_consumer_that_leaves_ends_the_stream_well():
    async with running() as cells:
        closed = TapCell.closed
        async with aclosing(cells.handle(Tap).drops(10)) as drops:
            async for _ in drops:
                break
        assert (TapCell.closed, counts(cells), is_idle(cells)) == (closed + 1, (1, 0, 0, 0), True)


async def test_a_cancelled_consumer_leaves_the_outcome_unknown():
    async with running() as cells:
        task = asyncio.create_task(cells.handle(Cup).fill(1, "wait"))
        await until(lambda: not is_idle(cells))
        for _ in range(10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (counts(cells), is_idle(cells)) == ((1, 0, 0, 1), True)


async def test_the_deadline_is_that_of_the_whole_stream():
    async with running() as cells:
        with pytest.raises(Interrupted):
            await pour(cells.handle(Tap).drops(2, "wait"), [], later)
        assert (counts(cells), is_idle(cells)) == ((1, 0, 0, 1), True)


async def test_the_deadline_of_the_request_around_it_holds():
    async with running() as cells:
        operation = cells.life.operation("tap", "drops")
        deadline = asyncio.get_running_loop().time() + 1
        with pytest.raises(Interrupted):
            await pour(flow(operation.function, (1, "wait"), Request(id="1", caller="me", deadline=deadline)), [])
        assert asyncio.get_running_loop().time() == pytest.approx(deadline)


async def test_a_broken_condition_is_refused_at_the_first_item():
    async with running() as cells:
        with pytest.raises(Refused):
            await anext(aiter(cells.handle(Tap).drops(-1)))
        assert counts(cells) == (1, 1, 0, 0)


async def test_a_stream_holds_its_place_until_it_ends():
    async with running(concurrency=1, queue=0) as cells:
        tap = cells.handle(Tap)
        async with aclosing(tap.drops(3)) as drops:
            await anext(drops)
            with pytest.raises(Refused) as busy:
                await tap.ahead()
            assert busy.value.code == "PLN-C203"
        assert await tap.ahead() == 2


async def test_a_stream_is_lost_when_its_generation_is_closed():
    async with running(drain_s=1) as cells:
        taken, swaps, life = [], [], cells.life

        async def swap():
            swaps.append(asyncio.create_task(life.swap("tap", life.cells["tap"].generation)))

        with pytest.raises(Unknown) as lost:
            await pour(cells.handle(Tap).drops(1, "wait"), taken, swap)
        await swaps[0]
        assert (taken, lost.value.code, is_idle(cells)) == ([0], "PLN-C402", True)


async def test_an_observer_sees_a_stream_as_one_call():
    async with running() as cells:
        records = []
        cells.life.observe(records.append)
        await cells.handle(Cup).fill(2)
        told = [(one.operation, one.outcome, one.result, one.chain) for one in records]
        assert told == [("drops", "completed", None, ("cup", "tap")), ("fill", "completed", 1, ("cup",))]


def test_a_stream_is_described_with_the_type_of_its_items():
    (drops, ahead) = describe(Tap).operations
    assert (drops.streams, drops.returns, drops.plain()["streams"]) == (True, int, True)
    assert (ahead.streams, "streams" in ahead.plain()) == (False, False)
    assert "count >= 0" in drops.conditions[0].source


def test_a_stream_cannot_be_idempotent_nor_async():
    class Wrong(Contract):
        @operation(idempotent=True)
        def again(self) -> AsyncIterator[int]:
            """Twice."""
            raise NotImplementedError

        @operation()
        async def awaited(self) -> AsyncIterator[int]:
            """Awaited."""
            raise NotImplementedError

    with pytest.raises(ContractProblems) as problems:
        describe(Wrong)
    assert problems.value.facts["count"] == 2


async def test_an_implementation_of_a_stream_must_yield():
    class Dry(TapCell):
        async def drops(self, count, then="end"):
            return None

    with pytest.raises(ImplementationProblems) as problems:
        async with run_cells({Tap: Dry}):
            pass
    assert problems.value.facts["problems"] == ["operation 'drops' must be `async def` with `yield`"]
