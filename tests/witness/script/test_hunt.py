import ast
from random import Random
from types import SimpleNamespace

from planaria.witness.script import hunt as hunting
from planaria.witness.script.hunt import Hunt, Pairing
from planaria.witness.script.looked import not_exercised, summed_up
from planaria.witness.script.making import Maker
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import subjects_of
from planaria.witness.stage.actor import Played

CODE = """
def f(x): ...
def g(x): ...
class Bank:
    def __init__(self, x): ...
    def put(self, x): ...
"""


def left(hunt, failed):
    return not_exercised(hunt.looked, hunt.affected, failed, modules=len(hunt.subjects.modules))


class Told(Exception):
    """An outcome that is no result: its data."""


class Acting:
    """An actor in this process: a plain function stands for the version. It is given the calls before, and its own argument."""

    def __init__(self, function, *, costs_s=0.001, failed=()):
        self.function, self.costs_s, self.cpu_s, self.played = function, costs_s, 0.0, []
        self.order, self.failed = SimpleNamespace(modules=("m",)), dict(failed)

    def start(self):
        self.cpu_s += self.costs_s

    def stop(self):
        self.played.append("stop")

    def send(self, scripts, *, call_s, traced):
        self.asked, self.call_s = scripts, call_s

    def collect(self):
        self.cpu_s += self.costs_s * len(self.asked)
        self.played += self.asked
        return [self._play(one["steps"]) for one in self.asked]

    def _play(self, steps):
        outcomes, before = [], []
        for kind, symbol, _target, callee, given, _named in steps:
            try:
                value = self.function(symbol, *eval(given), before=before, patient=self.call_s > 1) if kind == "call" else callee
                outcomes.append({"k": "completed", "value": value})
            except Told as told:
                outcomes.append(told.args[0])
                if told.args[0]["k"] == "unknown":
                    break
            except Exception as error:
                outcomes.append({"k": "failed", "error": type(error).__name__, "kinds": [type(error).__name__], "meant": False})
            before += [eval(given)]
        return Played(outcomes=tuple(outcomes), news=int(len(self.played) % 5 == 0))


def plainly(symbol, x=0, *, before, patient):
    return x * 2 if symbol != "Bank.put" else sum(one[0] for one in before) + x


def differing(when, value="other", symbols=("f",)):
    def answered(symbol, x=0, *, before, patient):
        if symbol in symbols and isinstance(x, int) and when(x):
            if isinstance(value, dict):
                raise Told(value)
            return value(before, patient) if callable(value) else value
        return plainly(symbol, x, before=before, patient=patient)

    return answered


def hunt_of(new, *, old=plainly, again=None, old_again=None, affected=("f",), code=CODE, **given):
    subjects = subjects_of({"m": ast.parse(code)})
    functions = {"old": old, "new": new, "old_again": old_again or old, "new_again": again or new}
    pairing = Pairing(**{name: Acting(one, **given) for name, one in functions.items()})
    return Hunt(pairing, subjects, affected=affected, maker=Maker(Random(1), subjects))


def call(callee, *given, **more):
    return Step(callee=callee, symbol=more.pop("symbol", callee), given=given, **more)


SEEDS = [Script(steps=(call("f", 30),), source="document of f"), Script(steps=(call("g", 4),), source="document of g")]


async def run(hunt, seeds=SEEDS, budget_s=1.0):
    hunt.shares = []
    hunt.reported = hunt.shares.append
    found = await hunt.run(seeds, budget_s=budget_s)
    return [(one.symbol, one.script.lines, one.unsteady) for one in found]


async def test_a_difference_is_found_shrunk_and_played_again_by_actors_begun_anew():
    hunt = hunt_of(differing(lambda x: x > 12))
    assert await run(hunt) == [("f", ["f(13)"], False)]
    assert "stop" in hunt.pairing.old_again.played
    assert hunt.cpu_s < 1.0
    assert summed_up(hunt.looked)["compared"]["f"] > 1
    assert left(hunt, {}) == {}
    hunt.pairing.stop()


async def test_the_same_seed_finds_the_same():
    def once():
        return hunt_of(differing(lambda x: x % 11 == 7), affected=("f", "g"))

    assert await run(once()) == await run(once())


async def test_what_people_gave_comes_first_and_what_lies_beyond_last():
    hunt = hunt_of(differing(lambda x: x < 0))
    (found,) = (await hunt.run(SEEDS, budget_s=1.0)) or (None,)
    assert (found.script.wide, found.script.lines) == (True, ["f(-1)"])
    played = [one["steps"][0][4] for one in hunt.pairing.old.played if one != "stop"]
    first = next(at for at, text in enumerate(played) if eval(text)[0] < 0)
    assert played[0] == "(30,)"
    assert first > len(played) / 3
    inside = hunt_of(differing(lambda x: x < 0 or x == 31))
    assert ("f", ["f(31)"], False) in await run(inside)


async def test_sequences_of_calls_on_an_object_are_made():
    hunt = hunt_of(differing(lambda x: True, lambda before, patient: len(before) > 2, symbols=("Bank.put",)), affected=("Bank.put",))
    begun = Script(steps=(call("Bank", 1, target="bank"), call("bank.put", 2, symbol="Bank.put")), source="test")
    found = await run(hunt, [begun])
    assert [one[0] for one in found] == ["Bank.put"]
    assert len(found[0][1]) == 2


