"""Witnesses as tests: what is written is run, passes on the code, and fails on the mutant."""

import ast
import asyncio
import importlib
import sys

import pytest

from planaria.prove.harden.distinction import Witness, distinguish
from planaria.prove.harden.file import SuiteFile
from planaria.prove.harden.filter import Kept, fewest
from planaria.prove.harden.project import Project
from planaria.prove.harden.writing import Writer, Written
from planaria.prove.mutant import Mutant
from planaria.witness.script.form import Code
from planaria.witness.script.step import Script, Step

CODE = '''
import random
from dataclasses import dataclass


class Wrong(Exception):
    """Of our own."""


@dataclass
class Point:
    x: int
    _hidden: int = 0


def raises(n: int):
    if n < 0:
        raise Wrong("must not be negative")
    return n


def counts(n: int):
    yield from range(n)


def makes(n: int):
    return Point(n, n)


def sorts(items: list[int]):
    return sorted(items)


async def waits(n: int):
    return n + 1


def says(n: int):
    print("n is", n)


def draws(n: int):
    return random.random() * n + 1
'''
CASES = {
    "raises": ("if n < 0", "if n < -1", "with pytest.raises(Wrong, match='must not be negative'):"),
    "counts": ("range(n)", "range(n + 1)", "assert list(counts(0)) == []"),
    "makes": ("Point(n, n)", "Point(n + 1, n)", "assert result.x == 0"),
    "sorts": ("sorted(items)", "items.sort() or items", "assert given == ["),
    "waits": ("n + 1", "n + 2", "assert asyncio.run(waits(0)) == 1"),
    "says": ('"n is", n', '"n is"', "assert capsys.readouterr().out == 'n is 0\\n'"),
}


