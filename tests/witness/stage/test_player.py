import pytest

from planaria.witness.stage.player import OUTPUT_MAX
from tests.witness.stage.playing import call, do, outcome, outcomes, script, see

CASE = """
import asyncio, decimal, os, random, sys, threading

class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
    def move(self, by): self.x += by; return self

class Equal:
    def __eq__(self, other): return True

class Unspeakable(Exception):
    def __str__(self): raise KeyboardInterrupt

class Loud:
    def __repr__(self): print("loud"); return "Loud()"

class Proxy:
    __class__ = property(lambda self: dict)
    def __getattr__(self, name): return self

class Bare(BaseException): pass

def add(one, other=1): return one + other
def grow(items): items.append(1); return len(items)
def say(text): print(text); sys.stderr.write("not this")
def binary(): sys.stdout.buffer.write(b"ab\\xff"); sys.stdout.flush()
def close(): print("a"); sys.stdout.close()
def flood(): print("x" * 10_000_000)
def meant(): raise ValueError("at 0x00007f00deadbeef")
def accident(): return {}["a"]
def deeper(): return int("x")
def asserts(): assert False
def stream():
    yield 1
    print("between")
    raise LookupError
async def later(one): await asyncio.sleep(0); return one
async def many():
    for one in range(3): yield one
async def left():
    asyncio.get_running_loop().create_task(asyncio.sleep(1000))
    return await asyncio.to_thread(lambda: 1)
async def tasks(): return len(asyncio.all_tasks())
def raising(kind): raise kind
def write(): open("x", "w").close(); return os.listdir(".")
def listed(): return os.listdir("."), os.environ.get("A"), decimal.getcontext().prec
def unsettle(): os.environ["A"] = "b"; os.mkdir("d"); open("d/e", "w").close(); os.chdir("d"); decimal.getcontext().prec = 3
def chance(): return random.random()
def reach(path): open(path, "w").close()
"""


@pytest.fixture
def one(actor):
    return actor(CASE, chance=True)


def completed(value, **more):
    return {"k": "completed", "value": value, **more}


LIST = {"$": "list", "of": [1]}


@pytest.mark.parametrize(
    "step, told",
    [
        (call("add", "(1,)", named="{'other': 2}"), completed(3)),
        (call("grow", "([],)"), completed(1, after=[LIST])),
        (call("grow", "()", named="{'items': []}"), completed(1, after=[LIST])),
        (call("add", "(iter([1]),)"), {"k": "failed", "error": "TypeError", "kinds": ["TypeError", "Exception"], "meant": False}),
        (call("say", "('a',)"), completed(None, out="a\n")),
        (call("binary"), completed(None, out="ab\ufffd")),
        (call("close"), completed(None)),
        (call("flood"), completed(None, out="x" * OUTPUT_MAX)),
        (call("Loud"), completed({"$": "struct Loud", "of": {"repr": "Loud()"}}, out="loud\n")),
        (call("stream"), completed({"$": "iterator", "of": [1, {"$": "struct LookupError", "of": {"raised": True}}]}, out="between\n")),
        (call("later", "(1,)"), completed(1)),
        (call("many"), completed({"$": "iterator", "of": [0, 1, 2]})),
        (call("Point", "(1,)"), completed({"$": "struct Point", "of": {"x": 1}})),
        (call("Equal"), completed({"$": "other equal to everything", "of": "<equal to everything>"})),
        (call("meant"), {"k": "failed", "error": "ValueError", "kinds": ["ValueError", "Exception"], "text": "at", "meant": True}),
        (
            call("accident"),
            {"k": "failed", "error": "KeyError", "kinds": ["KeyError", "LookupError", "Exception"], "text": "'a'", "meant": False},
        ),
        (call("deeper"), {"k": "failed", "error": "ValueError", "meant": False}),
        (call("asserts"), {"k": "outside", "error": "AssertionError"}),
        (call("raising", "(SystemExit(3),)"), {"k": "failed", "error": "SystemExit", "text": "3", "meant": True}),
        (call("raising", "(BaseException,)"), {"k": "failed", "error": "BaseException", "kinds": ["BaseException"]}),
        (call("raising", "(Bare,)"), {"k": "failed", "error": "Bare", "kinds": ["Bare"]}),
        (call("raising", "(Unspeakable(),)"), {"k": "failed", "error": "Unspeakable", "text": ""}),
        (call("add", "(1 / 0,)"), {"k": "stop", "error": "ZeroDivisionError", "text": "division by zero"}),
        (call("nothing"), {"k": "failed", "error": "NameError", "meant": False}),
        (see("add(1)"), completed(2)),
        (see("later(2)"), completed(2)),
        (do("x = 1"), completed(None)),
        (do("1 /"), {"k": "failed", "error": "SyntaxError"}),
    ],
)
def test_a_step_is_told_as_a_reviewer_would_see_it(one, step, told):
    got = outcome(one, step)
    assert {name: got.get(name) for name in told} == told
    assert not {"after", "out"} & (got.keys() - told.keys())
    assert one.spent.starts == 1


