import ast

import pytest

from planaria.witness.script.form import Code
from planaria.witness.script.scope import UnresolvedError, scope_of
from planaria.witness.script.statement import STEPS_MAX, Reader, bind
from planaria.witness.script.subject import subjects_of

CODE = """
def f(*x, **y): ...
def compose(*x): ...
class Bank:
    def __init__(self, x=0): ...
    def put(self, x): ...
    def __call__(self): ...
"""


def reader() -> Reader:
    return Reader(scope_of(subjects_of({"m": ast.parse(CODE), "n": ast.parse("")}, dotted=False)))


def steps(text: str) -> list[str]:
    found = reader()
    found.read_text(text)
    return [one.text for one in found.steps]


@pytest.mark.parametrize(
    "text, found",
    [
        ("x = y = 1\nf(x)", ["f(x)"]),
        ("x: int = 2\nf(x)", ["f(2)"]),
        ("a, b = 1, [2]\nf(a, *b, **{'k': a})", ["f(1, 2, k=1)"]),
        ("assert f(1) == f(2) + 1", ["f(1)", "f(2)"]),
        ("print(f(f(1)))", ["f(f(1))"]),
        ("await f(1)", ["f(1)"]),
        ("r = f(1)\nassert r.x == r[0]", ["r = f(1)", "r.x", "r[0]"]),
        ("f = f(1)\nf.x", ["f_ = f(1)", "f_.x"]),
        ("b = Bank(1)\nb.put(2)\nassert len(b) == 1 and str(b)", ["b = Bank(1)", "b.put(2)", "len(b)", "str(b)"]),
        ("Bank(1).put(2)", ["made = Bank(1)", "made.put(2)"]),
        ("compose(f, 1)(2)", ["made = compose(f, 1)", "made(2)"]),
        (
            "b = Bank()\nb()\nb.total = 3\nb.items['x'] = 1\ndel b.total\nb.total += 1",
            ["b = Bank()", "b()", "b.total = 3", "b.items['x'] = 1", "del b.total", "b.total += 1"],
        ),
        ("g = f\ng(1)", ["f(1)"]),
        ("for x, y in [(1, 2), (3, 4)]:\n    f(x, y)", ["f(1, 2)", "f(3, 4)"]),
        ("for x in f(1):\n    f(2)", ["f(1)", "f(2)"]),
        ("for x in unknown:\n    f(3)", ["f(3)"]),
        ("with raises(ValueError):\n    f(1)", ["f(1)"]),
        ("with f(0) as x:\n    pass", ["f(0)"]),
        ("try:\n    f(1)\nexcept ValueError:\n    f(2)", ["f(1)"]),
        ("self.assertRaises(ValueError, f, 1, k=2)", ["f(1, k=2)"]),
        ("self.assertEqual(f(1), 2)", ["f(1)"]),
        ("pytest.raises(ValueError)", []),
        ("def helper(x):\n    return x\nf(helper)", ["def helper(x):\n    return x", "f(helper)"]),
        ("def test_x():\n    f(1)", []),
        ("import math\nf(math.pi)", ["f(math.pi)"]),
        ("f(self)", []),
        ("f(*gone)", []),
        ("if x:\n    f(1)", []),
        ("[f(x) for x in (1, 2)]", []),
        ("a, b = f(1)", ["f(1)"]),
        ("(x) = [f(1)]", ["f(1)"]),
        ("f(1)\nthis is no Python", []),
        ("x = Bank()\nx.put(x)", ["x = Bank()", "x.put(x)"]),
        ("for x, y in [1]:\n    f(1)", ["f(1)"]),
        ("b = Bank()\nb.x().y()", ["b = Bank()", "made = b.x()", "made.y()"]),
    ],
)
def test_statements_become_steps(text, found):
    assert [one for one in steps(text) if one] == found


def test_steps_know_what_they_exercise_and_a_script_without_any_is_none():
    one = reader()
    one.read_text("b = Bank(1)\nb.put(2)\nb()\nb.total\nmade = compose(f)\nmade(1)")
    assert [step.symbol for step in one.steps] == ["Bank", "Bank.put", "Bank.__call__", "Bank", "compose", "compose"]
    assert reader().script("x") is None


def test_reading_ends_after_a_number_of_steps():
    assert len(steps("\n".join("f(1)" for _ in range(2 * STEPS_MAX)))) == STEPS_MAX


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(UnresolvedError):
        bind(reader().scope, ast.parse("a, b", mode="eval").body, [1])
    one = reader()
    bind(one.scope, ast.parse("a, (b, c)", mode="eval").body, (1, [2, Code("x")]))
    assert (one.scope.names["a"], one.scope.names["c"]) == (1, Code("x"))


@pytest.mark.parametrize(
    "text, found",
    [
        ("f = unknown(1)\nf(2)", []),
        ("x = 1\nx = self.gone\nf(x)", []),
        ("values = set(f(1))\nf(values)", ["f(1)", "f(set(f(1)))"]),
        ("b = Bank()\nput = b.put\nput(2)", ["b = Bank()", "b.put(2)"]),
        ("b = Bank()\ntotal = b.total\nf(total)", ["b = Bank()", "f(b.total)"]),
        ("import copy\nb = Bank()\nc = copy.copy(b)\nc.put(1)", ["b = Bank()", "c = copy.copy(b)", "c.put(1)"]),
        ("b = Bank()\nassert b.till.count == 1", ["b = Bank()", "b.till.count"]),
        ("b = Bank()\nself.assertEqual(b.items['x'].count, 1)", ["b = Bank()", "b.items['x'].count"]),
        ("b = Bank()\nc = b\nc.put(1)", ["b = Bank()", "b.put(1)"]),
        ("for x in range(2):\n    f(x)", ["f(0)", "f(1)"]),
        ("for x in range(1, 4, 2):\n    f(x)", ["f(1)", "f(3)"]),
        ("for x in range(None):\n    f(1)", ["f(1)"]),
        ("self.kind = Bank\nb = self.kind()\nb.put(1)", ["b = Bank()", "b.put(1)"]),
    ],
)
def test_what_a_name_stands_for_is_followed(text, found):
    assert [one for one in steps(text) if one] == found
