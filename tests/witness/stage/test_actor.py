import dataclasses
import json
import sys
from pathlib import Path

import pytest

from planaria.witness.stage import actor as actors
from planaria.witness.stage.actor import FORGED, Actor, Order, Stage, StageFailed

# A stage that is its own actor and says what a test lets it say: a line for each entry, `None` hangs up.
FAKE = """if True:
    import contextlib, json, os, select, socket, sys
    control = socket.socket(fileno=int(sys.argv[1]))
    script = json.loads({script!r})
    judge = None
    while True:
        ready = select.select([one for one in (control, judge) if one], [], [])[0]
        if control in ready:
            data, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 1)
            if not data:
                break
            if "ended" in json.loads(data):
                control.send(b'{{"status": 5, "cpu_s": 0.5}}')
                judge = None
                continue
            judge = socket.socket(fileno=descriptors[0])
            control.send(json.dumps(script["forked"]).encode())
            asked, lines = None, script["starts"].pop(0) if script["starts"] else [{{"failed": {{}}}}]
        elif judge in ready:
            data = judge.recv(1 << 20)
            if not data:
                judge = None
                continue
            asked = json.loads(data)
            lines = script["answers"].pop(0) if asked.get("scripts") != [] else [{{}}]
        for one in lines:
            if one is None:
                judge.shutdown(socket.SHUT_RDWR)
                judge = None
                break
            told = {{**one, "token": asked["token"]}} if asked and isinstance(one, dict) and one.pop("ours", True) else one
            with contextlib.suppress(OSError):  # who asked may have hung up
                judge.sendall((one if isinstance(one, str) else json.dumps(told)).encode() + b"\\n")
"""
VALUE = {"k": "completed", "value": 1}
ONE = {"outcomes": [VALUE], "news": 0}
STEPS = [{"steps": [["see", "", "", "1", "", ""]]}]
LIE = {"k": "unknown", "code": "ended", "text": FORGED}
GONE = {"k": "unknown", "code": "ended", "text": "the process ended itself with status 5"}


@pytest.fixture
def make(monkeypatch):
    monkeypatch.setattr(actors, "SLACK_S", 0.5)
    ones = []

    def made(*answers, starts=(), forked=None, program=FAKE):
        told = json.dumps({"answers": answers, "starts": starts, "forked": forked or {"pid": 1 << 30}})
        stage = Stage(confined=False, command=(sys.executable, "-c", program.format(script=told)))
        ones.append(Actor(stage, Order(role="new", folder=Path("/nowhere"), modules=("case",))))
        return ones[-1]

    yield made
    for one in ones:
        one.stop()
        one.stage.close()


def played(one, count):
    one.send(STEPS * count, call_s=0.01, traced=False)
    return [each.outcomes[0] for each in one.collect()]


def numbered(number, **more):
    return {"number": number, **ONE, **more}


@pytest.mark.parametrize(
    "answers, told",
    [
        ([[numbered(0), numbered(1)]], [VALUE, VALUE]),
        ([[numbered(0), None], [numbered(0)]], [VALUE, GONE]),
        ([[None], [numbered(0)]], [GONE, VALUE]),
        ([[numbered(0, leaving={})], [numbered(0)]], [VALUE, VALUE]),
        ([[numbered(0), numbered(1, leaving={})]], [VALUE, VALUE]),
        ([[numbered(0), numbered(1), None]], [VALUE, GONE]),
        ([[numbered(0), numbered(0)], [numbered(0)], [numbered(-1)]], [VALUE, LIE]),
        ([[numbered(0), numbered(1), numbered(1)], [numbered(0), numbered(0)]], [VALUE, LIE]),
        ([[numbered(1)], [numbered(0)]], [LIE, VALUE]),
        ([[numbered(0), numbered(0.0)], [numbered(0)]], [VALUE, LIE]),
        ([[numbered(0), numbered(1), numbered(2)]], [VALUE, LIE]),
        ([[numbered(0, ours=False)], [numbered(0)]], [LIE, VALUE]),
        ([["garbage"], [numbered(0)]], [LIE, VALUE]),
        ([["1"], [numbered(0)]], [LIE, VALUE]),
        ([["[" * 100_000], [numbered(0)]], [LIE, VALUE]),
        ([[], [numbered(0)]], [{"k": "unknown", "code": "late"}, VALUE]),
        ([[{"error": "ValueError: no", "ours": False}], [numbered(0)]], [{**GONE, "text": "ValueError: no"}, VALUE]),
    ],
)
def test_each_script_has_its_own_outcome_whatever_is_said_on_the_line(make, answers, told):
    one = make(*answers)
    assert played(one, 2) == told
    assert one.spent.forged == (LIE in told)


def test_an_answer_of_another_shape_is_no_answer(make):
    assert played(make([{"number": 0, **ONE, "news": "x"}]), 1) == [LIE]


