# mypy: disable-error-code="empty-body"
import asyncio

import pytest

from planaria.kernel.call import (
    SAMPLED_EVERY,
    ConditionBroken,
    DeadlinePassed,
    Interrupted,
    enter,
    outcome_of,
)
from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import Failed, PlanariaError, Refused, Unknown
from planaria.kernel.request import REQUEST
from planaria.kernel.system import uses
from planaria.testing import run_cells
from tests.kernel.house import (
    ONE,
    Closed,
    Desk,
    Errand,
    Pause,
    acting,
    begin,
    fails,
    going,
    idle,
    measured,
    outcome,
    pass_s,
    running,
    stubborn,
)

# outcomes


async def test_a_call_gives_what_the_operation_returns():
    async with running(desk=acting(Desk)) as cells:
        assert await cells.handle(Desk).work("a") == "a"
        assert await cells.handle(Desk).work(what="b") == "b"
        assert await cells.handle(Desk).work() == ""
        assert (await cells.life.call("desk", "work", ("c",), caller="me"), Desk.work.__doc__) == ("c", cells.handle(Desk).work.__doc__)


class Mixer(Contract):
    """Mixes."""

    @operation()
    async def mix(self, first: int, second: int = 2, third: tuple[int, ...] = (3,)) -> tuple[int, ...]:
        """Mix."""

    @operation()
    async def rest(self) -> None:
        """Rest."""


class MixerCell(Mixer):
    async def mix(self, first, second=None, third=None):
        return (first, second, *third)

    async def rest(self):
        pass


async def test_the_defaults_of_the_contract_hold_and_not_those_of_the_implementation():
    async with run_cells({Mixer: MixerCell}) as cells:
        assert await cells.handle(Mixer).mix(1) == (1, 2, 3)
        assert await cells.handle(Mixer).mix(1, third=(), second=5) == (1, 5)
        assert await cells.handle(Mixer).rest() is None


async def test_an_error_that_is_not_declared_is_a_failure():
    async with running(desk=acting(Desk, work=fails), errand=going()) as cells:
        for call in (cells.handle(Desk).work, cells.handle(Errand).go):
            failed = await outcome(call())
            assert (type(failed), outcome_of(failed)) == (Failed, "failed")
        failed = await outcome(cells.handle(Desk).work())
        assert failed.facts == {"cell": "desk", "operation": "work", "error": "ValueError", "text": "no", "request": "id-3"}
        assert isinstance(failed.__cause__, ValueError)
        assert measured(cells, "work") == {"calls": 3, "refused": 0, "failed": 3, "unknown": 0}


async def test_a_declared_error_reaches_the_caller_as_it_is():
    cause = KeyError("k")

    async def visit(self, day):
        raise Closed(day=day) from cause

    async def go(self, what):
        return await self.desk.visit(what)

    async with running(desk=acting(Desk, visit=visit), errand=going(go=go)) as cells:
        closed = await outcome(cells.handle(Desk).visit("sunday"))
        assert (type(closed), closed.facts, closed.__cause__) == (Closed, {"day": "sunday"}, cause)
        assert type(await outcome(cells.handle(Errand).go("sunday"))) is Failed


async def test_what_a_nested_call_refuses_is_a_failure_of_the_cell_that_called():
    async def go(self, what):
        return str(await self.desk.count(-1))

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        assert type(await outcome(cells.handle(Errand).go())) is Failed
        assert measured(cells, "count")["refused"] == 1
        assert measured(cells, "go", "errand")["failed"] == 1


async def test_what_a_nested_call_leaves_unknown_is_unknown_to_the_caller():
    pause = Pause()

    async def hurry(self, what):
        return await pause(what)

    class Boss(Contract):
        """Sends."""

        @operation(deadline_s=10)
        async def send(self) -> str:
            """Send."""

    class BossCell(Boss):
        errand: Errand = uses(Errand)

        async def send(self):
            return await self.errand.hurry()

    async with run_cells({Desk: acting(Desk), Errand: going(hurry=hurry), Boss: BossCell}) as cells:
        unknown = await outcome(cells.handle(Boss).send())
        assert (type(unknown), type(unknown.__cause__), outcome_of(unknown)) == (Unknown, Interrupted, "unknown")


