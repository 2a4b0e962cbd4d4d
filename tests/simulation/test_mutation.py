"""The simulation can fail: each of these wrong kernels is caught by a seed."""

import asyncio
import random
from functools import partial

import pytest

from planaria.kernel import admission, event, state
from planaria.kernel.cell import RunningCell, SwapFailed
from planaria.kernel.request import REQUEST
from tests.simulation.loop import Hung
from tests.simulation.run import simulate
from tests.simulation.world import Broken, write_generations

SEEDS_MAX = 150


@pytest.fixture(scope="module")
def generations(tmp_path_factory):
    return write_generations(tmp_path_factory.mktemp("generations"))


def caught(generations, *, word):
    """Return the first seed's word that says so."""
    for seed in range(SEEDS_MAX):
        try:
            simulate(seed, generations)
        except (Broken, Hung) as error:
            if word in str(error):
                return str(error)
    raise AssertionError(f"{SEEDS_MAX} seeds saw nothing wrong")


def test_a_mark_that_is_not_in_the_handlers_transaction_is_caught(monkeypatch, generations):
    async def write(self, body):
        delivery, emitted = REQUEST.get().delivery, []

        def run(session):
            transaction = state.Transaction(self._cell, session, self._outbox)
            result = body(transaction)
            emitted.append(transaction)
            return result

        result = await self._store.write(run)
        if delivery is not None and delivery.handler.split(".")[0] == self._cell:
            await self._store.write(lambda session: self._outbox.remember(session, delivery))
            delivery.marked = True
        self._outbox.wake()
        return result

    monkeypatch.setattr(state.State, "write", write)
    assert "twice" in caught(generations, word="twice")


def test_deliveries_out_of_order_are_caught(monkeypatch, generations):
    in_order = event._Pump._in_order
    monkeypatch.setattr(event._Pump, "_in_order", lambda self, events: in_order(self, list(reversed(list(events)))))
    assert "order" in caught(generations, word="order")


def test_going_on_after_a_failed_delivery_is_caught(monkeypatch, generations):
    async def in_order(self, events):
        due = [await self._deliver(one) for one in events]
        return min((one for one in due if one is not None), default=None)

    monkeypatch.setattr(event._Pump, "_in_order", in_order)
    assert "order" in caught(generations, word="order")


def test_an_acknowledgement_before_the_commit_is_caught(monkeypatch, generations):
    write, kept = state.State.write, set()

    async def too_early(self, body):
        done = asyncio.get_running_loop().create_future()

        def telling(transaction):
            result = body(transaction)
            if not done.done():
                done.set_result(result)
            return result

        async def behind():
            try:
                await write(self, telling)
            except Exception as error:
                if not done.done():
                    done.set_exception(error)

        task = asyncio.ensure_future(behind())
        kept.add(task)
        task.add_done_callback(kept.discard)
        return await done

    monkeypatch.setattr(state.State, "write", too_early)
    assert "lost" in caught(generations, word="acknowledged, and is lost")


def test_an_event_outside_its_transaction_is_caught(monkeypatch, generations):
    write, emit = state.State.write, state.Transaction.emit

    async def apart(self, body):
        facts = []
        monkeypatch.setattr(state.Transaction, "emit", lambda _, fact: facts.append(fact))
        result = await write(self, body)

        def emitting(session):
            transaction = state.Transaction(self._cell, session, self._outbox)
            for fact in facts:
                emit(transaction, fact)

        await self._store.write(emitting)
        self._outbox.wake()
        return result

    monkeypatch.setattr(state.State, "write", apart)
    assert "lost" in caught(generations, word="lost")


def test_a_failed_delivery_that_is_forgotten_is_caught(monkeypatch, generations):
    async def forgotten(self, one, error):
        sql = "delete from planaria__delivery where handler = ? and event = ?"
        given = (self.subscription.handler, one.event)
        await self.outbox.ports.store.write(partial(event._execute, sql, given))

    monkeypatch.setattr(event._Pump, "_failed", forgotten)
    assert "lost" in caught(generations, word="lost")


def test_events_that_wait_for_a_call_to_wake_them_are_caught(monkeypatch, generations):
    monkeypatch.setattr(event, "LOOK_S", None)
    monkeypatch.setattr(event, "min", lambda *given, **more: min([one for one in given if one is not None], **more), raising=False)
    assert "stuck" in caught(generations, word="stuck")


def test_a_generation_that_is_closed_before_it_has_drained_is_caught(monkeypatch, generations):
    async def at_once(self, resident, seat):
        await self._close(seat)

    monkeypatch.setattr(RunningCell, "_retire", at_once)
    assert "stopped" in caught(generations, word="still running when its implementation was stopped")


def test_a_swap_that_moves_before_the_new_one_stands_is_caught(monkeypatch, generations):
    swap = RunningCell.swap

    async def hasty(self, generation):
        before, self.generation = self.generation, generation
        try:
            await swap(self, generation)
        except SwapFailed:
            self.generation = generation if before else None
            raise

    monkeypatch.setattr(RunningCell, "swap", hasty)
    assert "swap" in caught(generations, word="swap")


def test_a_place_that_is_never_given_back_is_caught(monkeypatch, generations):
    enter = admission.Admission.enter

    async def leaking(self):
        resident = await enter(self)
        if random.Random(len(self.cell) + resident.running).random() < 0.5:
            resident.running += 1
        return resident

    monkeypatch.setattr(admission.Admission, "enter", leaking)
    assert "ended" in caught(generations, word="after all calls have ended")


def test_a_deadline_that_nobody_watches_is_caught(monkeypatch, generations):
    from planaria.kernel.request import Request

    monkeypatch.setattr(Request, "expire", lambda request, task: None)
    assert "deadline" in caught(generations, word="deadline")
