"""The placement that copies: what only it does."""

import asyncio
from collections.abc import Mapping

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
        where["changed"] = 1
        return len(where)


def copying(*cells, **more):
    return run_cells(dict(cells), placement="copying", **more)


async def test_gives_and_takes_copies():
    ground = Ground(1.5)
    async with copying((Field, FieldCell)) as cells:
        back = await cells.handle(Field).keep(ground)
    assert back == ground == FieldCell.kept
    assert back is not ground
    assert FieldCell.kept is not ground


async def test_a_change_of_an_argument_does_not_reach_the_caller():
    where = {"north": 1}
    async with copying((Field, FieldCell)) as cells:
        assert await cells.handle(Field).water(where) == 2
    assert where == {"north": 1}


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