def mutant(was, becomes, function):
    at = CODE.index(was)
    line = CODE.count("\n", 0, at) + 1
    column = at - CODE.rindex("\n", 0, at) - 1
    return Mutant(
        id=1, file="coded/things.py", operator="x", function=function, line=line, column=column, end_line=line,
        end_column=column + len(was), text=becomes, key=f"{function}:1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "coded").mkdir()
    (root / "coded" / "__init__.py").write_text("from .things import *\n")
    (root / "coded" / "things.py").write_text(CODE)
    return Project(root)


def distinction(project, one):
    async def found():
        return [each async for each in distinguish(project, [one], budget_s=4.0, confined=False)]

    return asyncio.run(found())[0]


@pytest.mark.parametrize("function", CASES)
def test_a_witness_becomes_a_test_that_passes_on_the_code_and_fails_on_the_mutant(project, function, tmp_path, monkeypatch, capsys):
    was, becomes, line = CASES[function]
    one = mutant(was, becomes, function)
    found = distinction(project, one)
    test = Writer(project).written(found.witness)
    assert line in test.source
    assert f"from coded import {function}" in test.imports
    assert test.name.startswith(f"test_{function}_of_")
    for place, source in (("right", CODE), ("wrong", one.applied(CODE))):
        package = tmp_path / place / "coded"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("from .things import *\n")
        (package / "things.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path / place)
        for name in ("coded.things", "coded"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        names = {}
        exec("\n".join((*test.imports, test.source)), names)
        given = (capsys,) if "(capsys)" in test.source else ()
        if place == "right":
            names[test.name](*given)
        else:
            with pytest.raises((AssertionError, pytest.fail.Exception)):
                names[test.name](*given)
    for name in ("coded.things", "coded"):
        sys.modules.pop(name, None)


def test_what_depends_on_chance_is_no_witness(project):
    one = mutant("* n + 1", "* n + 2", "draws")
    found = distinction(project, one)
    assert found.witness is None or not found.is_suited
    assert not found.is_alike


def test_few_tests_are_chosen_and_none_that_says_what_others_say():
    def kept(name, *kills):
        return Kept(test=Written(name=name, source=name, imports=()), kills=frozenset(kills))

    chosen = fewest([kept("a", "1"), kept("b", "1", "2", "3"), kept("c", "3", "4"), kept("d", "4")])
    assert [one.test.name for one in chosen] == ["b", "c"]


def test_tests_are_added_after_those_that_were_there(tmp_path):
    path = tmp_path / "test_hardened_m.py"
    first = Written(name="test_a", source="def test_a():\n    assert f(1) == 1\n", imports=("from m import f",))
    SuiteFile.at(path).write([first])
    again = SuiteFile.at(path)
    again.write([Written(name="test_b", source="def test_b():\n    assert g(1) == 1\n", imports=("from m import g",))])
    text = path.read_text()
    assert again.names == {"test_a"}
    assert text.index("from m import f, g") < text.index("def test_a") < text.index("def test_b")


def test_another_s_file_is_left_alone(tmp_path):
    path = tmp_path / "test_hardened_m.py"
    path.write_text("def test_mine(): ...\n")
    assert SuiteFile.at(path).path.name == "test_hardened_m_2.py"


def witness(of: str, *definitions: str) -> Witness:
    """Return a witness of `raises(n)` in which props are defined."""
    defined = [Step(kind="do", callee=text, target=text.split()[1].partition("(")[0].strip(":")) for text in definitions]
    called = Step(callee="coded.things.raises", symbol="coded.things.raises", given=(Code(of),))
    done: dict[str, object] = {"k": "completed", "value": None}
    outcomes = (*(done for _ in definitions), done | {"value": 3})
    script = Script(steps=(*defined, called), imports=("math",))
    return Witness(script=script, old=outcomes, new={"k": "completed", "value": 4}, places=frozenset(("value",)))


def test_what_tests_use_together_is_defined_once_before_them(project, tmp_path):
    writer = Writer(project)
    clock = "class Clock:\n    now = math.pi"
    tests = [writer.written(witness(text, clock)) for text in ("Clock().now", "Clock.now")]
    other = writer.written(witness("Clock", "class Clock:\n    now = 2"))
    assert [one.props for one in (*tests, other)] == [(clock,), (clock,), ()]
    assert all("class" not in one.source and "import math" in one.imports for one in tests)
    assert "    class Clock:\n        now = 2\n" in other.source, "another of that name stays with the one test that uses it"
    path = tmp_path / "test_hardened_things.py"
    SuiteFile.at(path).write([*tests, other])
    text = path.read_text()
    assert text.count("now = math.pi") == 1
    assert text.index("import math") < text.index("now = math.pi") < text.index("def test_")
    again = SuiteFile.at(path)
    more = Writer(project, again.taken, again.props).written(witness("Clock.now + 1", clock))
    again.write([more])
    assert path.read_text().count("now = math.pi") == 1


def test_a_prop_takes_no_name_that_is_imported(project):
    writer = Writer(project)
    first = writer.written(witness("coded.things.Point(1)"))
    second = writer.written(witness("Point", "class Point:\n    x = 1"))
    assert "from coded import Point" in first.imports
    assert second.props == ()
    assert "    class Point:\n" in second.source


@pytest.mark.parametrize("meant", [True, False])
def test_the_text_of_an_error_is_asserted_where_the_code_means_it(project, meant):
    script = Script(steps=(Step(callee="coded.things.raises", symbol="coded.things.raises", given=(-1,)),))
    old = {"k": "failed", "error": "ValueError", "kinds": ["ValueError"], "text": "must not be negative", "meant": meant}
    one = Witness(script=script, old=(old,), new={**old, "text": ""}, places=frozenset())
    test = Writer(project).written(one)
    assert (test is not None) == meant
    assert not test or "with pytest.raises(ValueError, match='must not be negative'):" in test.source
    assert not test or test.name == "test_raises_of_minus_1_raises_value_error"


def test_the_version_of_a_package_is_nothing_to_test(project):
    assert Writer(project).written(witness("coded.things.__version__")) is None


def test_what_runs_the_code_when_it_is_defined_is_a_fixture(project):
    made = "class Made:\n    point = coded.things.Point(1)\n\n    def late(self):\n        return coded.things.Point(2)"
    heir = "class Heir(Made):\n    pass"
    clock = "class Clock(coded.things.Point):\n    now = math.pi"
    late = "def late():\n    return Made.point"
    test = Writer(project).written(witness("Heir.point.x + Clock.now + late()", made, heir, clock, late))
    assert [one.splitlines()[:2] for one in test.props[:2]] == [["@pytest.fixture", "def Made():"], ["@pytest.fixture", "def Heir(Made):"]]
    assert test.props[2].startswith("class Clock(Point):")
    assert test.props[3].startswith("@pytest.fixture\ndef late(Made):"), "a fixture can be asked for, but not called"
    assert test.source.splitlines()[0].endswith("(Heir, late):")
    assert "import pytest" in test.imports
    assert ast.parse("\n".join((*test.imports, *test.props, test.source)))
