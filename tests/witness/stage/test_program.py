import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

from planaria.witness.stage.actor import FORGED, Actor, Order, Stage
from tests.witness.stage.playing import call, outcome, outcomes, script

HOSTILE = """
import _thread, atexit, gc, json, os, signal, sys, threading, time

def right(one): return len([one]) + one
def leave(): os._exit(7)
def end(): os.kill(os.getpid(), signal.SIGKILL)
def abort(): signal.raise_signal(signal.SIGSEGV)
def fork(): return os.fork() == 0
def bomb():
    while True: os.fork()
def parent(): os.kill(os.getppid(), signal.SIGKILL); return signal.pause()
def recurse(one=0): return recurse(one + 1)
def deeper(): sys.setrecursionlimit(1 << 30); return recurse()
def memory(): return len(bytearray(1 << 36))
def grow():
    kept = []
    while True: kept.append(bytearray(1 << 24))
def flood():
    while True: print("x" * 1_000_000)
def close(): os.closerange(0, 256)
def garbage():
    for one in range(3, 64):
        try: os.write(one, b"garbage\\n")
        except OSError: pass
def deaf():
    for one in range(3, 64):
        try: os.dup2(0, one)
        except OSError: pass
def handlers():
    for one in (signal.SIGPROF, signal.SIGALRM, signal.SIGVTALRM, signal.SIGINT, signal.SIGTERM): signal.signal(one, signal.SIG_IGN)
def alarm(): signal.setitimer(signal.ITIMER_REAL, 0); signal.signal(signal.SIGALRM, lambda *_: os._exit(1)); signal.alarm(1)
def loop():
    while True: pass
def stubborn():
    while True:
        try:
            while True: pass
        except BaseException: pass
def native(): return sum(range(10**13))
def pause(): signal.pause()
def lock():
    one = _thread.allocate_lock()
    return one.acquire() and one.acquire()
def leave_thread():
    def work():
        while True: time.sleep(0)
    _thread.start_new_thread(work, ())
def leave_exit(): atexit.register(lambda: os._exit(9)); threading._register_atexit(lambda: os._exit(9))
def trace(): sys.settrace(lambda *_: os._exit(8)); sys.setprofile(lambda *_: os._exit(8)); return 1
def limit(): sys.setrecursionlimit(60)
def streams(): sys.stdout = sys.stderr = sys.stdin = None
def modules(): sys.modules.clear()
def _place():
    frame = sys._getframe()
    while not {"asked", "reply", "number"} <= set(frame.f_locals): frame = frame.f_back
    return frame.f_locals["asked"]["token"], frame.f_locals["number"]
def _forge(*shifts, more=None):
    token, number = _place()
    for shift in shifts:
        told = {"token": token, "number": number + shift, "outcomes": [{"k": "completed", "value": 42}], "news": 0, **(more or {})}
        for one in range(3, 64):
            try: os.write(one, json.dumps(told).encode() + b"\\n")
            except OSError: pass
def forge(): _forge(0); return 1
def forge_ahead(): _forge(0, 1); return 1
def forge_shape(): _forge(0, more={"outcomes": [{"k": "completed", "value": {"$": 3}}]}); return 1
def forge_many(): _forge(0, more={"outcomes": [{"k": "completed", "value": 1}] * 9}); return 1
def forge_old():
    _forge(-1); return 1
"""
ENDED, LATE = {"k": "unknown", "code": "ended"}, {"k": "unknown", "code": "late"}
LIE = {**ENDED, "text": FORGED}


def failed(error):
    return {"k": "failed", "error": error}


# What comes of it where the actor is confined, and where it is not.
CASES = {
    "leave": ({**ENDED, "text": "the process ended itself with status 7"},) * 2,
    "end": ({**ENDED, "text": "the process ended by signal 9"},) * 2,
    "abort": ({**ENDED, "text": "the process ended by signal 11"},) * 2,
    "fork": (failed("BlockingIOError"), {"k": "completed", "value": False}),
    "bomb": (failed("BlockingIOError"), None),
    "parent": (failed("PermissionError"), ENDED),
    "recurse": (failed("RecursionError"),) * 2,
    "deeper": ({},) * 2,
    "memory": (failed("MemoryError"),) * 2,
    "grow": ({},) * 2,
    "flood": ({},) * 2,
    "close": (ENDED,) * 2,
    "garbage": (LIE,) * 2,
    "deaf": (ENDED,) * 2,
    "handlers": ({"k": "completed"},) * 2,
    "alarm": ({"k": "completed"},) * 2,
    "loop": (LATE,) * 2,
    "stubborn": (LATE,) * 2,
    "native": (LATE,) * 2,
    "pause": (LATE,) * 2,
    "lock": (LATE,) * 2,
    "leave_thread": ({"k": "completed"},) * 2,
    "leave_exit": ({"k": "completed"},) * 2,
    "trace": ({},) * 2,
    "limit": ({},) * 2,
    "streams": ({"k": "completed"},) * 2,
    "modules": ({},) * 2,
    "forge": (LIE,) * 2,
    "forge_ahead": (LIE,) * 2,
    "forge_shape": (LIE,) * 2,
    "forge_many": (LIE,) * 2,
    "forge_old": (LIE,) * 2,
}


