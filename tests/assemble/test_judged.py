import asyncio
import importlib
import io
import json
import os
import random
import resource
import signal
import sys
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from planaria.assemble import judged
from planaria.assemble.judged import Bench, Late, Pipe, Stillness, Watch, answer, around, compile_once, confine
from planaria.assemble.system import system_at
from planaria.kernel.loader import generation_at
from planaria.witness.call import Outcome
from planaria.witness.comparison import places

ROOT = Path(__file__).parent.parent / "gates" / "cases" / "behaviour"
ROOM = Path(__file__).parent.parent.parent / "examples" / "readingroom"


@pytest.fixture
def restored(monkeypatch):
    """Put back what the worker changes in its own process."""
    calls, loader = (importlib.import_module(f"planaria.kernel.{name}") for name in ("call", "loader"))
    monkeypatch.setattr(calls, "compile", compile, raising=False)
    monkeypatch.setattr(loader._Source, "source_to_code", loader._Source.source_to_code)
    for module, names in ((time, ("time", "time_ns")), (os, ("urandom",)), (random, ("_urandom",)), (uuid, ("uuid4",))):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(sys, "dont_write_bytecode", sys.dont_write_bytecode)
    monkeypatch.setattr(judged, "enclose", lambda *_, **__: False)  # the tests' own process stays free
    state = random.getstate()
    yield
    random.setstate(state)


def bench(cell="account", root=ROOT, store="-", directory=None):
    return Bench(root, generation_at(cell, directory or root / "cells" / cell / "impl"), store, Stillness(0))


async def outcomes(one, *calls, start="fresh"):
    await one.run({"start": start, "calls": calls})
    return one.outcomes


async def test_calls_give_plain_outcomes_with_their_events(restored):
    one = bench()
    await one.prepare()
    opened, moved, missing, refused = await outcomes(
        one, ["open", {"name": "ann"}], ["move", {"name": "ann", "cents": 5}], ["history", {"name": "bob"}], ["open", {"name": " "}]
    )
    assert opened == {"kind": "completed", "value": True, "changed": True, "events": []}
    assert moved["events"] == [{"$": "struct Moved", "of": {"name": "ann", "cents": 5}}]
    assert (missing["kind"], missing["code"], missing["facts"]) == ("failed", "ACC-1", {"name": "bob"})
    assert (refused["kind"], refused["code"]) == ("refused", "PLN-C202")
    await one.end()
    await one.end()


async def test_each_sequence_starts_from_the_same_state_unless_it_continues(restored):
    one = bench()
    await one.prepare()
    first = await outcomes(one, ["open", {"name": "ann"}])
    assert await outcomes(one, ["open", {"name": "ann"}]) == first
    (again,) = await outcomes(one, ["open", {"name": "ann"}], start="continue")
    assert again["value"] is False
    await one.end()


async def test_a_start_that_fails_is_an_outcome(restored, tmp_path):
    source = (ROOT / "cells/booking/impl/__init__.py").read_text()
    (tmp_path / "__init__.py").write_text(source.replace("self.kept, self.last = {}, 0", "raise KeyError('no')"))
    one = bench("booking", directory=tmp_path)
    (outcome,) = await outcomes(one, ["cancel", {"number": 1}])
    assert (outcome["kind"], outcome["code"], outcome["error"]) == ("failed", "start", "KeyError")


async def test_undeclared_errors_exits_and_changed_arguments_are_told(restored, tmp_path):
    source = (ROOT / "cells/words/impl/__init__.py").read_text()
    body = "if word == 'a':\n            raise SystemExit(1)\n        return text.mark" if "replace(word" in source else ""
    (tmp_path / "__init__.py").write_text(source.replace('return text.replace(word, f"[{word}]")', body))
    one = bench("words", directory=tmp_path)
    ended, failed = await outcomes(one, ["mark", {"text": "", "word": "a"}], ["mark", {"text": "", "word": "b"}])
    assert (ended["kind"], ended["error"]) == ("failed", "SystemExit")
    assert (failed["kind"], failed["error"]) == ("failed", "AttributeError")
    await one.end()


def test_only_what_a_cell_needs_is_around_it():
    system = system_at(ROOM)
    assert set(around(system, "desk").cells) == {"desk", "library"}
    assert set(around(system, "digest").cells) == {"digest", "library"}
    assert set(around(system, "library").cells) == {"library"}


def test_time_stands_still_and_chance_repeats(restored):
    one = Stillness(3)
    one.hold()

    def drawn(call):
        one.begin(call)
        return random.getrandbits(32), uuid.uuid4(), os.urandom(4), random.SystemRandom().random(), one.new()

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert time.time() == one.now() == time.time_ns() / 1e9


def test_a_text_is_compiled_once(restored):
    compile_once()
    calls = importlib.import_module("planaria.kernel.call")
    assert calls.compile("1", "x", "eval") is calls.compile("1", "x", "eval")


