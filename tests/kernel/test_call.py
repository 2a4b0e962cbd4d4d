import asyncio

import pytest

from planaria.kernel.call import (
    BYTES_EVERY,
    SAMPLED_EVERY,
    ConditionBroken,
    DeadlinePassed,
    Interrupted,
    Lost,
    enter,
    outcome_of,
)
from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import Failed, PlanariaError, Refused, Unknown
from planaria.kernel.request import REQUEST
from planaria.kernel.system import uses
from planaria.testing import run_cells
from tests.kernel.house import (
    Closed,
    Desk,
    Errand,
    Pause,
    acting,
    begin,
    generation,
    idle,
    outcome,
    pass_s,
    running,
    stubborn,
)

ONE = {"desk": {"concurrency": 1}}


async def fails(self, what=""):
    raise ValueError("no")


def measured(cells, name, cell="desk"):
    one = next(one for one in cells.life.measures() if (one.cell, one.operation) == (cell, name))
    return {"calls": one.calls, "refused": one.refused, "failed": one.failed, "unknown": one.unknown}


def going(**doing):
    """Make an errand that goes to the desk."""

    async def go(self, what):
        return await self.desk.work(what)

    return acting(Errand, {"desk": uses(Desk)}, **({"go": go, "hurry": go} | doing))


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


async def test_a_deadline_that_passes_while_a_condition_is_checked_refuses():
    async def go(self, what):
        with pytest.raises(ConditionBroken):
            await self.desk.count(0)
        return str(await self.desk.count(2))

    pause = Pause()
    async with running(desk=acting(Desk, knows=pause), errand=going(go=go)) as cells:
        assert await cells.handle(Errand).go() == "2"
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


# counting and observing


async def test_calls_are_counted_exactly_and_timed_by_sample():
    async def go(self, what):
        for _ in range(SAMPLED_EVERY * 3):
            await self.desk.work(what)
        return what

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        await cells.handle(Errand).go("abc")
        work = next(one for one in cells.life.measures() if one.operation == "work")
        assert (work.calls, work.latency_s.total, work.running, work.queued) == (SAMPLED_EVERY * 3, 3, 0, 0)
        assert work.bytes_mean == len(b'[["abc"],"abc"]')


async def test_calls_stay_counted_when_observers_come_and_go():
    records = []

    async def go(self, what):
        for _ in range(10):
            await self.desk.work(what)
        return what

    async with running(desk=acting(Desk), errand=going(go=go)) as cells:
        await cells.handle(Errand).go()
        cells.life.observe(records.append)
        await cells.handle(Errand).go()
        cells.life.observe()
        await cells.handle(Errand).go()
        assert (measured(cells, "work")["calls"], len(records)) == (30, 11)


async def test_nothing_is_weighed_before_the_first_sample():
    async with running(desk=acting(Desk)) as cells:
        assert {one.bytes_mean for one in cells.life.measures()} == {0.0}


async def test_a_value_that_cannot_be_encoded_is_not_weighed_and_still_given():
    thing = object()

    async def work(self, what):
        return thing

    async with running(desk=acting(Desk, work=work)) as cells:
        for _ in range(BYTES_EVERY + 1):
            assert await cells.handle(Desk).work() is thing
        assert len(cells.complaints) == 2


async def test_an_observer_sees_every_outcome():
    records, pause = [], Pause()

    async def work(self, what):
        return await (fails(self) if what == "fail" else pause(what) if what == "wait" else asyncio.sleep(0, "x"))

    async with running(desk=acting(Desk, work=work), limits=ONE) as cells:
        cells.life.observe(records.append)
        for what in ("", "fail", "wait"):
            await outcome(cells.life.call("desk", "work", (what,), caller="me"))
        waiting = [begin(cells.handle(Desk).work("wait")) for _ in range(2)]
        await pause.entered(2)
        await idle()
        waiting[1].cancel()
        await idle()
        pause.open()
        assert await waiting[0] == "wait"
        told = [(one.outcome, one.result, type(one.error).__name__) for one in records]
        assert told == [
            ("completed", "x", "NoneType"),
            ("failed", None, "Failed"),
            ("unknown", None, "CancelledError"),
            ("refused", None, "CancelledError"),
            ("completed", "wait", "NoneType"),
        ]
        assert {(one.cell, one.operation, one.chain) for one in records} == {("desk", "work", ("desk",))}
        assert [one.caller for one in records] == ["me", "me", "me", "direct", "direct"]
        assert [one.arguments for one in records] == [("",), ("fail",), ("wait",), ("wait",), ("wait",)]
        assert records[0].request != records[1].request
        assert records[0].elapsed_s >= 0
        assert measured(cells, "work") == {"calls": 5, "refused": 1, "failed": 1, "unknown": 1}


async def test_an_observer_sees_the_chain_of_cells():
    records = []
    async with running(desk=acting(Desk), errand=going()) as cells:
        cells.life.observe(records.append)
        await cells.handle(Errand).go()
        assert [one.chain for one in records] == [("errand", "desk"), ("errand",)]
        assert len({one.request for one in records}) == 1


