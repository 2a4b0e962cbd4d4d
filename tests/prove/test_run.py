"""One small project with every kind of test, proven for real."""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from planaria.prove.mutant import SourceUnreadable
from planaria.prove.run import Request, judge_tests, prove
from planaria.prove.session import MeasureBroken, SuiteNotCollected
from planaria.prove.suite import SuiteToolsMissing

CODE = '''
import asyncio
import functools


class Stock:
    """Articles by name.

    >>> Stock().put("apple", 2)
    2
    """

    def __init__(self, most=9):
        self.items, self.most = {}, most

    def put(self, name, count=1):
        if count <= 0 or count > self.most:
            raise ValueError(name)
        self.items[name] = self.items.get(name, 0) + count
        return self.items[name]


@functools.cache
def weight(name):
    return len(name) * 3


def counted(values):
    left = len(values)
    while left != 0:
        left -= 1
    return left


def folded(values):
    total = 0
    for one in values:
        total = total + 0 * one + one
    return total


async def later(value):
    await asyncio.sleep(0)
    return value + 1


def unasked(value):
    return value - 1
'''
TESTS = """
import time
import unittest

import pytest
from stock import Stock, counted, folded, later, weight


@pytest.fixture(scope="module")
def full():
    stock = Stock()
    stock.put("apple", 9)
    return stock


def test_a_fixture_is_reached(full):
    assert full.items == {"apple": 9}


@pytest.mark.parametrize("count", [0, 10])
def test_bounds(count):
    with pytest.raises(ValueError):
        Stock().put("apple", count)


class Cases(unittest.TestCase):
    def test_weight(self):
        self.assertEqual(weight("four"), 12)

    def test_weight_again(self):
        self.assertEqual(weight("four"), 12)


def test_counted():
    assert counted([1, 2, 3]) == 0


async def test_later():
    assert await later(1) == 2


def test_folded():
    assert folded([1, 2]) == 3


def test_says_nothing():
    counted([1])


def test_of_today():
    assert counted([1]) == 0 and time.time() < 1_800_000_000


@pytest.mark.skip(reason="not today")
def test_that_does_not_run():
    assert counted([]) == 1


STATE = []


def test_first():
    STATE.append(weight("a"))


def test_second():
    assert STATE == [3]


@pytest.mark.xfail
def test_wrong():
    assert folded([1]) == 2
"""
ASKER = """
import asyncio, os, sys
from pathlib import Path
from planaria.prove.run import Request, prove
request = Request(path=Path(sys.argv[1]), environment=dict(os.environ))
asyncio.run(prove(request, progress=lambda *told: print(*told, flush=True)))
"""
SETTINGS = """
[tool.pytest.ini_options]
addopts = "-x --doctest-modules -p no:cacheprovider"
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
testpaths = ["tests", "stock.py"]
"""


def project(root, code=CODE, tests=TESTS):
    (root / "tests").mkdir(parents=True)
    (root / "stock.py").write_text(code)
    (root / "tests" / "test_stock.py").write_text(tests)
    (root / "pyproject.toml").write_text(SETTINGS)
    return root


def tree(root):
    return {str(one.relative_to(root)): hashlib.sha256(one.read_bytes()).hexdigest() for one in root.rglob("*") if one.is_file()}


def commit(root):
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm x"):
        subprocess.run(("git", *command.split()), cwd=root, check=True)


def request_of(root, **more):
    return Request(path=root, environment=dict(os.environ), **more)


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("proven") / "shop")
    before = tree(root)
    proof = asyncio.run(prove(request_of(root)))
    assert tree(root) == before
    return proof


def verdicts(proof, function):
    return {one.mutant.diff(CODE).splitlines()[-1][2:].strip(): one.verdict for one in proof.mutants if one.mutant.function == function}


def test_every_kind_of_test_runs(proven):
    results = {one.name.rpartition("::")[2]: one.result for one in proven.tests}
    assert results["test_bounds[0]"] == results["test_weight"] == results["test_later"] == results["stock.Stock"] == "passed"
    assert results["test_that_does_not_run"] == results["test_wrong"] == "skipped"
    assert [one.text for one in proven.tests if one.name.endswith("test_that_does_not_run")] == ["Skipped: not today"]


def test_a_mutant_is_killed_by_the_test_that_notices(proven):
    found = verdicts(proven, "Stock.put")
    assert found["if count < 0 or count > self.most:"] == found["if count <= 0 or count >= self.most:"] == "killed"
    killers = {one.by for one in proven.mutants if one.mutant.text == "count < 0"}
    assert killers == {"tests/test_stock.py::test_bounds[0]"}


