import asyncio
import os
import sys

import pytest

from planaria.witness.call import Call, Outcome, Sequence
from planaria.witness.worker import BREAKS_MAX, Limits, Order, Worker, WorkerFailed

PROGRAM = """if True:
    import json, os, sys, time
    order = json.loads(sys.stdin.readline())
    {start}
    print(json.dumps({{"ready": True}}), flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        for sequence in message["sequences"]:
            outcomes = []
            for operation, arguments in sequence["calls"]:
                if operation == "die": os._exit(7)
                if operation == "hang": time.sleep(600)
                if operation == "lie": print("not json", flush=True)
                value = {{"environment": dict(os.environ)}}.get(operation, sequence["start"])
                outcomes.append({{"kind": "completed", "value": value}})
            leaving = {{"leaving": True}} if operation == "late" else {{}}
            print(json.dumps({{"batch": message["batch"], "outcomes": outcomes, **leaving}}), flush=True)
            if leaving: os._exit(3)
"""


@pytest.fixture
async def worker(tmp_path):
    made = []

    def start(program="pass", **limits):
        command = (sys.executable, "-c", PROGRAM.format(start=program))
        made.append(Worker(Order(cell="shelf", role="candidate", command=command, scratch=tmp_path / "scratch", limits=Limits(**limits))))
        return made[-1]

    yield start
    for one in made:
        await one.stop()
        await one.stop()


def sequence(*names):
    return Sequence(tuple(Call(name, {}) for name in names))


async def test_each_sequence_has_the_outcomes_of_its_calls(worker):
    got = await worker().run([sequence("a", "b"), sequence("c")])
    assert [len(one) for one in got] == [2, 1]
    assert got[0][0] == Outcome(kind="completed", value="fresh")


async def test_the_environment_is_clean(worker, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    (((outcome),),) = await worker().run([sequence("environment")])
    assert "SECRET" not in outcome.value
    assert outcome.value["PYTHONHASHSEED"] == "0"
    assert outcome.value["HOME"].endswith("scratch")


async def test_a_call_that_ends_the_process_is_named_and_the_next_sequence_runs(worker):
    got = await worker().run([sequence("a"), sequence("a", "die", "b"), sequence("c")])
    assert [[one.kind for one in each] for each in got] == [["completed"], ["completed", "unknown"], ["completed"]]
    assert got[1][1].text == "the process ended itself with status 7"


async def test_a_call_without_answer_is_ended(worker):
    one = worker(call_s=0.0)
    one._patience_s = lambda sequence: 0.2 if sequence.calls[-1].operation == "hang" else 60.0
    ((first, outcome),) = await one.run([sequence("a", "hang")])
    assert (first.kind, outcome.kind, outcome.text) == ("completed", "unknown", "no answer in time")


async def test_a_process_that_speaks_out_of_turn_is_ended(worker):
    ((outcome,),) = await worker().run([sequence("lie")])
    assert outcome.kind == "unknown"


async def test_a_process_that_leaves_is_started_again(worker):
    got = await worker().run([sequence("late"), sequence("a")])
    assert [len(one) for one in got] == [1, 1]
    ((late,),) = await worker().run([sequence("late")])
    assert late.kind == "completed"


async def test_after_some_breaks_the_rest_is_left_out(worker):
    got = await worker().run([sequence("die")] * (BREAKS_MAX + 3))
    assert [len(one) for one in got] == [1] * BREAKS_MAX + [0] * 3


@pytest.mark.parametrize(
    "program, told, start_s",
    [
        ("sys.exit('it cannot load')", "it cannot load", 60),
        ("print(json.dumps({'error': 'PLN-L101'}), flush=True); sys.exit(1)", "PLN-L101", 60),
        ("sys.exit(0)", "without a word", 60),
        ("time.sleep(600)", "without a word", 0.5),
    ],
)
async def test_a_worker_that_does_not_start_says_why(worker, program, told, start_s):
    with pytest.raises(WorkerFailed) as caught:
        await worker(program, start_s=start_s).start()
    assert told in str(caught.value)
    assert caught.value.facts["role"] == "candidate"


async def test_a_command_that_does_not_exist_says_so(tmp_path):
    one = Worker(Order(cell="shelf", role="current", command=(str(tmp_path / "nothing"),), scratch=tmp_path))
    with pytest.raises(WorkerFailed):
        await one.run([sequence("a")])
    await one.stop()


async def test_everything_it_started_ends_with_it(worker, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = f"open({str(pipe)!r}, 'w'); import time; time.sleep(600)"
    one = worker(f"import subprocess; subprocess.Popen([sys.executable, '-c', {('held = ' + child)!r}])")
    await one.start()
    reading = await asyncio.to_thread(os.open, pipe, os.O_RDONLY)
    await one.stop()
    assert await asyncio.to_thread(os.read, reading, 1) == b""
    os.close(reading)