async def test_an_observer_that_raises_changes_nothing_and_is_complained_of():
    def observer(record):
        raise ValueError("blind")

    async with running(desk=acting(Desk)) as cells:
        cells.life.observe(observer)
        assert await cells.handle(Desk).work("a") == "a"
        assert len(cells.complaints) == 1
        assert cells.complaints[0].endswith("ValueError: blind")


async def test_a_record_names_the_generation_that_ran(tmp_path):
    records, pause = [], Pause()
    async with running(desk=acting(Desk, work=pause)) as cells:
        cells.life.observe(records.append)
        old = cells.life.status()[0].generation
        call = begin(cells.handle(Desk).work())
        await pause.entered()
        new = generation(Desk, tmp_path)
        swap = asyncio.create_task(cells.life.swap("desk", new))
        await idle()
        await cells.handle(Desk).work()
        pause.open()
        await call
        await swap
        assert [one.generation for one in records] == [new.digest, old]
        await outcome(cells.handle(Desk).count(-1))
        assert records[-1].generation == new.digest


# lost calls


async def closed_under(call, tmp_path, **doing):
    """Swap while `call` (a function of the cells) is stuck; return its outcome, the measures and the records."""
    pause, records = Pause(), []

    async def work(self, what):
        return await (stubborn(pause, what) if what == "stubborn" else pause(what))

    desk = acting(Desk, work=work, repeat=work)
    async with running(desk=desk, errand=going(), limits={"desk": {"drain_s": 1}}) as cells:
        cells.life.observe(records.append)
        task = begin(call(cells))
        await pause.entered()
        await cells.life.swap("desk", generation(Desk, tmp_path, **doing))
        pause.open()
        return await task, cells, records


async def test_a_call_whose_generation_is_closed_is_unknown(tmp_path):
    lost, cells, records = await closed_under(lambda cells: cells.handle(Desk).work(), tmp_path)
    assert (type(lost), outcome_of(lost)) == (Lost, "unknown")
    assert measured(cells, "work") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}
    assert [one.outcome for one in records] == ["unknown"]


async def test_an_idempotent_call_runs_again_in_the_next_generation_and_counts_once(tmp_path):
    again, cells, records = await closed_under(lambda cells: cells.handle(Desk).repeat("a"), tmp_path)
    assert again == "a"
    assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 0}
    assert [one.outcome for one in records] == ["completed"]


async def test_a_nested_idempotent_call_runs_again_too(tmp_path):
    async def go(self, what):
        return await self.desk.repeat(what)

    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause), errand=going(go=go), limits={"desk": {"drain_s": 1}}) as cells:
        task = begin(cells.handle(Errand).go("a"))
        await pause.entered()
        await cells.life.swap("desk", generation(Desk, tmp_path))
        assert await task == "a"
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 0}


async def test_a_nested_call_that_is_lost_is_unknown_to_its_caller(tmp_path):
    unknown, cells, _ = await closed_under(lambda cells: cells.handle(Errand).go(), tmp_path)
    assert (type(unknown), type(unknown.__cause__)) == (Unknown, Lost)
    assert measured(cells, "go", "errand")["unknown"] == 1


async def test_a_call_that_may_have_run_is_never_refused():
    pause = Pause()
    async with running(desk=acting(Desk, repeat=pause), limits={"desk": {"drain_s": 1}}) as cells:
        call = begin(cells.handle(Desk).repeat())
        await pause.entered()
        await cells.life.cells["desk"].stop()
        lost = await call
        assert (type(lost), lost.__cause__.code) == (Lost, "PLN-C205")
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}


async def test_a_call_that_is_interrupted_while_it_waits_to_run_again_is_unknown(tmp_path):
    pause = Pause()

    async def work(self, what):
        return await stubborn(pause, what)

    async with running(desk=acting(Desk, repeat=pause, work=work), limits={"desk": {"concurrency": 2, "drain_s": 1}}) as cells:
        held = [begin(cells.handle(Desk).repeat()), begin(cells.handle(Desk).work())]
        await pause.entered(2)
        begin(cells.handle(Desk).work("waits"))
        again = Pause()
        swap = asyncio.create_task(cells.life.swap("desk", generation(Desk, tmp_path, work=again, repeat=again)))
        interrupted = await held[0]
        assert (type(interrupted), outcome_of(interrupted)) == (Interrupted, "unknown")
        assert measured(cells, "repeat") == {"calls": 1, "refused": 0, "failed": 0, "unknown": 1}
        pause.open()
        again.open()
        await swap
        await held[1]


async def test_a_call_that_ignores_being_cancelled_is_given_its_answer(tmp_path):
    answer, _, _ = await closed_under(lambda cells: cells.handle(Desk).work("stubborn"), tmp_path)
    assert answer == "stubborn"


def test_every_error_is_one_of_the_four_outcomes():
    assert outcome_of(Refused(text="")) == "refused"
    assert outcome_of(Unknown()) == outcome_of(asyncio.CancelledError()) == "unknown"
    assert outcome_of(PlanariaError()) == outcome_of(ValueError("waiting for a place")) == "failed"