def test_limits_are_taken(monkeypatch):
    taken = {}
    monkeypatch.setattr(resource, "setrlimit", taken.__setitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (0, 50 if kind == resource.RLIMIT_CPU else resource.RLIM_INFINITY))
    confine({"cpu_s": 90, "memory_bytes": 7})
    assert taken == {resource.RLIMIT_CPU: (50, 50), resource.RLIMIT_AS: (7, 7)}


def test_a_large_value_travels_as_its_digest():
    text = judged._written({"kind": "completed", "value": "x" * 200_000})
    assert json.loads(text)["value"]["$"] == "large 200000"
    assert json.loads(judged._written({"kind": "completed", "value": list(range(50_000))}))["value"]["$"].startswith("large 2")


def test_a_long_text_inside_a_value_leaves_the_rest_where_it_is():
    hits = ([{"$": "struct Hit", "of": {"address": "x" * 200_000, "snippet": text}}] for text in ("a loop", "a [loop]"))
    one, other = (Outcome(**json.loads(judged._written({"kind": "completed", "value": each}))) for each in hits)
    assert places(one, other) == {"[*].snippet"}


@pytest.fixture
def signals():
    kept = {one: signal.getsignal(one) for one in (signal.SIGPROF, signal.SIGALRM)}
    yield
    for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
        signal.setitimer(timer, 0)
    for one, handler in kept.items():
        signal.signal(one, handler)


def test_a_late_call_ends_only_while_it_runs(signals):
    one = SimpleNamespace(is_running=False)
    watch = Watch(one, 60)
    watch.arm()
    watch._late(signal.SIGPROF, None)
    one.is_running = True
    with pytest.raises(Late):
        watch._late(signal.SIGPROF, None)
    assert not one.is_running


@pytest.mark.parametrize("error, code", [(Late(), "late"), (SystemExit(3), "ended")])
def test_what_ends_the_loop_ends_the_process_with_an_outcome(error, code):
    class Breaking:
        outcomes = []

        async def run(self, sequence):
            raise error

    one = Breaking()
    with asyncio.Runner() as loop:
        assert answer(one, loop, {}) is False
    assert one.outcomes.pop()["code"] == code


@pytest.fixture
def pipes(monkeypatch):
    """Give the worker two pipes in the place of its input and output."""
    pipe = Pipe.__new__(Pipe)
    pipe.process = os.getpid()
    reading, pipe.target = os.pipe()
    pipe.source = io.BytesIO()
    pipe.quieted, pipe.descriptors = [], ()
    pipe.quiet = lambda *descriptors: pipe.quieted.extend(descriptors)
    monkeypatch.setattr(judged, "Pipe", lambda: pipe)
    monkeypatch.setattr(judged, "confine", lambda limits: None)
    yield pipe, reading
    os.close(reading)
    os.close(pipe.target)


def served(pipe, *messages):
    pipe.source = io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in ({"limits": {"call_s": 30}, "seed": 0}, *messages)))


def told(reading):
    return [json.loads(line) for line in os.read(reading, 1_000_000).splitlines()]


def test_the_program_answers_batches_until_the_engine_hangs_up(pipes, restored, signals):
    pipe, reading = pipes
    served(pipe, {"batch": 4, "sequences": [{"start": "fresh", "calls": [["find", {"text": "a"}]]}] * 2})
    assert judged.main([str(ROOT), "account", str(ROOT / "cells/account/impl"), "-"]) == 0
    ready, *answers = told(reading)
    assert ready == {"ready": "account", "starts": ["fresh"]}
    assert answers == [{"batch": 4, "outcomes": [{"kind": "completed", "value": []}]}] * 2
    assert pipe.quieted == [1, 2]


def test_the_program_says_why_it_cannot_load(pipes, restored, tmp_path):
    pipe, reading = pipes
    served(pipe)
    assert judged.main([str(ROOT), "account", str(tmp_path), "-"]) == 1
    assert "PLN-L101" in told(reading)[0]["error"]


def test_the_program_leaves_after_a_call_that_broke_it(pipes, restored, signals, monkeypatch):
    pipe, reading = pipes
    served(pipe, {"batch": 1, "sequences": [{"start": "fresh", "calls": []}]})
    monkeypatch.setattr(judged, "answer", lambda *given: False)

    def leave(status):
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit) as caught:
        judged.main([str(ROOT), "account", str(ROOT / "cells/account/impl"), "-"])
    assert caught.value.code == 3
    assert told(reading)[1] == {"batch": 1, "leaving": True, "outcomes": []}


def test_the_pipe_is_moved_away_from_what_prints():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        pipe = Pipe()
        pipe.quiet(1, 2)
        os.write(1, b"noise")
        if os.fork() == 0:
            pipe.say("from a child")
        pipe.say("said")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as file:
        assert file.read() == "said\n"
