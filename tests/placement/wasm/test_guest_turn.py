import asyncio
import json

import pytest

from planaria.kernel.error import CellError
from planaria.placement.wasm.guest.loop import GuestLoop
from planaria.placement.wasm.guest.turn import EAGER, HostError, Operation, Turn, host_error
from planaria.placement.wasm.message import read


class Sour(CellError):
    code = "PLN-T196"
    what = "it is {taste}"


@pytest.fixture
def turn():
    made = Turn()
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(made.loop)
    yield made
    asyncio._set_running_loop(before)


def said(answer):
    return [(one.kind, one.number, one.text) for one in read(answer)[1]]


def offer(turn, name, method, *, streams=False):
    turn.operations[name] = Operation(method, (), streams=streams)


def test_a_call_is_answered_in_the_turn_in_which_it_ends(turn):
    async def add(one, two):
        await asyncio.sleep(0)
        return one + two

    offer(turn, "add", add)
    assert said(turn("c 1 0.0 add -\n[1,2]")) == [("r", "1", "3")]


def test_a_timer_says_when_a_turn_is_needed(turn):
    async def nap():
        woken = turn.loop.create_future()
        turn.loop.call_later(1.5, woken.set_result, None)
        await woken
        return turn.loop.time()

    offer(turn, "nap", nap)
    due_s, messages = read(turn("c 1 10.0 nap -\n[]"))
    assert (due_s, messages) == (1.5, [])
    assert said(turn("t 0 11.5 - -\n")) == [("r", "1", "11.5")]


def test_a_cancelled_call_says_so_and_an_unknown_one_nothing(turn):
    async def wait():
        await asyncio.Event().wait()

    offer(turn, "wait", wait)
    assert said(turn("c 1 0.0 wait -\n[]")) == []
    assert said(turn("x 1 0.0 - -\n")) == [("k", "1", "")]
    assert said(turn("x 1 0.0 - -\n")) == []


def test_an_answer_reaches_who_asked_and_a_cancel_withdraws(turn):
    async def ask():
        return await turn.ask("call other get", "[]")

    offer(turn, "ask", ask)
    assert said(turn("c 1 0.0 ask -\n[]")) == [("q", "1", "1 call other get\n[]")]
    assert said(turn("a 1 0.0 - -\n[1]")) == [("r", "1", "[1]")]
    assert said(turn("a 1 0.0 - -\n[1]")) == []
    assert said(turn("e 1 0.0 - -\n{}")) == []
    turn("c 2 0.0 ask -\n[]")
    assert said(turn("x 2 0.0 - -\n")) == [("w", "2", ""), ("k", "2", "")]


@pytest.mark.parametrize(
    "told,kind,base",
    [
        ({"error": "Sour", "code": "PLN-T196", "facts": {"taste": "a"}, "outcome": "CellError"}, "Sour", Sour),
        ({"error": "Full", "code": "PLN-X1", "outcome": "Refused", "text": "no", "facts": {"a": 1}}, "Full", Exception),
        ({"error": "gone", "builtin": "ConnectionRefusedError", "number": 111, "text": "no"}, "ConnectionRefusedError", OSError),
        ({"error": "K", "builtin": "KeyError", "number": None, "text": "no"}, "KeyError", KeyError),
        (
            {"error": "Shut", "code": "PLN-P601", "builtin": "ConnectionRefusedError", "number": 111, "text": "no", "outcome": "?"},
            "Shut",
            OSError,
        ),
        ({"error": "CancelledError", "cancelled": True}, "CancelledError", asyncio.CancelledError),
    ],
)
def test_an_error_of_the_host_is_raised_as_what_it_is(turn, told, kind, base):
    async def ask():
        try:
            await turn.ask("call a b", "[]")
        except BaseException as error:
            return [type(error).__name__, isinstance(error, base)]

    turn.declared = lambda name, code: Sour if (name, code) == ("Sour", "PLN-T196") else None
    offer(turn, "ask", ask)
    turn("c 1 0.0 ask -\n[]")
    assert said(turn(f"e 1 0.0 - -\n{json.dumps(told)}")) == [("r", "1", json.dumps([kind, True], separators=(",", ":")))]


def test_an_error_keeps_where_it_came_from(turn):
    async def ask():
        await turn.ask("call a b", "[]")

    offer(turn, "ask", ask)
    turn("c 1 0.0 ask -\n[]")
    ((kind, _, text),) = said(turn('e 1 0.0 - -\n{"error":"X","text":"no","outcome":"Failed"}'))
    assert (kind, json.loads(text)["origin"]) == ("e", "1")
    assert str(host_error({"error": "X", "text": "no", "outcome": "Failed"}, lambda *_: None)) == "no"
    assert HostError(error="a", text="b").plain()["what"] == "a: b"