def test_a_mutant_that_no_test_notices_survives(proven):
    assert verdicts(proven, "Stock.put")["self.items[name] = self.items.get(name, 0) - count"] == "killed"
    assert verdicts(proven, "folded")["total = (total - 0 * one) + one"] == "survived"
    found = {one.mutant.function: one.verdict for one in proven.mutants if one.verdict == "unreached"}
    assert found == {"unasked": "unreached"}


def test_what_a_doctest_alone_notices_is_killed(proven):
    assert any(one.by == "stock.py::stock.Stock" for one in proven.mutants if one.verdict == "killed")


def test_a_default_is_changed_though_it_was_made_at_import(proven):
    found = {one.mutant.text: one.verdict for one in proven.mutants if one.mutant.operator == "default"}
    assert found["10"] == "killed"
    assert "survived" in found.values()


def test_a_cached_function_is_reached_by_each_test_that_calls_it(proven):
    reaching = [one.tests for one in proven.mutants if one.mutant.function == "weight"]
    assert all({"tests/test_stock.py::Cases::test_weight", "tests/test_stock.py::Cases::test_weight_again"} <= {*one} for one in reaching)


def test_an_endless_mutant_is_inconclusive(proven):
    assert verdicts(proven, "counted")["left -= 2"] == "inconclusive"
    assert all("steps" in one.why for one in proven.mutants if one.verdict == "inconclusive" and one.mutant.function == "counted")


def test_what_compiles_to_the_same_is_probably_equivalent(tmp_path):
    code = "def f(a):\n    if a:\n        return 1\n    return None\n    return 2\n"
    root = project(tmp_path / "shop", code, "from stock import f\n\ndef test_f():\n    assert f(1) == 1 and f(0) is None\n")
    proof = asyncio.run(prove(request_of(root, rounds=False)))
    assert {one.mutant.line for one in proof.mutants if one.verdict == "unreached"} == {5}


def test_blind_spots_are_found(proven):
    found = {(one.kind, one.test.rpartition("::")[2]) for one in proven.findings}
    assert ("asserts_nothing", "test_says_nothing") in found
    assert ("passes_on_a_stub", "test_says_nothing") in found
    assert ("clock", "test_of_today") in found
    assert {("skipped", "test_that_does_not_run"), ("skipped", "test_wrong")} <= found
    assert ("passes_on_a_stub", "test_folded") not in found
    assert all(one.line > 0 and one.cure for one in proven.findings)


def test_a_test_that_needs_another_is_found(tmp_path):
    tests = "from stock import counted\nSEEN = []\n" + "".join(
        f"def test_{n}():\n    assert len(SEEN) == {n} and counted([]) == 0\n    SEEN.append(1)\n" for n in range(6)
    )
    proof = asyncio.run(prove(request_of(project(tmp_path / "shop", CODE, tests))))
    assert "order" in {one.kind for one in proof.findings}


def test_reach_is_told_by_line_branch_and_test(proven):
    (reach,) = proven.files
    line = next(n for n, text in enumerate(CODE.splitlines(), 1) if text == "    return value - 1")
    assert line in reach.missed_lines
    assert 0 < proven.branches_percent <= 100
    body = next(n for n, text in enumerate(CODE.splitlines(), 1) if "raise ValueError" in text)
    assert {one.rpartition("::")[2] for one in reach.tests[body]} == {"test_bounds[0]", "test_bounds[10]"}


def test_the_plain_form_holds_what_is_promised(proven):
    plain = proven.plain()
    assert {
        "branches_percent",
        "mutants",
        "killed",
        "survived",
        "probably_equivalent",
        "inconclusive",
        "score_percent",
        "cpu_s",
        "findings",
    } <= {*plain}
    assert plain["mutants"] == plain["killed"] + sum(len(plain[name]) for name in ("survived", "probably_equivalent", "inconclusive"))
    assert all({"file", "line", "operator", "diff"} <= {*one} for one in plain["survived"])


