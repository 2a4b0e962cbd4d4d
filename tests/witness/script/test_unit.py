import ast
import re
from random import Random

import pytest

from planaria.witness.script.form import Code
from planaria.witness.script.making import Maker
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import subjects_of
from planaria.witness.script.unit import CORPUS_MAX, units_of, variable_for, with_looks

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