def test_a_line_without_end_is_none(make, monkeypatch):
    monkeypatch.setattr(actors, "LINE_BYTES_MAX", 1000)
    assert played(make(["x" * 5000]), 1) == [LIE]


def test_nothing_is_asked_where_there_is_no_script(make):
    one = make()
    assert played(one, 0) == []
    assert one.socket is None
    assert one.stop() == ""
    assert one.sum_up()["arcs"] == []


def test_what_was_said_unasked_ends_the_actor_before_the_next_batch(make):
    one = make([numbered(0)], [numbered(0)])
    assert played(one, 1) == [VALUE]
    one.left = b"more\n"
    assert played(one, 1) == [VALUE]
    assert one.spent.starts == 2
    assert one.spent.forged


def test_an_actor_that_ended_while_nothing_was_asked_is_begun_anew(make):
    one = make([numbered(0)], [numbered(0)])
    assert played(one, 1) == [VALUE]
    one.socket.shutdown(2)
    assert played(one, 1) == [VALUE]
    assert one.spent.starts == 2


def test_sums_are_added_up_over_actors_and_kept_in_shape(make):
    first = {
        "arcs": [["a", 1, 2], ["a", "b", 2], 1],
        "seen": {"f": {"reads": 1}, "g": 1},
        "looked": {"x": 1},
        "changed": ["c"],
        "absent": 1,
    }
    second = {"arcs": [["a", 1, 2], ["a", 2, 3]], "seen": {"f": {"reads": 2}}, "looked": {"x": "1"}, "changed": ["b"]}
    one = make([numbered(0, leaving=first)], [numbered(0)], [second], [{"ours": False}])
    played(one, 1)
    played(one, 1)
    assert one.sum_up() == {
        "arcs": [("a", 1, 2), ("a", 2, 3)], "seen": {"f": {"reads": 3}}, "looked": {"x": 1}, "changed": ["b", "c"], "absent": [],
        "failed": {},
    }  # fmt: skip
    assert one.ask({"time": []}, 5.0) is None
    assert one.socket is None


@pytest.mark.parametrize("ns", [["x"], 1])
def test_times_that_are_no_numbers_are_no_answer(make, ns):
    assert make([{"ns": ns}]).ask({"time": []}, 5.0) is None


@pytest.mark.parametrize(
    "starts, text",
    [
        ([[{"error": "Unenforceable: no"}]], "Unenforceable: no"),
        ([[{"ready": True}]], FORGED),
        ([["garbage"]], "status 5"),
        ([[None]], "status 5"),
        ([[]], "no answer in time"),
    ],
)
def test_an_actor_that_does_not_start_says_why(make, monkeypatch, starts, text):
    monkeypatch.setattr(actors, "START_S", 3.0)
    with pytest.raises(StageFailed, match=text) as caught:
        make(starts=starts).start()
    assert caught.value.facts["role"] == "new"


def test_where_there_is_no_scratch_it_plays_without(make):
    one = make(starts=[[{"error": "NoScratch: PLN-P4"}], [{"failed": {"case": "E: x"}}]])
    one.start()
    assert not one.stage.scratch
    assert one.failed == {"case": "E: x"}
    assert one.spent.starts == 2


@pytest.mark.parametrize("program", ["pass", "import time, socket, sys; socket.socket(fileno=int(sys.argv[1])).recv(9)"])
def test_a_stage_that_ends_is_begun_once_more(make, program):
    with pytest.raises(StageFailed):
        make(program=program).start()


def test_a_stage_that_forks_nothing_says_so(make):
    with pytest.raises(StageFailed, match="the process that runs it ended"):
        make(forked={"no": 1}).start()


def test_a_stage_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(actors, "CLOSE_S", 0.1)
    stage = Stage(confined=False, command=(sys.executable, "-c", "import signal; signal.pause()"))
    stage._begin()
    process = stage.process
    stage.close()
    stage.close()
    assert process.returncode == -9


def test_an_order_travels_as_plain_data(tmp_path):
    told = Order(role="old", folder=tmp_path / "a" / "..", modules=("a",), chance=True, contract=tmp_path, contract_class="C").plain()
    wanted = {"folder": str(tmp_path), "modules": ["a"], "chance": True, "contract": str(tmp_path), "contract_class": "C", "writable": ""}
    assert {name: told[name] for name in wanted} == wanted
    assert json.loads(json.dumps(told)).keys() == {one.name for one in dataclasses.fields(Order)} - {"role"}


def test_a_batch_that_keeps_ending_its_actor_is_left_out_from_there(make):
    count = actors.BREAKS_MAX + 4
    one = make(*([[None]] * count))
    one.send(STEPS * count, call_s=0.01, traced=False)
    told = [each.outcomes for each in one.collect()]
    assert len(told) == count
    assert told[: actors.BREAKS_MAX] == [(GONE,)] * actors.BREAKS_MAX
    assert told[-1] == ()
    assert one.spent.starts == actors.BREAKS_MAX + 1