def test_a_stream_runs_only_while_it_is_asked_and_closes(turn):
    seen = []

    async def count():
        try:
            for number in range(2):
                seen.append(number)
                yield number
        finally:
            seen.append("closed")

    offer(turn, "count", count, streams=True)
    assert said(turn("o 1 0.0 count -\n[]")) == []
    assert seen == []
    assert [said(turn("n 1 0.0 - -\n")) for _ in range(3)] == [[("y", "1", "0")], [("y", "1", "1")], [("z", "1", "")]]
    assert said(turn("n 1 0.0 - -\n")) == []
    turn("o 2 0.0 count -\n[]")
    turn("n 2 0.0 - -\n")
    assert said(turn("x 2 0.0 - -\n")) == [("k", "2", "")]
    assert seen == [0, 1, "closed", 0, "closed"]


def test_a_stream_that_fails_or_waits_ends_with_its_reason(turn):
    async def fail():
        yield 1
        raise KeyError("a")

    async def wait():
        try:
            await asyncio.Event().wait()
            yield 1
        finally:
            raise ValueError("no")

    offer(turn, "fail", fail, streams=True)
    offer(turn, "wait", wait, streams=True)
    turn("o 1 0.0 fail -\n[]")
    turn("n 1 0.0 - -\n")
    ((kind, _, text),) = said(turn("n 1 0.0 - -\n"))
    assert (kind, json.loads(text)["error"]) == ("e", "KeyError")
    turn("o 2 0.0 wait -\n[]")
    turn("n 2 0.0 - -\n")
    assert [kind for kind, _, _ in said(turn("x 2 0.0 - -\n"))] == ["e"]


def test_what_nobody_awaited_is_a_line(turn):
    turn.loop.call_exception_handler({"message": "lost", "exception": KeyError("a")})
    turn.loop.call_soon(lambda: 1 / 0)
    kinds = [kind for kind, _, _ in said(turn("t 0 0.0 - -\n"))]
    assert kinds == ["l", "l"]


def test_a_large_answer_leaves_its_long_texts_beside_it_from_the_second_time(turn):
    async def big():
        return "x" * 9000

    offer(turn, "big", big)
    assert [len(read(turn(f"c {number} 0.0 big -\n[]"))[1][0].segments) for number in (1, 2)] == [0, 1]


def test_a_call_of_nothing_fails_alone(turn):
    ((kind, number, text),) = said(turn("c 7 0.0 nothing -\n[]"))
    assert (kind, number, json.loads(text)["error"]) == ("e", "7", "KeyError")


class TestLoop:
    def test_runs_callbacks_in_order_and_drops_cancelled_timers(self):
        loop, seen = GuestLoop(complain=print), []
        loop.call_later(2, seen.append, "late")
        gone = [loop.call_at(1, seen.append, "gone") for _ in range(70)]
        for one in gone:
            one.cancel()
        loop.call_soon_threadsafe(seen.append, "first")
        loop.run()
        assert (seen, loop.next_s()) == (["first"], 2.0)
        loop.now_s = 2.0
        loop.run()
        assert (seen, loop.next_s()) == (["first", "late"], None)

    def test_answers_what_asyncio_asks_of_a_loop(self):
        loop, told = GuestLoop(complain=print), []
        assert (loop.is_running(), loop.is_closed(), loop.get_debug()) == (True, False, False)
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, context: told.append(context))
        assert loop.get_exception_handler() is not None
        loop.call_exception_handler({"message": "a"})
        assert told == [{"message": "a"}]
        assert loop.run_in_executor(None, len, "abc").result() == 3
        assert isinstance(loop.run_in_executor(None, len, 3).exception(), TypeError)

    def test_makes_tasks_by_a_factory(self):
        loop = GuestLoop(complain=print)
        loop.set_task_factory(lambda loop, work, **given: (work.close(), "made")[1])

        async def work():
            return 1

        assert loop.create_task(work()) == "made"
        assert loop.get_task_factory() is not None

    async def test_reaches_no_host_without_a_right(self):
        loop = GuestLoop(complain=print)
        with pytest.raises(PermissionError):
            await loop.create_connection(None, "a", 1)
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()

    def test_a_task_begins_at_once_where_python_can(self):
        assert EAGER in ({}, {"eager_start": True})
