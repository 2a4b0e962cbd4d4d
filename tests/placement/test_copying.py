"""The placement that copies: what only it does."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import msgspec
import pytest

from planaria import CellError, Chance, Contract, Failed, handles, operation, uses
from planaria.kernel.contract import event
from planaria.testing import run_cells


class Ground(msgspec.Struct, frozen=True):
    height: float


class Rained(msgspec.Struct, frozen=True):
    place: str


class Dry(CellError):
    code = "FIELD-1"
    what = "no water in {where}"


class Field(Contract):
    """Grows."""

    @operation(idempotent=True)
    async def keep(self, ground: Ground) -> Ground:
        raise NotImplementedError

    @operation(idempotent=True, errors=(Dry,))
    async def look(self) -> int:
        raise NotImplementedError

    @operation(idempotent=True, effects=(Chance(),))
    async def guess(self) -> int:
        raise NotImplementedError

    @operation(errors=(Dry,))
    async def water(self, where: Mapping[str, int]) -> int:
        raise NotImplementedError

    @operation()
    async def map(self) -> Mapping[int, str]:
        raise NotImplementedError

    @operation(errors=(Dry,))
    def rows(self, kind: str) -> AsyncIterator[Ground]:
        raise NotImplementedError


class Farm(Contract):
    """Uses the field."""

    @operation(idempotent=True)
    async def visit(self) -> int:
        raise NotImplementedError


class FieldCell(Field):
    kept: object = None
    looked = 0

    async def keep(self, ground):
        FieldCell.kept = ground
        return ground

    async def look(self):
        self.looked += 1
        return self.looked

    async def guess(self):
        self.looked += 1
        return self.looked

    async def water(self, where):
        if not where:
            raise Dry(where={"field": (1, 2)})
        return len(where)

    async def map(self):
        return {}

    async def rows(self, kind):
        FieldCell.rowed = []
        for height in range(3):
            ground = Ground(float(height) if kind != "wrong" else "high")
            FieldCell.rowed.append(ground)
            yield ground
        if kind == "dry":
            raise Dry(where=("a",))


async def pour(stream, taken):
    async for one in stream:
        taken.append(one)


async def visiting(field, where):
    return await field.water(where)


def copying(*cells, **more):
    return run_cells(dict(cells), placement="copying", **more)


async def test_gives_and_takes_copies():
    ground = Ground(1.5)
    async with copying((Field, FieldCell)) as cells:
        back = await cells.handle(Field).keep(ground)
    assert back == ground == FieldCell.kept
    assert back is not ground
    assert FieldCell.kept is not ground


async def test_a_change_of_an_argument_is_a_failure_and_does_not_reach_the_caller():
    class Changing(FieldCell):
        async def water(self, where):
            where["changed"] = 1
            return len(where)

    where = {"north": 1}
    async with copying((Field, Changing)) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Field).water(where)
    assert failed.value.facts["error"] == "Altered"
    assert "argument 'where' of 'water' of cell 'field' was changed by its cell" in failed.value.facts["text"]
    assert where == {"north": 1}


async def test_a_caller_that_changes_what_it_gave_meanwhile_is_a_failure():
    class Waiting(FieldCell):
        async def water(self, where):
            await asyncio.sleep(0)
            return len(where)

    where = {"north": 1}
    async with copying((Field, Waiting)) as cells:
        task = asyncio.create_task(visiting(cells.handle(Field), where))
        await asyncio.sleep(0)
        where["south"] = 1
        with pytest.raises(Failed) as failed:
            await task
    assert "was changed by its caller" in failed.value.facts["text"]


async def test_a_cell_that_changes_what_it_gave_fails_then():
    class Holding(FieldCell):
        held = None

        async def look(self):
            return 1

        async def map(self):
            self.held = self.held or {}
            self.held[len(self.held)] = "new"
            return self.held

    async with copying((Field, Holding)) as cells:
        assert await cells.handle(Field).map() == {0: "new"}
        with pytest.raises(Failed) as failed:
            await cells.handle(Field).map()
        assert "the result of 'map' of cell 'field' was changed by its cell" in failed.value.facts["text"]
        assert await cells.handle(Field).look() == 1


async def test_each_item_of_a_stream_is_a_copy():
    async with copying((Field, FieldCell)) as cells:
        rows = [one async for one in cells.handle(Field).rows("")]
    assert rows == FieldCell.rowed == [Ground(0.0), Ground(1.0), Ground(2.0)]
    assert not any(one is other for one, other in zip(rows, FieldCell.rowed, strict=True))


async def test_a_declared_error_of_a_stream_is_a_copy_after_its_items():
    taken = []
    async with copying((Field, FieldCell)) as cells:
        with pytest.raises(Dry) as dry:
            await pour(cells.handle(Field).rows("dry"), taken)
    assert (len(taken), dry.value.facts) == (3, {"where": ["a"]})


async def test_an_item_that_is_not_what_the_contract_says_is_a_failure():
    async with copying((Field, FieldCell)) as cells:
        with pytest.raises(Failed) as failed:
            await anext(aiter(cells.handle(Field).rows("wrong")))
    assert failed.value.facts["error"] == "WrongValue"


async def test_a_declared_error_is_a_copy_whose_facts_are_plain():
    async with copying((Field, FieldCell)) as cells:
        with pytest.raises(Dry) as dry:
            await cells.handle(Field).water({})
    assert dry.value.facts == {"where": {"field": [1, 2]}}


async def test_a_result_that_is_not_what_the_contract_says_is_a_failure():
    class Wrong(FieldCell):
        async def water(self, where):
            return "much"

    async with copying((Field, Wrong)) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Field).water({})
    assert failed.value.facts["error"] == "WrongValue"


async def test_an_idempotent_operation_that_answers_otherwise_the_second_time_is_a_failure():
    async with copying((Field, FieldCell)) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Field).look()
    assert failed.value.facts["error"] == "NotRepeatable"
    assert "gave 1 and then 2" in failed.value.facts["text"]


async def test_an_idempotent_operation_that_first_answers_and_then_raises_is_a_failure():
    class Fading(FieldCell):
        async def look(self):
            self.looked += 1
            if self.looked > 1:
                raise Dry(where="here")
            return 1

    async with copying((Field, Fading)) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Field).look()
    assert "Dry" in failed.value.facts["text"]


async def test_an_idempotent_operation_may_raise_the_same_declared_error_twice():
    class Always(FieldCell):
        async def look(self):
            raise Dry(where="here")

    async with copying((Field, Always)) as cells:
        with pytest.raises(Dry):
            await cells.handle(Field).look()


async def test_chance_excuses_an_idempotent_operation_from_being_run_twice():
    async with copying((Field, FieldCell)) as cells:
        assert await cells.handle(Field).guess() == 1


async def test_sets_agree_in_whatever_order_they_are_written():
    class Sets(Contract):
        """Gives sets."""

        @operation(idempotent=True)
        async def letters(self) -> frozenset[str]:
            raise NotImplementedError

    class SetsCell(Sets):
        order = 1

        async def letters(self):
            self.order = -self.order
            return frozenset("abcdefgh"[:: self.order])

    async with copying((Sets, SetsCell)) as cells:
        assert await cells.handle(Sets).letters() == frozenset("abcdefgh")


async def test_a_value_that_json_cannot_hold_is_a_failure():
    class Bottomless(FieldCell):
        async def keep(self, ground):
            return Ground(float("-inf"))

    async with copying((Field, Bottomless)) as cells:
        with pytest.raises(Failed):
            await cells.handle(Field).keep(Ground(1.0))


async def test_a_difference_says_nothing_while_another_call_is_under_way():
    both = asyncio.Event()

    class Busy(FieldCell):
        async def look(self):
            self.looked += 1
            if self.looked >= 2:
                both.set()
            await both.wait()
            return self.looked

    async with copying((Field, Busy)) as cells:
        field = cells.handle(Field)
        assert sorted(await asyncio.gather(field.look(), field.look())) == [2, 3]


async def test_calls_that_a_call_makes_are_its_own_and_are_compared():
    class FarmCell(Farm):
        field: Field = uses(Field)

        async def visit(self):
            return await self.field.look()

    async with copying((Field, FieldCell), (Farm, FarmCell)) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Farm).visit()
    assert "NotRepeatable" in failed.value.facts["text"]


async def test_a_handler_of_events_runs_once():
    seen = []

    class Sky(Contract):
        """Rains."""

        events = (event(Rained, key="place"),)

        @operation()
        async def rain(self) -> None:
            raise NotImplementedError

    class Ground2(Contract):
        """Gets wet."""

        @handles(Rained)
        async def soak(self, rained: Rained) -> None:
            raise NotImplementedError

    class Soaked(Ground2):
        async def soak(self, rained):
            seen.append(rained)

    source = """
class SkyCell(Sky):
    kept = state()
    async def rain(self):
        await self.kept.write(lambda tx: tx.emit(Rained("here")))
"""
    async with copying((Sky, source), (Ground2, Soaked)) as cells:
        await cells.handle(Sky).rain()
        await cells.settled()
    assert seen == [Rained("here")]
