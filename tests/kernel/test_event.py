import asyncio
from dataclasses import dataclass
from itertools import pairwise

import pytest

from planaria.kernel.contract import Contract, event, handles, operation
from planaria.kernel.event import ATTEMPTS_MAX, DELAY_FIRST_S, DELAY_MAX_S, PAGE, NoSuchDelivery, NotEmittedHere
from planaria.kernel.system import state
from planaria.testing import MemoryStore, run_cells
from tests.kernel.house import Desk, Noted, Pause, Reader, acting, begin, idle, outcome, pass_s, running

SEEN = "create table reader__seen (key text, number integer);"


@dataclass(frozen=True, slots=True)
class Later:
    key: str


def now_s():
    return asyncio.get_running_loop().time()


async def emit(self, what):
    """Emit what is written as `key:number`, separated by blanks."""
    facts = [Noted(one.partition(":")[0], int(one.partition(":")[2] or 0)) for one in what.split()]

    def body(tx):
        for fact in facts:
            tx.emit(fact)

    await self.shelf.write(body)
    return what


EMITTER = acting(Desk, {"shelf": state()}, work=emit)


async def keep(self, noted):
    await self.seen.write(lambda tx: tx.change("insert into reader__seen values (?, ?)", (noted.key, noted.number)))


def keeping(note=keep):
    return acting(Reader, {"seen": state()}, note=note)


class Heard:
    """A handler that remembers what it was told, and fails where the test says so."""

    def __init__(self, *failing, times=10**9):
        self.lines, self.failing, self.times, self.ended = [], failing, times, []

    async def __call__(self, reader, noted):
        self.lines.append((noted.key, noted.number))
        await asyncio.sleep(0)
        if noted.key in self.failing and self.times:
            self.times -= 1
            raise ValueError(f"no {noted.key}")
        self.ended.append((noted.key, noted.number))

    def cell(self):
        return acting(Reader, note=self)


def left(store):
    return store.rows("select handler, event, key, attempts, parked from planaria__delivery order by event")


async def test_an_event_reaches_its_handler_after_its_transaction():
    async with running(desk=EMITTER, reader=keeping(), tables={"reader": SEEN}, store=(store := MemoryStore())) as cells:
        await cells.handle(Desk).work("a:1")
        assert store.rows("select * from reader__seen") == []
        await cells.settled()
        assert store.rows("select * from reader__seen") == [("a", 1)]
        assert (left(store), store.rows("select * from planaria__event")) == ([], [])


async def test_an_event_of_a_transaction_that_failed_never_happened():
    async def work(self, what):
        def body(tx):
            tx.emit(Noted(what))
            raise ValueError

        await self.shelf.write(body)

    heard = Heard()
    async with running(desk=acting(Desk, {"shelf": state()}, work=work), reader=heard.cell()) as cells:
        await outcome(cells.handle(Desk).work("a"))
        await cells.settled()
        assert heard.lines == []


async def test_only_declared_events_may_be_emitted():
    async def note(self, noted):
        await self.seen.write(lambda tx: tx.emit(noted))

    async def work(self, what):
        await self.shelf.write(lambda tx: tx.emit(what))

    async with running(desk=acting(Desk, {"shelf": state()}, work=work), reader=keeping(note)) as cells:
        failed = await outcome(cells.handle(Desk).work("text"))
        assert (type(failed.__cause__), failed.__cause__.facts) == (NotEmittedHere, {"cell": "desk", "event": "str", "known": "Noted"})
        failed = await outcome(cells.life.cells["reader"].operations["note"].function(None, Noted("a")))
        assert failed.__cause__.facts == {"cell": "reader", "event": "Noted", "known": "none"}


async def test_events_of_one_key_come_in_order_and_keys_side_by_side():
    pause, lines = Pause(), []

    async def note(self, noted):
        lines.append((noted.key, noted.number))
        if noted == Noted("slow", 1):
            await pause()

    async with running(desk=EMITTER, reader=acting(Reader, note=note)) as cells:
        await cells.handle(Desk).work("slow:1 slow:2 quick:1 quick:2")
        await idle()
        assert lines == [("slow", 1), ("quick", 1), ("quick", 2)]
        pause.open()
        await cells.settled()
        assert lines[3:] == [("slow", 2)]


async def test_many_events_of_a_key_come_in_order_over_all_pages():
    heard = Heard()
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        await cells.handle(Desk).work(" ".join(f"a:{number}" for number in range(PAGE * 2 + 10)))
        await cells.settled()
        assert heard.lines == [("a", number) for number in range(PAGE * 2 + 10)]


async def test_an_event_that_failed_is_tried_again_later_each_time():
    heard, times = Heard("a", times=4), []

    async def note(self, noted):
        times.append(now_s())
        await heard(self, noted)

    async with running(desk=EMITTER, reader=acting(Reader, note=note)) as cells:
        await cells.handle(Desk).work("a")
        await cells.settled()
        assert len(times) == 1
        await pass_s(30)
        assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([0.4, 0.8, 1.6, 3.2])
        assert heard.ended == [("a", 0)]


