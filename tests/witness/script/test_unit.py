import ast
import re
from random import Random

import pytest

from planaria.witness.script.form import Code, Made
from planaria.witness.script.making import Maker
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import subjects_of
from planaria.witness.script.unit import CORPUS_MAX, heirs_of, units_of, variable_for, with_looks

CODE = """
def f(x: int, y: int = 1): ...
def g(): ...
def count(x: int):
    global total
def reset():
    global total
class Bank:
    def __init__(self, x: int): self.total = x
    def put(self, x: int, *, note: str = ""): ...
    def __len__(self): ...
class Wrong(Exception): ...
class Empty: ...
"""
ALL = {"f", "g", "count", "Bank", "Bank.put", "Wrong", "Empty"}


def units(seed: int = 1):
    subjects = subjects_of({"m": ast.parse(CODE)})
    return {"/".join(sorted(one.symbols)): one for one in units_of(subjects, ALL, Maker(Random(seed), subjects))}


def call(callee: str, *given, target="", symbol="") -> Step:
    return Step(callee=callee, symbol=symbol or callee, given=given, target=target)


SEED = Script(steps=(call("Bank", 3, target="bank"), call("bank.put", 4, symbol="Bank.put")), source="test")


def test_functions_stand_alone_those_that_share_a_state_together_and_errors_are_none():
    found = units()
    assert list(found) == ["f", "g", "count", "Bank/Bank.put", "Empty"]
    assert ([one.symbol for one in found["count"].functions], found["count"].fresh) == (["count", "reset"], True)


def test_the_same_seed_makes_the_same_scripts():
    def made(seed):
        return [one.script().lines for one in units(seed).values() for _ in range(30)]

    assert made(1) == made(1) != made(2)


@pytest.mark.parametrize("name", ["f", "g", "count", "Bank/Bank.put", "Empty"])
def test_scripts_bind_their_variables_before_they_use_them(name):
    unit = units()[name]
    unit.seed([SEED, Script(steps=(call("f", 1),)), Script(steps=(call("count", 2), call("count", 3)))])
    for _ in range(300):
        one = unit.script()
        bound = set()
        for step in one.steps:
            assert set(re.findall(r"\bbank\w*|\bmade\w*|\bempty\w*", step.text.partition("= ")[2] or step.text)) <= bound
            bound |= {step.target} - {""}
        assert (one.source, one.fresh) == ("generated", name == "count")
        if unit.chance.random() < 0.2:
            unit.keep(one)


def test_a_sequence_ends_by_looking_at_its_objects():
    assert units()["Bank/Bank.put"].looking(SEED).lines == ["bank = Bank(3)", "bank.put(4)", "len(bank)", "bank.total"]
    assert units()["count"].looking(Script(steps=(call("count", 1),))).fresh


def test_telling_values_are_tried_in_the_place_of_what_people_gave():
    bank, alone = units()["Bank/Bank.put"], units()["f"]
    for unit, seed in ((bank, SEED), (alone, Script(steps=(call("f", 5),)))):
        unit.maker.learn(unit.callable_at("f") or unit.callable_at("Bank"), seed.steps[0], given=True)
        unit.seed([seed])
    assert [one for one in alone.probing() if one.wide] == []
    assert ["f(7)"] in [one.lines for one in alone.probing()]
    lines = [one.lines[:2] for one in bank.probing()]
    assert ["bank = Bank(3)", "bank.put(0)"] in lines
    assert ["bank = Bank(7)", "bank.put(4)"] in lines


def test_of_a_script_of_several_calls_a_function_takes_those_that_stand_alone():
    unit = units()["f"]
    unit.seed([Script(steps=(call("g", target="r"), call("f", Code("r")), call("f", 3, target="s")))])
    assert [one.lines for one in unit.corpus] == [["f(3)"]]
    unit.seed([Script(steps=(Step(kind="do", callee="def h(x): ..."), call("f", Code("h"))))])
    assert len(unit.corpus[1].steps) == 2
    assert {one.steps[1].text for one in (unit._varied_call() for _ in range(20)) if len(one.steps) > 1} - {"f(h)"}


def test_only_so_many_scripts_are_kept():
    unit = units()["f"]
    for at in range(2 * CORPUS_MAX):
        unit.keep(Script(steps=(call("f", at), Step(kind="see", callee="x"))))
    assert (len(unit.corpus), unit.corpus[0].lines, unit.corpus[-1].lines) == (CORPUS_MAX, ["f(0)"], [f"f({2 * CORPUS_MAX - 1})"])


