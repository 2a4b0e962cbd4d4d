import ast
import asyncio
import builtins
import importlib.util
import re
import textwrap
from pathlib import Path

import pytest

from planaria.prove.asking import HOLLOW, MUTANT, STEP
from planaria.prove.measured.switch import Switch
from planaria.prove.mutant import SourceUnreadable
from planaria.prove.operator import OPERATORS
from planaria.prove.schemata import schemata

CODE = '''
"""Nothing at module level is switched: 1 < 2."""
import copy

LIMIT = 3 + 4

def ranked(values, least=2, *, reverse=False):
    """Not this one: 5."""
    global COUNT
    COUNT = len(values) * 2 + 1
    kept = [one for one in values if one >= least and not one == 7]
    for position, one in enumerate(kept):
        if one % 2 == 0:
            continue
        if position > 3 or one < 0:
            break
        kept[position] += 1
    return sorted(kept, reverse=reverse)

def parsed(text, default=None):
    try:
        value = int(text.strip()) // 2 - 1
    except ValueError:
        if default is None:
            raise
        value = default
    finally:
        seen = text[0:1]
    return (value, seen.upper(), -value if value is not None else "none")

class Shelf:
    size = 3
    def __init__(self, items=()):
        self.items = list(items)
        self.moves = 0
    def put(self, item, times=1):
        def inner(count, step=1):
            nonlocal item
            while count > 0:
                self.items.append(item)
                count -= step
            item = item * 2
        inner(times)
        self.moves += 1
        assert len(self.items) < 20, "full"
        return item, copy.copy(self.items), max(self.items, key=lambda one: one % 3)
    async def later(self, value):
        await asyncio.sleep(0)
        async for one in self.each(value):
            if one == 2:
                return one
        return await self.none(value)
    async def none(self, value):
        return value
    async def each(self, count):
        for one in range(count):
            yield one
    def pairs(self, other):
        yield from zip(self.items, other)
        if (found := [one for one in other if one in self.items]) is not None and found:
            yield {"found": found[0], **{str(one): one for one in found[1:]}}
import asyncio
'''
CALLS = (
    "ranked([3, 8, 7, 2, 9, -1, 5, 11])", "ranked([1, 2, 3, 4], least=0, reverse=True)", "parsed(' 12 ')", "parsed('x', 4)", "parsed('x')",
    "parsed('')", "Shelf([1, 2]).put(3, 2)", "Shelf().put(1)", "[Shelf([5]).put(2), Shelf.size]",
    "run(Shelf().later(4))", "run(Shelf().later(1))", "list(Shelf([1, 2]).pairs([2, 1]))",
)  # fmt: skip
STEPS = 200_000


@pytest.fixture(scope="module", autouse=True)
def runner():
    yield
    RUNNER.close()


@pytest.fixture(autouse=True)
def switches():
    yield
    for name in (HOLLOW, MUTANT, STEP):
        vars(builtins).pop(name, None)


RUNNER = asyncio.Runner()


def outcome(namespace, call):
    try:
        return re.sub(" at 0x[0-9a-f]+", "", repr(eval(call, namespace, {"run": RUNNER.run})))
    except NameError:
        return "NameError"  # a name whose assignment is switched off is still the function's own
    except Exception as error:
        return type(error).__name__


def bounded(source):
    """Give every loop a bound, so that a mutant in plain text ends too."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.While):
            node.body.insert(0, ast.parse("if len(self.items) > 50: raise RuntimeError").body[0])
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_switch_does_what_the_mutant_s_text_does():
    source = bounded(CODE)
    made = schemata(source, "a.py", OPERATORS, place="a.py", reloads=True)
    switch, seen = Switch(), set()
    for mutant in made.mutants:
        plain = {"__name__": "plain"}
        exec(compile(mutant.applied(source), "plain.py", "exec"), plain)
        switch.turn_on(mutant.id, STEPS)
        woven = {"__name__": "woven"}
        exec(made.code, woven)
        for call in CALLS:
            assert outcome(woven, call) == outcome(plain, call), (call, mutant.diff(source))
        seen.add(mutant.operator)
    assert len(made.mutants) > 100
    assert len(seen) > 12


def test_a_program_in_which_nothing_is_switched_on_is_its_source():
    made, plain, woven = schemata(CODE, "a.py", OPERATORS, place="a.py"), {}, {}
    exec(compile(CODE, "a.py", "exec"), plain)
    Switch().turn_on(0, STEPS)
    exec(made.code, woven)
    assert [outcome(woven, call) for call in CALLS] == [outcome(plain, call) for call in CALLS]


def test_every_mutant_of_large_modules_is_python_and_differs():
    for name in ("textwrap", "heapq", "fractions"):
        source = Path(importlib.util.find_spec(name).origin).read_text()
        for one in schemata(source, name, OPERATORS, place=name).mutants[::20]:
            assert ast.dump(ast.parse(one.applied(source))) != ast.dump(ast.parse(source)), one


def test_what_runs_at_import_and_what_is_text_is_left_alone():
    made = schemata("x = 1 < 2\n\ndef f(a: 'int' = 0) -> 1:\n    '''1.'''\n    return f'{a + 1}'\n", "a.py", OPERATORS, place="a.py")
    assert {(one.operator, one.text) for one in made.mutants} == {("default", "1"), ("statement", "None"), ("constant", "''")}
    assert [one.function for one in made.defaults.values()] == ["f"]


def test_the_key_of_a_mutant_survives_a_change_elsewhere_in_its_file():
    function = "def f(a):\n    return a < 1\n"
    first = schemata(function, "a.py", OPERATORS, place="a.py").mutants
    second = schemata("def g():\n    return 1\n\n" + function, "a.py", OPERATORS, place="a.py").mutants
    assert [one.key for one in first] == [one.key for one in second if one.function == "f"]


def test_the_same_function_twice_has_mutants_of_two_names():
    made = schemata(textwrap.dedent("""
        if True:
            def f(a):
                return a < 1
        else:
            def f(a):
                return a < 1
    """), "a.py", OPERATORS, place="a.py")  # fmt: skip
    assert len({one.key for one in made.mutants}) == len(made.mutants)


def test_what_is_no_python_is_refused_with_its_place():
    with pytest.raises(SourceUnreadable) as raised:
        schemata("def f(:\n", "a.py", OPERATORS, place="a.py")
    assert raised.value.facts["file"] == "a.py"
