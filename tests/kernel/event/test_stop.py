# mypy: disable-error-code="empty-body"
import asyncio
from dataclasses import dataclass

from planaria.kernel.contract import Contract, event, handles, operation
from planaria.kernel.system import state
from planaria.testing import MemoryStore, run_cells
from tests.kernel.house import (
    EMITTER,
    SEEN,
    Desk,
    Heard,
    Noted,
    Pause,
    Reader,
    acting,
    begin,
    emit,
    idle,
    keep,
    keeping,
    left,
    pass_s,
    running,
)


@dataclass(frozen=True, slots=True)
class Later:
    key: str


async def test_settled_waits_for_what_handlers_emit_too():
    told = []

    class Said(Contract):
        """Says."""

        events = (event(Noted, key="key"),)

        @operation()
        async def say(self, what: str) -> str:
            """Say."""

    class Relay(Contract):
        """Relays."""

        events = (event(Later, key="key"),)

        @handles(Noted)
        async def relay(self, noted: Noted) -> None:
            """Relay."""

    class Last(Contract):
        """Hears."""

        @handles(Later)
        async def last(self, later: Later) -> None:
            """Hear."""

    async def relay(self, noted):
        for _ in range(100):
            await asyncio.sleep(0)
        await self.shelf.write(lambda tx: tx.emit(Later(noted.key)))

    async def last(self, later):
        for _ in range(100):
            await asyncio.sleep(0)
        told.append(later.key)

    parts = {
        Last: acting(Last, last=last),
        Relay: acting(Relay, {"shelf": state()}, relay=relay),
        Said: acting(Said, {"shelf": state()}, say=emit),
    }
    async with run_cells(parts) as cells:
        await cells.handle(Said).say("a")
        await cells.settled()
        assert told == ["a"]


async def test_settled_waits_for_a_delivery_that_is_tried_again():
    pause, heard = Pause(), Heard("a", times=1)

    async def note(self, noted):
        if heard.lines:
            await pause()
        await heard(self, noted)

    async with running(desk=EMITTER, reader=acting(Reader, note=note)) as cells:
        await cells.handle(Desk).work("a")
        await cells.settled()
        await pause.entered()
        settled = begin(cells.settled())
        await idle()
        assert not settled.done()
        pause.open()
        await settled
        assert heard.ended == [("a", 0)]


async def test_settled_ends_when_deliveries_are_stopped():
    pause = Pause()
    async with running(desk=EMITTER, reader=acting(Reader, note=pause)) as cells:
        await cells.handle(Desk).work("a")
        await pause.entered()
        settled, stopping = begin(cells.settled()), begin(cells.life.outbox.stop())
        await idle()
        pause.open()
        await stopping
        await settled


async def test_a_stop_finishes_what_runs_and_leaves_the_rest_for_the_next_life():
    store, pause, first = MemoryStore(), Pause(), []

    async def note(self, noted):
        first.append(noted.number)
        await pause()

    async with running(desk=EMITTER, reader=acting(Reader, note=note), store=store) as cells:
        await cells.handle(Desk).work("a:1 a:2 b:3")
        await pause.entered(2)
        stopping = asyncio.create_task(cells.life.stop())
        await idle()
        pause.open()
        await stopping
        assert (first, [key for _, _, key, _, _ in left(store)]) == ([1, 3], ["a"])

    heard = Heard()
    async with running(desk=EMITTER, reader=heard.cell(), store=store) as cells:
        await cells.settled()
        assert (heard.ended, left(store)) == ([("a", 2)], [])


async def test_what_a_crash_left_is_delivered_again_and_has_its_effect_once():
    store, pause = MemoryStore(), Pause()

    async def note(self, noted):
        await keep(self, noted)
        await pause()

    async with running(desk=EMITTER, reader=keeping(note), store=store, tables={"reader": SEEN}) as cells:
        await cells.handle(Desk).work("a:1 b:2")
        await pause.entered(2)
        pump = cells.life.outbox.pumps[0]
        pump.task.cancel()  # as a crash would end it, after the effect and before the answer
        cells.life.outbox.pumps = []
        await idle()
    async with running(desk=EMITTER, reader=keeping(), store=store) as cells:
        await cells.settled()
        assert store.rows("select key, number from reader__seen order by key") == [("a", 1), ("b", 2)]


async def test_a_handler_that_fails_after_it_has_handled_is_complained_of_and_not_repeated():
    heard = []

    async def note(self, noted):
        heard.append(noted)
        await keep(self, noted)
        raise ValueError("late")

    async with running(desk=EMITTER, reader=keeping(note), tables={"reader": SEEN}, store=(store := MemoryStore())) as cells:
        await cells.handle(Desk).work("a:1")
        await pass_s(60)
        assert (len(heard), store.rows("select * from reader__seen"), left(store)) == (1, [("a", 1)], [])
        assert cells.complaints[0].startswith("reader.note failed after it had handled event 1: ")


async def test_a_handler_that_raises_cancelled_does_not_end_the_deliveries():
    heard = []

    async def note(self, noted):
        heard.append(noted.number)
        if len(heard) == 1:
            raise asyncio.CancelledError

    async with running(desk=EMITTER, reader=acting(Reader, note=note)) as cells:
        await cells.handle(Desk).work("a:1")
        await pass_s(1)
        assert heard == [1, 1]


class Trouble:
    """A store that is full as often as it is told."""

    def __init__(self):
        self.count = 0

    def delay_s(self, stage):
        return 0.0

    def group(self, waiting):
        return 1

    def fault(self):
        self.count -= 1
        return "before" if self.count >= 0 else ""


async def test_a_store_in_trouble_is_complained_of_and_nothing_is_delivered_twice_at_once():
    trouble, running_now, both = Trouble(), [], []
    pause = Pause()

    async def note(self, noted):
        both.append(noted.key in running_now)
        running_now.append(noted.key)
        try:
            if noted.key == "fails" and len(both) == 2:
                trouble.count = 1
                raise ValueError
            if noted.key == "slow":
                await pause()
        finally:
            running_now.remove(noted.key)

    async with running(desk=EMITTER, reader=acting(Reader, note=note), store=MemoryStore(trouble)) as cells:
        await cells.handle(Desk).work("slow fails")
        await pass_s(5)
        assert (both.count(True), pause.count) == (0, 1)
        pause.open()
        await pass_s(1)
        assert [line.split(":")[:2] for line in cells.complaints] == [["deliveries to reader.note", " StoreFailed"]]
        assert cells.life.outbox.pumps[0].idle.is_set()
