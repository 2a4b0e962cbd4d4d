# mypy: disable-error-code="empty-body"
from itertools import pairwise

import pytest

from planaria.assemble.outbox.parking import NoSuchDelivery
from planaria.kernel.contract import Contract, event, operation
from planaria.kernel.event import ATTEMPTS_MAX, DELAY_FIRST_S, DELAY_MAX_S, PAGE, NotEmittedHere
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
    emit,
    idle,
    keeping,
    left,
    now_s,
    outcome,
    pass_s,
    running,
)


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
        (parked,) = await cells.outbox.parked()
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
        await cells.outbox.redeliver(1, "reader.note")
        await cells.settled()
        assert (len(heard.lines), heard.ended) == (ATTEMPTS_MAX + 1, [])
        await pass_s(1)
        await cells.settled()
        assert (heard.ended, await cells.outbox.parked()) == ([("a", 0)], [])
        with pytest.raises(NoSuchDelivery) as missing:
            await cells.outbox.redeliver(1, "reader.note")
        assert missing.value.facts == {"event": 1, "handler": "reader.note"}


async def test_what_is_redelivered_goes_before_what_failed_later_of_its_key():
    heard = Heard("a")
    async with running(desk=EMITTER, reader=heard.cell()) as cells:
        await cells.handle(Desk).work("a:1")
        await pass_s(600)
        await cells.handle(Desk).work("a:2")
        await cells.settled()
        heard.failing = ()
        await cells.outbox.redeliver(1, "reader.note")
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
