import ast

import pytest

from planaria.diff.example import doctest_of
from planaria.witness.script.form import Code, Made
from planaria.witness.script.hunt import Difference
from planaria.witness.script.step import Script, Step


def example(*steps, old, places=(), imports=(), **nodes):
    told = {"k": "completed", "value": None, **old}
    script = Script(steps=tuple(steps), imports=imports)
    one = Difference(symbol=steps[-1].symbol, places=frozenset(places), script=script, old=told, new={})
    return doctest_of(one, node_of=lambda symbol: ast.parse(nodes[symbol]).body[0] if symbol in nodes else None).splitlines()


def call(name, *given, **more):
    return Step(callee=name, symbol=name, given=given, **more)


def told(kind, of):
    return {"$": kind, "of": of}


VALUES = [
    (None, [">>> f(1)"]),
    (2, [">>> f(1)", "2"]),
    ("a", [">>> f(1)", "'a'"]),
    ([1, "a"], [">>> f(1)", "(1, 'a')"]),
    (told("list", [1.5, told("float", "nan")]), [">>> f(1)", "[1.5, nan]"]),
    (told("dict", [["a", 1]]), [">>> f(1)", "{'a': 1}"]),
    (told("dict", [["a", 1], ["b", 2]]), [">>> f(1) == {'a': 1, 'b': 2}", "True"]),
    (told("list", [told("set", [1, 2])]), [">>> f(1) == [{1, 2}]", "True"]),
    (told("iterator", [1, 2]), [">>> list(f(1))", "[1, 2]"]),
    (told("other function", "<function>"), [">>> result = f(1)"]),
    (told("struct Point", {"x": 1, "y": told("struct Other", {}), "repr": "p"}), [">>> result = f(1)", ">>> result.x", "1"]),
]


@pytest.mark.parametrize("value, lines", VALUES)
def test_a_value_is_written_so_that_it_is_the_same_in_each_run(value, lines):
    assert example(call("f", 1), old={"value": value}) == lines


def test_what_is_printed_comes_before_what_is_given():
    assert example(call("f", 1), old={"value": 2, "out": "a\n\nb\n"}) == [">>> f(1)", "a", "<BLANKLINE>", "b", "2"]


def test_an_error_of_the_version_may_stand_in_any_module():
    failed = {"k": "failed", "error": "KeyError", "text": "'a'"}
    assert example(call("f", 1), old=failed) == [">>> f(1)", "Traceback (most recent call last):", "  ...", "KeyError: 'a'"]
    (line, *_, last) = example(call("f", 1), old=failed | {"error": "Gone", "text": ""})
    assert (line, last) == (">>> f(1)  # doctest: +IGNORE_EXCEPTION_DETAIL", "Gone")


def test_what_earlier_calls_give_is_not_printed():
    steps = [
        call("Box", target="box"),
        call("box.put", 1),
        call("box.take"),
        Step(kind="see", callee="box.size"),
        call("box.look", target="x"),
    ]
    nodes = {"box.put": "def put(self, one):\n    self.one = one", "box.take": "def take(self):\n    return 1"}
    lines = example(*steps, old={"value": 1}, imports=("shop",), **nodes)
    assert lines == [
        ">>> import shop",
        ">>> box = Box()",
        ">>> box.put(1)",
        ">>> _ = box.take()",
        ">>> _ = box.size",
        ">>> box.look()",
        "1",
    ]


def test_a_coroutine_is_awaited_and_statements_stand_as_they_are():
    steps = (Step(kind="do", callee="for x in (1, 2):\n    y = x"), call("f", 1))
    lines = example(*steps, old={"value": 2}, f="async def f(n):\n    return n")
    assert lines == [">>> for x in (1, 2):", "...     y = x", ">>> await f(1)", "2"]


def test_arguments_that_change_have_names():
    step = call("f", [2, 1], 3, Code("max"), named=(("by", {"a": [1]}), ("n", 1)))
    lines = example(step, old={"value": 1}, places=("arguments",))
    assert lines[:4] == [">>> given = [2, 1]", ">>> given_2 = {'a': [1]}", ">>> f(given, 3, max, by=given_2, n=1)", "1"]
    assert lines[4:] == [">>> given", "[2, 1]", ">>> given_2", "{'a': [1]}"]
    after = [told("list", [1, 2]), told("dict", [])]
    assert example(step, old={"value": 1, "after": after}, places=("arguments",))[4:] == [">>> given", "[1, 2]", ">>> given_2", "{}"]
    assert example(call("f", Made("Box", (1,))), old={"value": 1}, places=("arguments",)) == [">>> given = Box(1)", ">>> f(given)", "1"]
