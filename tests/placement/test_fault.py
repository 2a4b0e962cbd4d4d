"""Faults: what callers see of them, what happens in the cell, and that a seed repeats them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from planaria import Contract, Failed, Refused, Unknown, handles, operation, uses
from planaria.kernel.contract import event
from planaria.placement.fault import KINDS, Faults, FaultsWrong, InjectedFailure
from planaria.testing import run_cells
from planaria.testing.conform.subject import Sold

SEEN = {"refused": Refused, "failed": Failed, "unknown_before": Unknown, "unknown_after": Unknown, "cancelled": Unknown}


class Till(Contract):
    """Takes money."""

    events = (event(Sold, key="lane"),)

    @operation()
    async def take(self, price: int) -> int:
        raise NotImplementedError

    @operation(idempotent=True)
    async def total(self) -> int:
        raise NotImplementedError

    @operation()
    def prices(self) -> AsyncIterator[int]:
        raise NotImplementedError

    @operation()
    async def sell(self) -> None:
        raise NotImplementedError


class Clerk(Contract):
    """Asks the till again where that is harmless."""

    @operation()
    async def serve(self, price: int) -> str:
        raise NotImplementedError

    @operation(idempotent=True)
    async def count(self) -> int:
        raise NotImplementedError

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        raise NotImplementedError


class TillCell(Till):
    taken, cleared = 0, False

    async def take(self, price):
        try:
            for _ in range(10):
                await asyncio.sleep(0)
            self.taken += price
        except asyncio.CancelledError:
            TillCell.cleared = True
            raise
        return self.taken

    async def total(self):
        return self.taken

    async def sell(self):
        self.taken += 1

    async def prices(self):
        TillCell.cleared = False
        try:
            for price in range(10):
                yield price
        finally:
            TillCell.cleared = True


class ClerkCell(Clerk):
    till: Till = uses(Till)

    async def serve(self, price):
        try:
            await self.till.take(price)
        except Unknown:
            return f"taken: {await self.till.total() == price}"
        return "taken"

    async def count(self):
        return await self.till.total()

    async def note(self, sold):
        await asyncio.sleep(0)


STORED = """
class TillCell(Till):
    kept = state()
    async def take(self, price):
        def body(tx):
            tx.change("insert into till__taken values (?)", (price,))
            tx.emit(Sold(price, "lane"))
            return price
        return await self.kept.write(body)
    async def total(self):
        return (await self.kept.read(lambda tx: tx.row("select count(*) from till__taken")))[0]
    async def prices(self):
        yield 1
    async def sell(self): await self.kept.write(lambda tx: tx.emit(Sold(1, "a")))
"""


NOTING = """
class ClerkCell(Clerk):
    kept = state()
    till = uses(Till)
    async def serve(self, price): return ""
    async def note(self, sold):
        await self.kept.write(lambda tx: tx.change("insert into clerk__heard (price) values (?)", (sold.number,)))
    async def count(self):
        return (await self.kept.read(lambda tx: tx.row("select count(*) from clerk__heard")))[0]
