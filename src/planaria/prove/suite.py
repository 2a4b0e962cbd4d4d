"""Suites: run a cell's tests in a process of their own, and measure which branches of its implementation they reach.

Why: one run answers two questions, whether the tests pass (under every placement) and how much they reach; and neither
the tests' process nor the code they load can touch who asks.
A candidate cannot excuse itself: comments like `pragma: no cover` count for nothing here.
Not here: the program that is run (`assemble.tested`, whose command is given in), what is enough (`gates.suite`, `gates.coverage`).
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.kernel.error import PlanariaError
from planaria.prove.child import Ended, clean_environment, run_child

PLACED = re.compile(r"\[(?:[^\]]*-)?(inprocess|copying|process)(?:-[^\]]*)?\]$")
TOGETHER, APART = ("inprocess", "copying"), "process"
NOT_CONFINED, NOT_APART = 70, 71  # beyond pytest's own statuses
TEXT_CHARACTERS_MAX = 1500
PYTEST_MISSING = re.compile(r"No module named '?(pytest|coverage|pytest_asyncio)\b")
CONFIGURATION = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
addopts =
"""


class SuiteToolsMissing(PlanariaError):
    """The interpreter that should run suites lacks what they need."""

    code = "PLN-J102"
    what = "suites cannot be run: {text}"
    why = "a suite is run by pytest under coverage, in a process of its own"
    fix = "install them beside planaria: pip install 'planaria[test]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test in one placement (`placement` is empty for a test that runs no cell)."""

    __test__ = False
    name: str
    placement: str
    result: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How much of one file was reached; `missed_branches` are pairs of lines, where 0 is the end of a function."""

    file: str
    total: int
    covered: int
    missed_lines: tuple[int, ...]
    missed_branches: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What a suite said: every test, the branches reached, and how its process ended.

    >>> SuiteRun(tests=(), reached=(), code=5, text="", seconds=0.1).per_cent
    0.0
    """

    tests: tuple[TestResult, ...]
    reached: tuple[Reached, ...]
    code: int | None
    text: str
    seconds: float

    @property
    def per_cent(self) -> float:
        """Return how many per cent of lines and branches were reached."""
        total = sum(one.total for one in self.reached)
        return 100.0 * sum(one.covered for one in self.reached) / total if total else 0.0

    def count(self, result: str, placement: str | None = None) -> int:
        """Count the tests with a result (passed, failed, skipped), in one placement or in all."""
        return sum(one.result == result and placement in (None, one.placement) for one in self.tests)


async def run_suite(
    root: Path, cell: str, *, command: tuple[str, ...], work: Path, timeout_s: float, memory_bytes: int | None = None, apart: bool = False
) -> SuiteRun:
    """Run `cells/CELL/tests` of the system at `root` (a copy made for this), with files of its own in `work`.

    The tests run their cells in this process and in copies, measured; or, `apart`, only in processes of their own.

    Raises:
        SuiteToolsMissing: PLN-J102.
    """
    impl = root / "cells" / cell / "impl"
    _prepare(work, impl)
    environment = clean_environment(
        work / "home", PYTHONPATH=str(root), HYPOTHESIS_STORAGE_DIRECTORY=str(work / "hypothesis"),
        PLANARIA_PLACEMENTS=APART if apart else ",".join(TOGETHER),
    )  # fmt: skip
    whole = (*command, str(root), cell, str(work), *(["apart"] if apart else []))
    ended = await run_child(whole, cwd=root, environment=environment, timeout_s=timeout_s, memory_bytes=memory_bytes)
    missing = PYTEST_MISSING.search(ended.errors)
    if missing:
        raise SuiteToolsMissing(text=missing.group())
    tests, reached = _tests(work / "junit.xml"), _reached(root, impl, work)
    return SuiteRun(tests=tests, reached=reached, code=ended.code, text=_short(ended), seconds=ended.seconds)


def pytest_arguments(root: Path, cell: str, work: Path) -> list[str]:
    """Return what pytest is told by the program that runs the suite, once `run_suite` has prepared `work`.

    >>> pytest_arguments(Path("shop"), "cart", Path("work"))[-1]
    'shop/cells/cart/tests'
    """
    return [
        "-q", "--maxfail=20", "--tb=short", "-p", "no:cacheprovider", "-p", "planaria.testing.fixtures", "-c", str(work / "pytest.ini"),
        f"--rootdir={root}", f"--confcutdir={root}", "--import-mode=importlib", f"--basetemp={work / 'temporary'}",
        f"--junit-xml={work / 'junit.xml'}", "-o", "junit_family=xunit2", str(root / "cells" / cell / "tests"),
    ]  # fmt: skip


def _prepare(work: Path, impl: Path) -> None:
    (work / "home").mkdir(parents=True, exist_ok=True)
    (work / "pytest.ini").write_text(CONFIGURATION)
    (work / "coveragerc").write_text(
        f"[run]\nbranch = true\nsource = {impl}\ndata_file = {work / 'coverage'}\ndisable_warnings = no-data-collected\n"
        "[report]\nexclude_lines =\npartial_branches =\n"
    )


def _short(ended: Ended) -> str:
    return "\n".join(one.strip()[-TEXT_CHARACTERS_MAX:] for one in (ended.output, ended.errors) if one.strip())


def _tests(report: Path) -> tuple[TestResult, ...]:
    try:
        tree = ET.fromstring(report.read_text(encoding="utf-8"))  # noqa: S314 - the report is pytest's own, and bounded by its tests
    except (OSError, ValueError, ET.ParseError):
        return ()
    return tuple(_test(case) for case in tree.iter("testcase"))


def _test(case: ET.Element) -> TestResult:
    name = case.get("name", "")
    placed = PLACED.search(name)
    result, text = "passed", ""
    for child in case:
        if child.tag in ("failure", "error", "skipped"):
            result = "skipped" if child.tag == "skipped" else "failed"
            text = ((child.text or "").strip() or child.get("message", ""))[-TEXT_CHARACTERS_MAX:]
    return TestResult(name=name, placement=placed.group(1) if placed else "", result=result, text=text)


def _reached(root: Path, impl: Path, work: Path) -> tuple[Reached, ...]:
    """Read the report of the process that was measured, which may have written anything."""
    try:
        files = json.loads((work / "coverage.json").read_text(encoding="utf-8"))["files"]
        found = [_reach(str((root / name).resolve().relative_to(impl.resolve())), told) for name, told in files.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()
    return tuple(sorted(found, key=lambda one: one.file))


def _reach(name: str, told: Mapping[str, Any]) -> Reached:
    summary = told["summary"]
    return Reached(
        file=f"impl/{name}",
        total=summary["num_statements"] + summary.get("num_branches", 0),
        covered=summary["covered_lines"] + summary.get("covered_branches", 0),
        missed_lines=tuple(told["missing_lines"]),
        missed_branches=tuple((start, max(0, end)) for start, end in told.get("missing_branches", ())),
    )
