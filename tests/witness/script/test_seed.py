import ast

import pytest

from planaria.witness.script.scope import scope_of
from planaria.witness.script.seed import from_lines, from_tests, of_one_call, props_of
from planaria.witness.script.subject import subjects_of

CODE = "def f(x, y=0): ...\nclass Bank:\n    def __init__(self, x=0): ...\n    def put(self, x): ..."


def scope():
    return scope_of(subjects_of({"m": ast.parse(CODE)}))


def scripts_of(text: str) -> list[list[str]]:
    return [one.lines for one in from_tests(ast.parse(text), scope(), source="test_m.py")]


def test_a_test_of_unittest_begins_with_its_set_up():
    text = """
from m import Bank
class TestBank(unittest.TestCase):
    START = 5
    def setUp(self):
        self.bank = Bank(START)
        self.size = 3
    def test_put(self):
        self.bank.put(self.size)
        self.assertEqual(self.bank.total, 8)
    def helper(self):
        self.bank.put(0)
"""
    assert scripts_of(text) == [["bank = Bank(5)", "bank.put(3)", "bank.total"]]


@pytest.mark.parametrize(
    "decorators, found",
    [
        ("@pytest.mark.parametrize('x', [1, (2, 3)])", [["f(1, y)"], ["f((2, 3), y)"]]),
        ("@pytest.mark.parametrize('x, y', [(1, 2), [3, 4]])", [["f(1, 2)"], ["f(3, 4)"]]),
        ("@pytest.mark.parametrize(['x'], [[1]])", [["f([1], y)"]]),
        ("@pytest.mark.parametrize('x', [1, 2])\n@pytest.mark.parametrize('y', [3])", [["f(1, 3)"], ["f(2, 3)"]]),
        ("import pytest\n@pytest.mark.parametrize('x', [pytest.param(1, id='one')])", [["f(1, y)"]]),
        ("@pytest.mark.parametrize('x', 'no list')", [["f(x, y)"]]),
        ("@pytest.mark.parametrize('x', [{[]}])", [["f(x, y)"]]),
    ],
)
def test_each_parameter_of_a_test_is_a_script(decorators, found):
    assert scripts_of(f"{decorators}\ndef test_f(x, y):\n    assert f(x, y)") == found


def test_what_the_file_makes_is_made_again_by_the_tests_that_use_it():
    text = (
        "bank = Bank(1)\nother = Bank(2)\nLIMIT = 7\ndef test_a():\n    bank.put(LIMIT)\n"
        "def check_b():\n    f(1)\ndef not_a_test():\n    f(9)"
    )
    assert scripts_of(text) == [["bank = Bank(1)", "other = Bank(2)"], ["bank = Bank(1)", "bank.put(7)"], ["f(1)"]]


def test_lines_of_records_and_of_python_are_calls_and_a_wrong_one_is_told_by_its_number():
    text = '# calls\n{"call": "f", "args": [1], "kwargs": {"y": 2}}\n{"call": "Bank.put", "init": [5], "args": [3]}\n>>> f(3)\nlen("x")\n'
    assert [one.lines for one in from_lines(text, scope(), source="calls")] == [["f(1, y=2)"], ["made = Bank(5)", "made.put(3)"], ["f(3)"]]
    for wrong in ('{"call": ', '{"args": []}', '{"call": "f", "args": 3}', '{"call": "f", "kwargs": []}', "f(", "{1: 2}"):
        with pytest.raises(ValueError, match="line 2"):
            list(from_lines(f"f(1)\n{wrong}", scope(), source="calls"))


def test_each_call_of_a_function_is_also_a_script_by_itself():
    (whole,) = from_tests(ast.parse("def test_f():\n    x = f(1)\n    f(2)\n    Bank(3).put(4)"), scope(), source="t")
    assert [one.lines for one in of_one_call([whole])][1:] == [["f(2)"]]


HELPED = """
import copy
from m import Bank, f


class Clock:
    def __init__(self):
        self.now = 0

    def tick(self):
        self.now += 1


class Later(Clock):
    def __copy__(self):
        return copy.copy(self.now)


def doubled(x):
    return f(x) * 2


def unknown():
    return elsewhere


@fixture
def decorated():
    return 1


class TestBank:
    def test_later(self):
        bank = Bank[int](Later())
        bank.x.tick()
        bank.put(doubled(3))

    def test_plainly(self):
        assert f(1)
"""


def test_what_a_file_of_tests_defines_comes_before_the_calls_that_use_it():
    later, plainly = from_tests(ast.parse(HELPED), scope(), source="test_m.py")
    assert [one.text.partition("\n")[0] for one in later.steps] == [
        "class Clock:",
        "class Later(Clock):",
        "def doubled(x):",
        "bank = Bank(Later())",
        "bank.x.tick()",
        "bank.put(doubled(3))",
    ]
    assert (later.imports, plainly.lines) == (("copy",), ["f(1)"])


def test_props_are_those_that_can_stand_alone():
    names = scope_of(subjects_of({"m": ast.parse(CODE), "n": ast.parse("")}))
    names.learn_imports(ast.parse(HELPED))
    found = props_of(ast.parse(HELPED), names)
    assert list(found) == ["Clock", "Later", "doubled"]
    assert found["doubled"].text == "def doubled(x):\n    return m.f(x) * 2"
