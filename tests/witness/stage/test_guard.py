import random

import pytest

from planaria.witness.stage.guard import Guard
from tests.witness.stage.playing import call, outcome, outcomes, script

EFFECTS = """
import collections, inspect, os, socket, subprocess, sys, traceback

def read(): open("/etc/hostname").close()
def write(): open("x", "w").close()
def descriptor(): os.close(os.open("y", os.O_CREAT | os.O_WRONLY))
def listed(): os.listdir(".")
def connect():
    with socket.socket() as one: one.connect(("127.0.0.1", 1))
def spawn(): subprocess.run(["/bin/true"])
def imports():
    import colorsys
def environment(): os.environ["A"] = "b"
def frame(): return sys._getframe().f_lineno
def stack(): return len(inspect.stack()) > 0
def printed(): return bool(traceback.format_stack())
def plain(): return collections.namedtuple("P", "a")(1)
"""


@pytest.mark.parametrize(
    "name, kinds",
    [
        ("read", {"reads"}), ("write", {"writes"}), ("descriptor", {"writes"}), ("listed", {"reads"}), ("connect", {"connects"}),
        ("spawn", {"spawns"}), ("imports", set()), ("environment", {"environment"}),
    ],
)  # fmt: skip
def test_what_a_call_touches_is_seen_for_its_symbol(actor, name, kinds):
    one = actor(EFFECTS)
    outcome(one, call(name))
    assert set(one.sum_up()["seen"].get(name, ())) == kinds


@pytest.mark.parametrize("name, looks", [("frame", True), ("stack", True), ("printed", True), ("plain", False)])
def test_a_look_at_the_caller_is_seen_where_the_version_itself_looks(actor, name, looks):
    one = actor(EFFECTS)
    assert outcome(one, call(name))["k"] == "completed"
    assert list(one.sum_up()["looked"]) == (["sys._getframe"] if looks else [])


CHANGES = """
import builtins, json, operator, os, random, sys, time

class Equal:
    def __eq__(self, other): return True
    def __call__(self, *_): return 7

def length(): builtins.len = lambda one: 7
def feigned(): builtins.sum = Equal()
def clock(): time.perf_counter = lambda: 0
def dumps(): json.dumps = json.JSONEncoder.encode = lambda *_, **__: '{"k": 1}'
def gone(): del random.shuffle
def right(one): return len(one) + sum(one)
"""


@pytest.mark.parametrize(
    "name, told", [("length", "builtins.len"), ("feigned", "builtins.sum"), ("clock", "time.perf_counter"), ("dumps", "json.dumps"),
                   ("gone", "random.shuffle")],
)  # fmt: skip
def test_what_all_code_shares_is_told_where_it_changes_and_is_as_before_for_the_next_script(actor, name, told):
    one = actor(CHANGES)
    first, second = outcomes(one, script(call(name)), script(call("right", "([1, 2],)")))
    assert first[0]["k"] == "completed"
    assert second == [{"k": "completed", "value": 5}]
    assert one.sum_up()["changed"] == [told]


def test_a_change_at_import_is_told_and_costs_no_actor_for_each_script(actor):
    one = actor("import random\nrandom.shuffle = None\ndef f(): return 1")
    outcomes(one, *[script(call("f"))] * 5)
    assert one.spent.starts == 1
    assert one.sum_up()["changed"] == ["random.shuffle"]


def test_a_name_that_is_gone_or_other_is_changed(monkeypatch):
    guard = Guard("shop/")
    guard.remember()
    guard.settle()
    assert guard.is_settled()
    monkeypatch.setattr(random, "shuffle", None)
    assert not guard.is_settled()
    assert guard.changed() == ["random.shuffle"]