def test_an_object_that_lies_about_its_class_is_told_as_what_it_is(one):
    assert outcome(one, call("Proxy"))["value"] == {"$": "struct Proxy", "of": {}}


def test_steps_share_names_and_objects_are_told_by_what_callers_see(one):
    steps = [call("Point", "(1,)", target="p"), call("p.move", "(2,)"), see("p.x"), call("stream", target="s"), see("next(s)")]
    (got,) = outcomes(one, script(*steps))
    assert [each["value"] for each in got] == [
        {"$": "other Point", "of": "<Point>"}, {"$": "other self", "of": "<itself>"}, 3, {"$": "other generator", "of": "<generator>"}, 1,
    ]  # fmt: skip


def test_a_script_ends_with_the_first_step_that_leads_nowhere(one):
    got = outcomes(
        one,
        script(call("asserts"), call("add", "(1,)")),
        script(call("add", "(1 / 0,)"), call("add", "(1,)")),
        script(call("accident"), see("1")),
    )
    assert [[each["k"] for each in steps] for steps in got] == [["outside"], ["stop"], ["failed", "completed"]]


def test_every_script_begins_in_an_empty_folder_with_the_environment_and_precision_of_the_first(one):
    before, _, wrote, after = outcomes(one, *(script(call(name)) for name in ("listed", "unsettle", "write", "listed")))
    assert before == after
    assert before[0]["value"] == [{"$": "list", "of": []}, None, 28]
    assert wrote[0]["value"] == {"$": "list", "of": ["x"]}


@pytest.mark.parametrize("path", ["/x", "../x", "/etc/x", "/dev/shm/x", "/proc/self/comm", "/sys/x"])
def test_nothing_outside_the_scratch_is_written_where_it_is_confined(one, path):
    if one.stage.confined:
        assert outcome(one, call("reach", f"({path!r},)"))["k"] == "failed"
    assert outcome(one, call("reach", "('x',)"))["k"] == "completed"


def test_chance_repeats_in_every_version_whatever_names_it_has(actor):
    one, other = actor(CASE, chance=True), actor("a = 1\n" + CASE, chance=True)
    steps = script(call("chance"), call("chance"))
    (first, second), again = outcomes(one, steps, steps)
    assert [first, second] == again == outcomes(other, steps)[0]
    assert first != second


def test_tasks_and_threads_of_a_loop_end_with_their_script(one):
    got = outcomes(one, script(call("left")), script(call("tasks")))
    assert [each[0]["value"] for each in got] == [1, 1]
    assert one.spent.starts == 1


def test_new_ways_are_counted_once(one):
    one.send([script(call("add", "(1,)"))] * 2, call_s=0.2, traced=True)
    first, second = one.collect()
    assert first.news > 0
    assert second.news == 0
    assert {path for path, _, _ in one.sum_up()["arcs"]} == {"case.py"}


CONTRACT = "def add(one, other):\n    assert one > 0\n\nclass Shelf:\n    def grow(self, items):\n        assert items\n"


@pytest.mark.parametrize(
    "name, steps, kinds",
    [
        ("", [call("add", "(1,)"), call("add", "(0,)")], ["completed", "outside"]),
        ("", [call("add", "('a',)")], ["outside"]),
        ("Shelf", [call("grow", "([1],)", symbol="case.grow"), call("grow", "([],)", symbol="case.grow")], ["completed", "outside"]),
        ("Shelf", [call("add", "(0,)")], ["completed"]),
    ],
)
def test_what_a_contract_asks_for_is_kept(actor, place, name, steps, kinds):
    path = place / "contract.py"
    path.write_text(CONTRACT)
    one = actor(CASE, contract=path, contract_class=name)
    assert [each["k"] for each in outcomes(one, script(*steps))[0]] == kinds


def test_a_script_is_timed_and_one_that_fails_has_no_time(one):
    one.start()
    asked = [script(call("add", "(1,)")), script(call("stream")), script(see("1")), script(call("raising", "(SystemExit,)"))]
    answer = one.ask({"time": asked[:1] + asked[2:], "least_s": 0.001}, 20.0)
    assert [each > 0 for each in answer["ns"]] == [True, False, False]
    steps = script(call("Point", "(1,)", target="p"), call("p.move", "(1,)"), call("many"))
    assert one.ask({"time": [steps], "least_s": 0.001}, 20.0)["ns"][0] > 0