async def test_an_implementation_that_raises_cancelled_without_being_cancelled_has_failed():
    async def work(self, what):
        raise asyncio.CancelledError

    async with running(desk=acting(Desk, work=work), errand=going()) as cells:
        failed = await outcome(cells.handle(Errand).go())
        assert type(failed) is Failed
        assert measured(cells, "work") == {"calls": 1, "refused": 0, "failed": 1, "unknown": 0}


async def test_a_call_whose_task_is_cancelled_is_cancelled_and_unknown():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), errand=going()) as cells:
        for call in (cells.handle(Desk).work(), cells.handle(Errand).go()):
            task = begin(call)
            await pause.entered(1)
            await idle()
            task.cancel()
            cancelled = await task
            assert (type(cancelled), outcome_of(cancelled)) == (asyncio.CancelledError, "unknown")
        assert measured(cells, "work") == {"calls": 2, "refused": 0, "failed": 0, "unknown": 2}


async def test_what_ends_the_process_passes_through():
    class Ending(BaseException):
        pass

    async def work(self, what):
        raise Ending

    async with running(desk=acting(Desk, work=work)) as cells:
        with pytest.raises(Ending):
            await cells.handle(Desk).work()


# conditions


@pytest.mark.parametrize("call", ["take", "count"])
async def test_a_broken_condition_is_refused_before_anything_runs(call):
    async def work(self, number):
        raise AssertionError("it ran")

    async def knows(self, number):
        return number == 1

    async with running(desk=acting(Desk, knows=knows, **{call: work})) as cells:
        refused = await outcome(getattr(cells.handle(Desk), call)(-1))
        assert (type(refused), outcome_of(refused)) == (ConditionBroken, "refused")
        assert refused.facts == {"cell": "desk", "operation": call, "condition": "the number is positive", "arguments": "number=-1"}
        assert measured(cells, call) == {"calls": 1, "refused": 1, "failed": 0, "unknown": 0}


async def test_a_condition_may_ask_the_cell_itself():
    async def knows(self, number):
        return number == 1

    async with running(desk=acting(Desk, knows=knows)) as cells:
        assert await cells.handle(Desk).take(1) == 1
        assert (await outcome(cells.handle(Desk).take(2))).facts["condition"] == "the desk knows it"


async def test_a_condition_that_raises_has_not_held():
    async with running(desk=acting(Desk, knows=fails)) as cells:
        refused = await outcome(cells.handle(Desk).count("a"))
        assert refused.facts["condition"].startswith("the number is positive (TypeError: ")
        refused = await outcome(cells.handle(Desk).take(1))
        assert (type(refused), outcome_of(refused)) == (ConditionBroken, "refused")
        assert refused.facts["condition"].startswith("the desk knows it (Failed: ")


async def test_a_condition_that_is_refused_an_answer_refuses_for_that_reason():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause), limits={"desk": {"concurrency": 1, "queue": 0}}) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        assert (await outcome(cells.handle(Desk).take(1))).code == "PLN-C203"
        assert measured(cells, "take")["refused"] == 1
        pause.open()
        await call


async def test_a_nested_call_checks_the_conditions_too():
    async def go(self, what):
        return [await outcome(self.desk.count(number)) for number in (0, "a", 2)]

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        assert [type(one) for one in await cells.handle(Errand).go()] == [ConditionBroken, ConditionBroken, int]
        assert measured(cells, "count") == {"calls": 3, "refused": 2, "failed": 0, "unknown": 0}


async def test_a_deadline_that_passes_while_a_condition_is_checked_refuses():
    pause = Pause()
    async with running(desk=acting(Desk, knows=pause)) as cells:
        refused = await outcome(cells.handle(Desk).take(1))
        assert (type(refused), outcome_of(refused)) == (DeadlinePassed, "refused")
        assert measured(cells, "take") == {"calls": 1, "refused": 1, "failed": 0, "unknown": 0}


# deadlines


async def test_a_call_that_does_not_answer_in_time_is_unknown():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        started_s = asyncio.get_running_loop().time()
        interrupted = await outcome(cells.handle(Desk).work())
        assert (type(interrupted), outcome_of(interrupted)) == (Interrupted, "unknown")
        assert interrupted.facts == {"cell": "desk", "operation": "work", "deadline_s": 10.0}
        assert asyncio.get_running_loop().time() - started_s == pytest.approx(10)
        assert measured(cells, "work") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}