async def test_only_what_changed_is_proven_again(tmp_path):
    root = project(tmp_path / "shop")
    asked = request_of(root, cache=tmp_path / "cache", rounds=False)
    first = await prove(asked)
    again = await prove(asked)
    assert [(one.mutant.key, one.verdict) for one in again.mutants] == [(one.mutant.key, one.verdict) for one in first.mutants]
    assert all(one.is_cached for one in again.mutants if one.tests)
    (root / "stock.py").write_text(CODE.replace("len(name) * 3", "3 * len(name)"))
    third = await prove(asked)
    assert {one.mutant.function for one in third.mutants if not one.is_cached and one.tests} == {"weight"}
    (root / "tests" / "test_stock.py").write_text(TESTS.replace("== 3", "== 3.0"))
    assert not any(one.is_cached for one in (await prove(asked)).mutants)


async def test_only_lines_changed_since_a_revision_are_proven(tmp_path):
    root = project(tmp_path / "shop")
    commit(root)
    (root / "stock.py").write_text(CODE.replace("len(name) * 3", "3 * len(name)"))
    proof = await prove(request_of(root, since="HEAD", rounds=False))
    assert {one.mutant.function for one in proof.mutants} == {"weight"}


async def test_a_new_test_is_worth_what_it_kills(tmp_path):
    root = project(tmp_path / "shop")
    survivors = [one.mutant for one in (await prove(request_of(root, rounds=False))).survivors]
    new = tmp_path / "test_new.py"
    new.write_text(textwrap.dedent("""
        from stock import Stock, unasked
        SEEN = []
        def test_unasked():
            SEEN.append(1)
            assert unasked(3) == 2
        def test_wrong():
            assert unasked(3) == 3
        def test_idle():
            assert unasked(3) is not None
        def test_flaky():
            assert len(SEEN) == 1 and unasked(3) == 2
    """))  # fmt: skip
    worth = await judge_tests(request_of(root), new, survivors, rounds=4)
    killed = {one.function for one in survivors if one.key in worth["test_unasked"].kills}
    assert (killed, worth["test_unasked"].passes_always) == ({"unasked"}, True)
    assert not worth["test_wrong"].passes_always
    assert not worth["test_flaky"].passes_always
    assert len(worth["test_idle"].kills) < len(worth["test_unasked"].kills)


@pytest.mark.parametrize("tests, error", [
    ("import nowhere_at_all\n", SuiteNotCollected),
    ("import os\ndef test_it():\n    os._exit(3)\n", MeasureBroken),
    ("VALUE = 1\n", SuiteNotCollected),
])  # fmt: skip
async def test_a_suite_that_does_not_run_is_refused_with_the_reason(tests, error, tmp_path):
    with pytest.raises(error):
        await prove(request_of(project(tmp_path / "shop", CODE.replace(">>>", "..."), tests)))


async def test_code_that_is_no_python_is_refused(tmp_path):
    with pytest.raises(SourceUnreadable):
        await prove(request_of(project(tmp_path / "shop", "def f(:\n")))


@pytest.mark.parametrize("lines", [1, 25])
def test_a_proof_that_is_killed_leaves_the_source_as_it_was_and_no_process(lines, tmp_path):
    root = project(tmp_path / "shop")
    before = tree(root)
    mark = f"PROOF_{tmp_path.name}_{lines}"
    asker = subprocess.Popen((sys.executable, "-c", ASKER, str(root)), stdout=subprocess.PIPE, env={**os.environ, "MARK": mark})
    for _ in range(lines):
        asker.stdout.readline()
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    asker.stdout.close()
    while any(mark.encode() in environment(one) for one in Path("/proc").glob("[0-9]*")):
        pass
    assert tree(root) == before
    shutil.rmtree(root)


def environment(process):
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_a_request_for_some_operators_makes_no_others(proven, tmp_path):
    root = project(tmp_path / "shop")
    proof = asyncio.run(prove(replace(request_of(root, rounds=False), only=("boundary",))))
    assert {one.mutant.operator for one in proof.mutants} == {"boundary"}
    assert proof.count("killed") == sum(one.verdict == "killed" for one in proven.mutants if one.mutant.operator == "boundary")


def test_what_lacks_pytest_or_coverage_is_told_how_to_get_them(tmp_path, monkeypatch):
    (tmp_path / "small.py").write_text("def f():\n    return 1\n")
    monkeypatch.setattr("planaria.prove.run.find_spec", lambda name: None if name == "coverage" else name)
    with pytest.raises(SuiteToolsMissing) as caught:
        asyncio.run(prove(Request(path=tmp_path / "small.py")))
    assert (caught.value.code, "there is no coverage" in str(caught.value)) == ("PLN-J102", True)
    assert "planaria[test]" in str(caught.value)