def test_only_what_objects_of_both_versions_have_is_looked_at():
    found = units()
    with_looks(list(found.values()), subjects_of({"m": ast.parse(CODE.replace("self.total", "self.sum"))}))
    assert found["Bank/Bank.put"].looks == ("len({0})",)


def test_a_variable_is_named_after_its_class():
    assert [variable_for(one) for one in ("m.HTTPServer2Go", "bank")] == ["httpserver2_go", "made_bank"]


FAMILY = """
class Base:
    def before(self, at: int): ...
    def after(self, at: int): ...
class Heir(Base):
    def __init__(self, x: int): self.x = x
    def after(self, at: int): ...
    @classmethod
    def made(cls, x: int): ...
    def __eq__(self, other): ...
    @property
    def size(self): ...
class Wrong(Base, Exception): ...
"""


def family(affected, seed=1):
    subjects = subjects_of({"m": ast.parse(FAMILY)})
    return subjects, units_of(subjects, affected, Maker(Random(seed), subjects))


def test_a_method_is_exercised_through_the_classes_that_inherit_it():
    subjects, _ = family(set())
    found = heirs_of(subjects, ["Base.before", "Base.after"], Maker(Random(1), subjects))
    assert [(one.owner.symbol, sorted(one.symbols)) for one in found] == [("Heir", ["Heir.before"])]


def test_what_may_have_changed_is_called_more_often():
    _, (unit,) = family({"Heir.before"})
    steps = [step.symbol for _ in range(200) for step in unit.script().steps if step.kind == "call" and step.symbol != "Heir"]
    assert steps.count("Heir.before") > len(steps) / 3


def test_what_belongs_to_a_class_is_called_on_it():
    _, (unit,) = family({"Heir.made"})
    calls = {step.callee for _ in range(100) for step in unit.script().steps if step.symbol == "Heir.made"}
    assert calls == {"Heir.made"}


def test_an_object_is_compared_with_one_that_is_made_alike():
    _, (unit,) = family({"Heir.__eq__"})
    pairs = [
        (script.steps[0].given, step.given[0].given)
        for script in (unit.script() for _ in range(200))
        for step in script.steps
        if step.symbol == "Heir.__eq__" and isinstance(step.given[0], Made)
    ]
    assert any(one == other for one, other in pairs)
    assert any(one != other for one, other in pairs)


def test_a_property_that_became_a_method_is_still_looked_at():
    _, found = family({"Heir"})
    newer = subjects_of({"m": ast.parse(FAMILY.replace("    @property\n", ""))})
    with_looks(found, newer)
    assert "{0}.size" in found[0].looks


def test_props_that_were_learned_come_before_what_uses_them():
    _, (unit,) = family({"Heir"})
    definition = Step(kind="do", callee="def three(): return 3", target="three")
    unit.maker.learn_props([Script(steps=(definition, call("Heir", 1)))])
    made = unit.looking(Script(steps=(call("Heir", Made("three"), target="heir"),)))
    assert made.lines[:2] == ["def three(): return 3", "heir = Heir(three())"]
    assert unit.looking(made).lines[:2] == made.lines[:2]


PROPS = Script(
    source="test",
    steps=(
        Step(kind="do", callee="class Shop:\n    pass", target="Shop"),
        Step(callee="Shop", target="shop", given=(3,)),
        Step(kind="see", callee="shop.sold(1)", symbol="f"),
        Step(kind="see", callee="shop.till.count", symbol="f"),
        Step(kind="see", callee="shop.lock", symbol="f"),
    ),
)


def test_what_people_looked_at_of_a_prop_is_looked_at_wherever_it_is_made():
    unit = units()["f"]
    unit.maker.learn_props([PROPS])
    made = unit.looking(Script(steps=(call("Shop", 2, target="other"), call("f", 1))))
    assert made.lines == ["class Shop:\n    pass", "other = Shop(2)", "f(1)", "other.till.count", "other.lock"]


def test_objects_that_are_false_take_the_place_of_props():
    unit = units()["f"]
    unit.maker.learn_props([PROPS])
    unit.seed([PROPS])
    (made,) = unit.falsy()
    assert [one.target for one in made.steps if one.kind == "do"] == ["Shop", "EmptyShop"]
    assert made.lines[2:5] == ["shop = EmptyShop(3)", "shop.sold(1)", "shop.till.count"]
    names = {}
    exec("\n".join(made.lines[:3]).replace("(3)", "()"), names)
    assert not names["shop"]