def write(place, text):
    (place / "version").mkdir()
    (place / "version/case.py").write_text(text)
    (place / "scratch").mkdir()


def fits(told, got):
    return {name: got.get(name) for name in told} == told


@pytest.mark.parametrize("name", CASES)
def test_whatever_code_does_is_an_outcome_or_its_end_and_the_next_script_gets_the_right_answer(actor, name):
    one = actor(HOSTILE)
    told = CASES[name][not one.stage.confined]
    if told is None:
        return  # without a sandbox nothing would hold it
    first, second = (script(call("right", f"({number},)")) for number in (1, 2))
    got = outcomes(one, first, script(call(name)), second, first)
    assert [got[0], got[2], got[3]] == [[{"k": "completed", "value": each}] for each in (2, 3, 2)]
    assert fits(told, got[1][-1]), got[1]
    assert ("the line to its judge" in one.sum_up()["changed"]) == (told == LIE)


@pytest.mark.parametrize("name", [*(name for name in CASES if CASES[name][0] == LIE), "leave", "handlers"])
def test_the_last_script_of_a_batch_spoils_nothing_for_the_next(actor, name):
    one = actor(HOSTILE)
    right = script(call("right", "(1,)"))
    assert outcomes(one, right, script(call(name)))[0] == outcomes(one, right)[0] == [{"k": "completed", "value": 2}]
    assert fits(CASES[name][0], outcomes(one, right, script(call(name)))[1][-1])


def test_what_an_actor_used_is_counted_also_where_it_was_ended(actor):
    one = actor(HOSTILE)
    before = one.cpu_s
    outcome(one, call("native"))
    assert one.cpu_s - before > 0.3


def test_hashing_is_as_the_stage_was_told(place):
    write(place, "def f(): return list({'a', 'b', 'c', 'd', 'e'})")
    told = {}
    for seed in (0, 0, 1, 2):
        with Stage(confined=False, hash_seed=seed) as stage:
            one = Actor(stage, Order(role="old", folder=place / "version", modules=("case",), writable=place / "scratch"))
            told.setdefault(seed, []).append(outcome(one, call("f"))["value"]["of"])
            one.stop()
    assert told[0][0] == told[0][1]
    assert len({tuple(each[0]) for each in told.values()}) > 1


def gone(pids, within_s=30.0):
    """Say whether processes end in time."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready = select.select([descriptor], [], [], within_s)[0]
        os.close(descriptor)
        if not ready:
            return False
    return True


def test_all_processes_end_with_the_stage_also_what_an_actor_left(place):
    text = HOSTILE + "\ndef leave_child():\n    pid = os.fork()\n    if not pid:\n        os.setsid()\n        loop()\n    return pid\n"
    write(place, text)
    with Stage(confined=False) as stage:
        ones = [Actor(stage, Order(role="old", folder=place / "version", modules=("case",), writable=place / "scratch")) for _ in range(2)]
        child = outcome(ones[0], call("leave_child"))["value"]
        ones[1].start()
        ones[1].send([script(call("native"))], call_s=100.0, traced=False)
        pids = [stage.process.pid, *(one.pid for one in ones), child]
    assert gone(pids, 0.0)
    for one in ones:
        one.stop()


JUDGE = """
import sys
from pathlib import Path
from planaria.witness.stage.actor import Actor, Order, Stage
place = Path(sys.argv[1])
with Stage(confined=sys.argv[2] == "confined") as stage:
    one = Actor(stage, Order(role="old", folder=place / "version", modules=("case",), writable=place / "scratch"))
    one.start()
    one.send([{"steps": [["call", "", "", "native", "()", ""]]}], call_s=200.0, traced=False)
    print(stage.process.pid, one.pid, flush=True)
    one.collect()
"""


@pytest.mark.parametrize("confined", ["confined", "unconfined"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_all_processes_end_with_their_judge_however_that_ends(place, confined, number):
    write(place, HOSTILE)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(JUDGE), str(place), confined], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as judge:
        pids = [int(one) for one in judge.stdout.readline().split()]
        assert len(pids) == 2
        for pid in pids:
            os.kill(pid, signal.SIGINT)  # as a terminal does, were they in its group
        assert not gone(pids[:1], 0.0)
        judge.send_signal(number)
        assert judge.wait(30) != 0
        assert gone(pids)
