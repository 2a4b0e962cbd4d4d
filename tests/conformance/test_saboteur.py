"""The suite of placements can fail: each way to spoil a seat breaks the promise that is about it."""

import asyncio
import contextvars
from typing import Any

import pytest

from planaria.kernel.error import PlanariaError, Raised
from planaria.placement.inprocess import InProcessSeat
from planaria.testing.conform import change, concurrency, crash, event, outcome, stage, stream, value
from planaria.testing.conform.subject import Missing

KEPT: list[Any] = []


class Spoiled:
    """A placement in this process whose seats are spoiled."""

    def __init__(self, seat):
        self.seat = seat

    def open(self, order):
        return self.seat(order)


class Rounding(InProcessSeat):
    def method(self, operation):
        method = super().method(operation)

        async def call(*arguments):
            result = await method(*arguments)
            return round(result, 6) if isinstance(result, float) else result

        return method if operation in ("drops", "trickle", "shapes", "overflow") else call


class Converting(InProcessSeat):
    def method(self, operation):
        method = super().method(operation)

        async def call(*arguments):
            result = await method(*arguments)
            return result.replace("\x00", "") if isinstance(result, str) else result

        return method if operation in ("drops", "trickle", "shapes", "overflow") else call


class Spoiling(InProcessSeat):
    """Runs every operation that is no stream through `spoil`."""

    def method(self, operation):
        method = super().method(operation)

        async def call(*arguments):
            return await self.spoil(method, *arguments)

        return method if operation in ("drops", "trickle", "shapes", "overflow") else call


class Factless(Spoiling):
    async def spoil(self, method, *arguments):
        try:
            return await method(*arguments)
        except Missing as error:
            raise Missing(name=error.facts["name"]) from error


class Nameless(Spoiling):
    async def spoil(self, method, *arguments):
        try:
            return await method(*arguments)
        except Exception as error:
            raise Raised(error="Exception", text=str(error)) from error


class Deaf(Spoiling):
    async def spoil(self, method, *arguments):
        task = asyncio.create_task(method(*arguments))
        KEPT.append(task)
        return await asyncio.shield(task)


class Alone(Spoiling):
    lock = None

    async def spoil(self, method, *arguments):
        self.lock = self.lock or asyncio.Lock()
        async with self.lock:
            return await method(*arguments)


class Elsewhere(Spoiling):
    async def spoil(self, method, *arguments):
        return await asyncio.Task(method(*arguments), context=contextvars.Context())


class Repeating(Spoiling):
    async def spoil(self, method, *arguments):
        await method(*arguments)
        return await method(*arguments)


class Streaming(InProcessSeat):
    """Runs every stream through `pass_on`."""

    def method(self, operation):
        method = super().method(operation)
        return (lambda *given: self.pass_on(method(*given))) if operation in ("drops", "trickle", "shapes", "overflow") else method


class Shortened(Streaming):
    async def pass_on(self, items):
        held = None
        async for one in items:
            if held is not None:
                yield held
            held = one


class Hasty(Streaming):
    async def pass_on(self, items):
        made = []
        async for one in items:
            made.append(one)
            if len(made) > 2 * stream.AHEAD_MAX:
                break
        for one in made:
            yield one


class Forgiving(Streaming):
    async def pass_on(self, items):
        try:
            async for one in items:
                yield one
        except Exception:
            return


class Leaving(Streaming):
    async def pass_on(self, items):
        KEPT.append(items)
        async for one in items:
            yield one


class Forgetful(InProcessSeat):
    async def hand_over(self):
        return {"name": "", "numbers": [1, 2.5, None, True]}


class Careless(InProcessSeat):
    async def stop(self):
        self.work.cancel()


class Bold(InProcessSeat):
    async def start(self):
        try:
            return await super().start()
        except ValueError:
            return asyncio.get_running_loop().create_future()


class Calm(InProcessSeat):
    async def start(self):
        await super().start()
        return asyncio.get_running_loop().create_future()


SPOILED = (
    (Rounding, value.carries_floats_to_the_last_bit), (Converting, value.carries_every_text),
    (Factless, outcome.gives_declared_errors_with_their_facts), (Nameless, outcome.names_errors_that_nobody_declared),
    (Deaf, outcome.lets_go_of_a_call_that_its_caller_cancels), (Deaf, outcome.ends_calls_at_their_deadline),
    (Alone, concurrency.runs_calls_side_by_side), (Elsewhere, concurrency.comes_back_into_a_cell_that_waits),
    (Deaf, outcome.ends_calls_further_in_at_the_deadline_of_the_request),
    (Elsewhere, event.remembers_an_event_with_the_first_write_of_its_handler), (Repeating, event.delivers_each_event_once_and_in_order),
    (Shortened, stream.streams_items_in_order), (Hasty, stream.makes_no_more_than_is_taken),
    (Forgiving, stream.ends_a_stream_as_its_producer_does), (Leaving, stream.lets_a_producer_go_when_its_consumer_leaves),
    (Forgetful, change.swaps_and_hands_over), (Careless, change.drains_calls_before_it_stops),
    (Bold, change.keeps_the_old_one_when_a_swap_fails), (Bold, change.does_not_start_what_cannot_start),
    (Calm, crash.starts_again_after_a_crash),
)  # fmt: skip


@pytest.mark.parametrize("seat, promise", SPOILED, ids=lambda one: one.__name__)
async def test_a_spoiled_seat_breaks_a_promise(seat, promise, monkeypatch):
    monkeypatch.setattr(stage, "WITHIN_S", 1.5)
    with pytest.raises((PlanariaError, AssertionError, TimeoutError)):
        await promise(Spoiled(seat))
    while KEPT:
        left = KEPT.pop()
        await (left.aclose() if hasattr(left, "aclose") else asyncio.wait([left], timeout=left.cancel()))