async def test_a_call_that_gets_no_place_in_time_is_refused():
    pause = Pause()

    async def work(self, what):
        return await stubborn(pause, what)

    async with running(desk=acting(Desk, work=work), limits=ONE) as cells:
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        refused = await outcome(cells.handle(Desk).work())
        assert (type(refused), outcome_of(refused)) == (DeadlinePassed, "refused")
        assert measured(cells, "work") == {"calls": 2, "refused": 1, "failed": 0, "unknown": 0}
        pause.open()
        assert await call == ""


async def test_a_request_may_have_a_shorter_deadline():
    pause = Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        work = cells.life.operation("desk", "work")
        assert (await outcome(enter(work, ("",), deadline_s=2, id="r", caller="me"))).facts["deadline_s"] == 2.0
        assert (await outcome(enter(work, ("",), deadline_s=60, id="r", caller="me"))).facts["deadline_s"] == 10.0


async def test_a_request_whose_deadline_has_passed_does_not_begin():
    async with running(desk=acting(Desk)) as cells:
        refused = await outcome(enter(cells.life.operation("desk", "work"), ("",), deadline_s=0, id="r", caller="me"))
        assert type(refused) is DeadlinePassed
        assert measured(cells, "work") == {"calls": 1, "refused": 1, "failed": 0, "unknown": 0}


async def test_a_nested_call_inherits_the_deadline():
    pause = Pause()

    async def go(self, what):
        await pass_s(3)
        return await self.desk.work(what)

    async with running(desk=acting(Desk, work=pause), errand=going(go=go, hurry=going().go)) as cells:
        started_s = asyncio.get_running_loop().time()
        assert (await outcome(cells.handle(Errand).go())).facts["operation"] == "go"
        assert asyncio.get_running_loop().time() - started_s == pytest.approx(10)
        assert (await outcome(cells.handle(Errand).hurry())).facts == {"cell": "errand", "operation": "hurry", "deadline_s": 1.0}


async def test_a_nested_call_with_a_stricter_deadline_ends_earlier_than_its_caller():
    pause = Pause()

    async def work(self, what):
        try:
            return await self.errand.hurry(what)
        except Interrupted as error:
            return f"told after {error.facts['deadline_s']} s"

    desk = acting(Desk, {"errand": uses(Errand)}, work=work)
    async with running(desk=desk, errand=going(hurry=pause)) as cells:
        assert await cells.handle(Desk).work() == "told after 1.0 s"


async def test_a_stricter_deadline_is_never_later_than_the_inherited_one():
    pause = Pause()

    async def work(self, what):
        await pass_s(9.5)
        return await self.errand.hurry(what)

    async with running(desk=acting(Desk, {"errand": uses(Errand)}, work=work), errand=going(hurry=pause)) as cells:
        started_s = asyncio.get_running_loop().time()
        assert type(await outcome(cells.handle(Desk).work())) in (Interrupted, Unknown)
        assert asyncio.get_running_loop().time() - started_s == pytest.approx(10)


async def test_an_answer_that_comes_in_spite_of_the_deadline_is_given():
    async def work(self, what):
        try:
            return await Pause()(what)
        except asyncio.CancelledError:
            return "late"

    async with running(desk=acting(Desk, work=work)) as cells:
        assert await cells.handle(Desk).work() == "late"
        assert await cells.handle(Desk).knows(1) == 1


async def test_a_task_that_outlives_its_request_calls_on_its_own_account():
    told = []

    async def go(self, what):
        async def later():
            await pass_s(60)
            for _ in range(SAMPLED_EVERY + 1):
                await self.desk.work("later")
            told.append(REQUEST.get().id)

        told.append(asyncio.create_task(later()))
        return what

    records = []
    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        await cells.life.call("errand", "go", ("now",), caller="me")
        cells.life.observe(records.append)
        await told.pop(0)
        assert told == [""]
        assert {(one.caller, one.chain) for one in records} == {("direct", ("desk",))}
        assert len({one.request for one in records}) == SAMPLED_EVERY + 1


def test_every_error_is_one_of_the_four_outcomes():
    assert outcome_of(Refused(text="")) == "refused"
    assert outcome_of(Unknown()) == outcome_of(asyncio.CancelledError()) == "unknown"
    assert outcome_of(PlanariaError()) == outcome_of(ValueError("waiting for a place")) == "failed"