async def test_an_event_that_failed_holds_up_its_key_only_over_all_pages():
    heard = Heard("a", times=1)
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        many = " ".join(f"b:{number} a:{number + 2}" for number in range(PAGE))
        await cells.handle(Desk).work("a:1 " + many)
        await cells.settled()
        assert heard.lines == [("a", 1), *(("b", number) for number in range(PAGE))]
        await cells.handle(Desk).work("a:1000 b:1000")
        await cells.settled()
        assert heard.lines[-1] == ("b", 1000)
        await pass_s(1)
        await cells.settled()
        assert [number for key, number in heard.ended if key == "a"] == [1, *range(2, PAGE + 2), 1000]


async def test_an_event_that_fails_too_often_is_parked_and_the_next_of_its_key_goes_on():
    heard = Heard("a", times=ATTEMPTS_MAX)
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        await cells.handle(Desk).work("a:1 a:2")
        await pass_s(600)
        assert heard.lines == [("a", 1)] * ATTEMPTS_MAX + [("a", 2)]
        (parked,) = await cells.life.outbox.parked()
        assert (parked.event, parked.handler, parked.key, parked.attempts) == (1, "reader.note", "a", ATTEMPTS_MAX)
        assert (parked.error.splitlines()[0], b"1" in parked.payload) == (
            "PLN-C300: cell 'reader' failed in 'note': ValueError: no a",
            True,
        )
        assert [line.splitlines()[0] for line in cells.complaints] == [
            f"parked event 1 for reader.note after {ATTEMPTS_MAX} attempts: PLN-C300: cell 'reader' failed in 'note': ValueError: no a",
        ]


async def test_what_is_parked_may_be_redelivered_from_its_first_attempt():
    heard = Heard("a", times=ATTEMPTS_MAX + 1)
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        await cells.handle(Desk).work("a")
        await pass_s(600)
        await cells.life.outbox.redeliver(1, "reader.note")
        await cells.settled()
        assert (len(heard.lines), heard.ended) == (ATTEMPTS_MAX + 1, [])
        await pass_s(1)
        await cells.settled()
        assert (heard.ended, await cells.life.outbox.parked()) == ([("a", 0)], [])
        with pytest.raises(NoSuchDelivery) as missing:
            await cells.life.outbox.redeliver(1, "reader.note")
        assert missing.value.facts == {"event": 1, "handler": "reader.note"}


async def test_what_is_redelivered_goes_before_what_failed_later_of_its_key():
    heard = Heard("a")
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        await cells.handle(Desk).work("a:1")
        await pass_s(600)
        await cells.handle(Desk).work("a:2")
        await cells.settled()
        heard.failing = ()
        await cells.life.outbox.redeliver(1, "reader.note")
        await cells.settled()
        assert heard.ended == [("a", 1), ("a", 2)]


async def test_delays_are_bounded():
    assert min(DELAY_MAX_S, DELAY_FIRST_S * 2**ATTEMPTS_MAX) <= DELAY_MAX_S
    assert DELAY_FIRST_S * 2**ATTEMPTS_MAX > DELAY_MAX_S / 2


async def test_a_refusal_that_says_when_to_come_back_is_no_attempt():
    pause, heard = Pause(), Heard()

    async def note(self, noted):
        await (pause() if noted.key == "busy" else heard(self, noted))

    limits = {"reader": {"concurrency": 1, "queue": 0}}
    async with running(desk=EMITTER, reader=acting(Reader, note=note), limits=limits, store=(store := MemoryStore())) as cells:
        await cells.handle(Desk).work("busy a")
        await idle()
        assert [(key, attempts) for _, _, key, attempts, _ in left(store)] == [("busy", 0), ("a", 0)]
        pause.open()
        await pass_s(DELAY_FIRST_S * 4)
        assert heard.ended == [("a", 0)]


async def test_a_delivery_has_the_deadline_of_its_handler():
    pause = Pause()
    async with running(desk=EMITTER, reader=acting(Reader, note=pause), store=(store := MemoryStore())) as cells:
        await cells.handle(Desk).work("a")
        await cells.settled()
        assert (now_s(), left(store)[0][3]) == (10, 1)
        pause.open()


async def test_a_payload_that_cannot_be_read_is_a_failed_delivery():
    async with running(desk=EMITTER, reader=Heard().cell(), store=(store := MemoryStore())) as cells:
        write = "insert into planaria__event (id, cell, name, key, payload, at) values (99, 'desk', 'Noted', 'a', x'00', 0)"
        await store.write(lambda session: session.execute("planaria", write))
        deliver = "insert into planaria__delivery (handler, event, key) values ('reader.note', 99, 'a')"
        await store.write(lambda session: session.execute("planaria", deliver))
        cells.life.outbox.wake()
        await cells.settled()
        assert left(store)[0][3] == 1


async def test_an_event_without_handlers_is_written_and_delivered_to_nobody():
    async with running(desk=EMITTER, store=(store := MemoryStore())) as cells:
        await cells.handle(Desk).work("a")
        await cells.settled()
        assert left(store) == []


class Echo(Contract):
    """Emits what the desk emits too."""

    events = (event(Noted, key="number"),)

    @operation()
    async def echo(self, what: str) -> str:
        """Emit."""


async def test_two_cells_may_emit_the_same_event():
    heard = Heard()
    echo = acting(Echo, {"shelf": state()}, echo=emit)
    async with run_cells({Desk: EMITTER, Echo: echo, Reader: heard.cell()}) as cells:
        await cells.handle(Desk).work("a:1")
        await cells.handle(Echo).echo("b:2")
        await cells.settled()
        assert sorted(heard.ended) == [("a", 1), ("b", 2)]


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
