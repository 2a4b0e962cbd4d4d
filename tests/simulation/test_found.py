"""Events in virtual time: what the simulation found, each in a few lines."""

import asyncio
import random

import msgspec
import pytest

from planaria import Contract, Failed, State, event, handles, operation, state
from planaria.store.error import StoreFailed
from planaria.testing import MemoryStore, run_cells
from planaria.testing.store import NoTrouble
from tests.simulation.loop import SimulatedLoop, passing


class Said(msgspec.Struct, frozen=True):
    word: str


class Mouth(Contract):
    """Says."""

    events = (event(Said, key="word"),)

    @operation()
    async def say(self, word: str) -> None:
        raise NotImplementedError


class Ear(Contract):
    """Hears."""

    @handles(Said)
    async def hear(self, said: Said) -> None:
        raise NotImplementedError


class MouthCell(Mouth):
    kept: State = state()

    async def say(self, word):
        await self.kept.write(lambda tx: tx.emit(Said(word)))


def ear(heard, failures=0):
    class EarCell(Ear):
        async def hear(self, said):
            heard.append(said.word)
            assert len(heard) > failures, "not yet"

    return EarCell


def run(work):
    loop = SimulatedLoop(random.Random(1))
    try:
        loop.run_until_complete(work)
    finally:
        loop.drop()


def test_a_delivery_is_tried_again_soon_though_the_clock_was_set_back_meanwhile():
    heard = []

    async def scene():
        async with run_cells({Mouth: MouthCell, Ear: ear(heard, failures=1)}) as cells:
            await cells.handle(Mouth).say("hello")
            await cells.settled()
            cells.clock.advance(-7200)
            await passing(60)

    run(scene())
    assert heard == ["hello", "hello"]


class AfterTheCommit(NoTrouble):
    failing = False

    def fault(self):
        return "after" if self.failing else ""


def test_an_event_whose_writer_was_not_answered_is_delivered_without_another_call():
    heard, trouble = [], AfterTheCommit()

    async def scene():
        async with run_cells({Mouth: MouthCell, Ear: ear(heard)}, store=MemoryStore(trouble)) as cells:
            await cells.settled()
            trouble.failing = True
            with pytest.raises(Failed) as failed:
                await cells.handle(Mouth).say("hello")
            assert failed.value.facts["error"] == StoreFailed.__name__
            trouble.failing = False
            await passing(30)

    run(scene())
    assert heard == ["hello"]


class SlowAnswer(NoTrouble):
    def delay_s(self, stage):
        return 5.0 if stage == "answer" else 0.0


def test_an_event_whose_writer_was_cancelled_after_the_commit_is_delivered_without_another_call():
    heard = []

    async def scene():
        async with run_cells({Mouth: MouthCell, Ear: ear(heard)}, store=MemoryStore(SlowAnswer())) as cells:
            await cells.settled()
            call = asyncio.ensure_future(cells.handle(Mouth).say("hello"))
            await passing(1)
            call.cancel()
            await asyncio.wait([call])
            await passing(60)

    run(scene())
    assert heard == ["hello"]