def flipping():
    state = {"calls": 0}

    def answered(before, patient):
        state["calls"] += 1
        return state["calls"]

    return answered


async def test_an_old_version_that_disagrees_with_itself_shows_nothing():
    old, again = differing(lambda x: True, "one"), differing(lambda x: True, "two")
    hunt = hunt_of(plainly, old=old, old_again=again)
    assert await run(hunt) == []
    assert hunt.looked.unsteady["f"] > 0
    hunt.looked.compared.clear()
    assert left(hunt, {}) == {"f": "the old version disagrees with itself"}


async def test_a_new_version_that_disagrees_with_itself_is_told_so():
    new = differing(lambda x: True, flipping())
    found = await run(hunt_of(new))
    assert {one[2] for one in found} == {True}


async def test_a_difference_that_does_not_come_again_is_none():
    hunt = hunt_of(differing(lambda x: x == 30, {"k": "unknown", "code": "ended", "text": "signal 9"}), again=plainly)
    assert await run(hunt) == []
    assert summed_up(hunt.looked)["not_repeated"] > 0


async def test_an_answer_that_is_only_late_is_slow_and_one_that_never_comes_is_a_difference():
    late = {"k": "unknown", "code": "late"}
    slow = hunt_of(differing(lambda x: x == 30, late), again=plainly)
    assert await run(slow) == []
    patient = [one for one in slow.pairing.new_again.played if one != "stop"]
    assert 1 <= len(patient) <= min(6, slow.looked.slow["f"])  # each of them costs as much as many tries
    assert (await run(hunt_of(differing(lambda x: x == 30, late))))[0][1] == ["f(30)"]


async def test_it_stops_soon_when_all_that_may_have_changed_differs():
    hunt = hunt_of(differing(lambda x: True), affected=("f",))
    await run(hunt, budget_s=50.0)
    assert hunt.cpu_s < 10
    assert hunt.shares
    assert hunt.shares == sorted(hunt.shares)


async def test_it_ends_with_its_budget_and_keeps_what_was_alike():
    hunt = hunt_of(plainly)
    assert await run(hunt) == []
    assert 1.0 <= hunt.cpu_s < 1.5
    assert {script.steps[0].symbol for script in hunt.alike["f"]} == {"f"}
    assert left(hunt, {}) == {}


async def test_what_was_not_compared_is_told_with_its_reason():
    def failing(symbol, x=0, **_):
        raise KeyError(x)

    seeds = [Script(steps=(call("f", 30),))]
    outside = hunt_of(failing, old=failing)
    assert await run(outside, seeds) == []
    assert left(outside, {}) == {"f": "every input was outside what it takes (KeyError: )"}
    assert "no call" in left(hunt_of(plainly), {})["f"]
    broken = hunt_of(plainly, failed={"m": "ImportError: x"})
    assert await run(broken) == []
    assert left(broken, {"m": "ImportError: x"}) == {"f": "the old version cannot be imported: ImportError: x"}


async def test_an_actor_that_ends_leaves_an_outcome_that_differs():
    hunt = hunt_of(differing(lambda x: x == 30, {"k": "unknown", "code": "ended", "text": "it ended itself"}))
    (found,) = await hunt.run(SEEDS, budget_s=1.0)
    assert (found.places, found.new["text"]) == (frozenset(("outcome",)), "it ended itself")


async def test_nothing_is_played_where_there_is_nothing_to_call():
    hunt = hunt_of(plainly, affected=())
    assert await run(hunt) == []
    assert hunt.looked.scripts == 0


async def test_what_does_not_end_is_not_varied_and_costs_less_each_time():
    def answered(symbol, x=0, *, before, patient):
        if x == 30:
            raise Told({"k": "unknown", "code": "late"})
        return plainly(symbol, x, before=before, patient=patient)

    hunt = hunt_of(answered, old=answered)
    before = hunt.call_s
    await run(hunt, budget_s=0.3)
    assert hunt.call_s < before
    assert "f(30)" in hunt.endless
    asked = [step for one in hunt.pairing.old.played if one != "stop" for step in one["steps"]]
    assert sum(given == "(30,)" for *_, given, _ in asked) == 1
    assert len(asked) > 20


async def test_a_method_that_its_own_class_never_shows_is_shown_by_an_heir():
    code = "class Base:\n    def put(self, x): ...\nclass Heir(Base):\n    def __init__(self, x): ..."

    def old(symbol, x=0, *, before, patient):
        if symbol.startswith("Base"):
            raise TypeError
        return x

    def new(symbol, x=0, *, before, patient):
        return "other" if symbol == "Heir.put" else old(symbol, x, before=before, patient=patient)

    hunt = hunt_of(new, old=old, affected=("Base.put",), code=code)
    found = await run(hunt, seeds=[], budget_s=2)
    assert {symbol for symbol, *_ in found} == {"Heir.put"}


async def test_what_sleeps_ends_though_it_costs_nothing(monkeypatch):
    monkeypatch.setattr(hunting, "WALL_TIMES", 0)
    monkeypatch.setattr(hunting, "WALL_MORE_S", 0.2)
    hunt = hunt_of(plainly, costs_s=0)
    monkeypatch.setattr(hunting, "process_time", lambda: 0.0)
    await run(hunt, budget_s=1e9)
    assert hunt.looked.scripts > 0