"""
TABLES = {Till: "create table till__taken (price integer);", Clerk: "create table clerk__heard (price integer primary key);"}


def faulty(till=TillCell, clerk=ClerkCell, **faults):
    return run_cells({Till: till, Clerk: clerk}, placement="copying", tables=TABLES, faults=Faults(**faults))


async def pour(stream, taken):
    async for one in stream:
        taken.append(one)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_caller_sees_the_outcome_that_was_asked_for(kind):
    TillCell.cleared = False
    async with faulty(at={"till.take": kind}) as cells:
        till = cells.handle(Till)
        with pytest.raises(SEEN[kind]) as seen:
            await till.take(5)
        assert seen.value.code == {Refused: "PLN-C200", Failed: "PLN-C300", Unknown: "PLN-C400"}[SEEN[kind]]
        assert f"call 0 of 'take' of cell 'till': {kind}" in seen.value.facts["text"]
        assert await till.total() == (5 if kind == "unknown_after" else 0)
        assert TillCell.cleared is (kind == "cancelled")
        assert [(one.cell, one.operation, one.number, one.kind) for one in cells.injected] == [("till", "take", 0, kind)]


async def test_a_script_says_which_call_meets_what():
    async with faulty(at={"till.take": ("", "refused", "unknown_after")}) as cells:
        till = cells.handle(Till)
        assert await till.take(1) == 1
        with pytest.raises(Refused):
            await till.take(1)
        with pytest.raises(Unknown):
            await till.take(1)
        assert await till.take(1) == 3


@pytest.mark.parametrize("kind, answer", [("", "taken"), ("unknown_before", "taken: False"), ("unknown_after", "taken: True")])
async def test_a_cell_that_bears_an_unknown_outcome_passes(kind, answer):
    async with faulty(at={"till.take": (kind,)}) as cells:
        assert await cells.handle(Clerk).serve(5) == answer


async def test_a_fault_further_in_is_a_failure_of_a_cell_that_does_not_bear_it():
    for kind in KINDS:
        async with faulty(at={"till.total": kind}) as cells:
            with pytest.raises(Unknown if SEEN[kind] is Unknown else Failed):
                await cells.handle(Clerk).count()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_ends_as_it_was_asked_to(kind):
    TillCell.cleared, taken = False, []
    async with faulty(at={"till.prices": kind}) as cells:
        with pytest.raises(SEEN[kind]):
            await pour(cells.handle(Till).prices(), taken)
        began = kind in ("unknown_after", "cancelled")
        assert (len(taken) > 0, len(taken) == 10, TillCell.cleared) == (began, kind == "unknown_after", began)


async def test_an_event_whose_delivery_goes_wrong_is_delivered_again():
    for kind in KINDS:
        async with faulty(STORED, at={"clerk.note": (kind,)}) as cells:
            await cells.handle(Till).sell()
            await cells.settled()
            assert len(cells.injected) == 1
            cells.clock.advance(600)
            cells.life.outbox.wake()
            await cells.settled()
            assert not (await cells.outbox.parked())


async def outcomes(seed, calls):
    async with faulty(seed=seed, share=0.5) as cells:
        told = await asyncio.gather(*(getattr(cells.handle(Till), name)(*given) for name, *given in calls), return_exceptions=True)
        return [type(one).__name__ for one in told], sorted(map(str, cells.injected))


async def test_a_seed_repeats_its_faults_and_another_has_others():
    calls = [("take", 1)] * 20 + [("total",)] * 20
    first = await outcomes(7, calls)
    assert first == await outcomes(7, calls) != await outcomes(8, calls)
    assert set(first[0]) == {"int", "Refused", "Failed", "Unknown"}


async def test_faults_do_not_hang_on_what_runs_beside_them():
    calls = [("take", 1)] * 20
    assert (await outcomes(7, calls))[1] == [one for one in (await outcomes(7, [("total",)] * 9 + calls))[1] if "'take'" in one]


async def outcome_of(work):
    try:
        return await work
    except (Refused, Failed, Unknown) as error:
        return type(error).__name__


@pytest.mark.parametrize("seed", range(12))
async def test_state_and_events_hold_whatever_goes_wrong(seed):
    """Each call that was answered is in the state, none that was refused; and each event is heard once, however often it came."""
    notes = tuple(KINDS[(seed + number) % len(KINDS)] if number % 3 == seed % 3 else "" for number in range(500))
    async with faulty(STORED, NOTING, seed=seed, share=0.3, at={"clerk.note": notes}) as cells:
        told = await asyncio.gather(*(outcome_of(cells.handle(Till).take(price)) for price in range(40)))
        for _ in range(40):
            cells.clock.advance(600)
            cells.life.outbox.wake()
            await cells.settled()
        taken = cells.life.ports.store.rows("select price from till__taken order by price")
        heard = cells.life.ports.store.rows("select price from clerk__heard order by price")
    answered = {price for price, one in enumerate(told) if one == price}
    unknown = {price for price, one in enumerate(told) if one == "Unknown"}
    assert answered <= {price for (price,) in taken} <= answered | unknown
    assert answered
    assert unknown
    assert heard == taken


def test_a_share_of_all_calls_meets_a_fault_and_each_kind_comes():
    drawn = [Faults(seed=1, share=0.25).of("till", "take", number) for number in range(1000)]
    kinds = [one.kind for one in drawn if one]
    assert 200 < len(kinds) < 300
    assert set(kinds) == set(KINDS)
    assert not any(Faults().of("till", "take", number) for number in range(100))
    assert isinstance(Faults(share=1, kinds=("failed",)).of("a", "b", 1).error, InjectedFailure)


@pytest.mark.parametrize(
    "faults, problem",
    [
        ({"share": 2}, "share is 2, and must be from 0 to 1"),
        ({"kinds": ()}, "kinds is empty"),
        ({"kinds": ("lost",)}, "kinds: 'lost' is none of refused, failed"),
        ({"at": {"take": "failed"}}, "'take' is not like 'stock.take'"),
        ({"at": {"till.take": ("", "wrong")}}, "till.take: 'wrong' is none of"),
    ],
)
def test_wrong_faults_are_refused(faults, problem):
    with pytest.raises(FaultsWrong) as wrong:
        Faults(**faults)
    assert problem in wrong.value.facts["text"]


async def test_a_fault_in_an_operation_that_is_not_there_is_refused():
    with pytest.raises(FaultsWrong) as wrong:
        async with faulty(at={"till.tkae": "failed"}):
            pass
    assert wrong.value.facts["problems"] == ["cell 'till' has no operation 'tkae', but take, total, prices, sell"]


async def test_faults_are_for_copying_alone():
    with pytest.raises(AssertionError, match="only the placement 'copying' injects faults"):
        async with run_cells({Till: STORED}, placement="inprocess", faults=Faults()):
            pass
