"""Suites: run a cell's tests in a process of their own, and measure which branches of its implementation they reach.

Why: one run answers two questions, whether the tests pass (under every placement) and how much they reach; and neither
the tests' process nor the code they load can touch who asks.
A candidate cannot excuse itself: comments like `pragma: no cover` count for nothing here.
Not here: what is enough (`gates.suite`, `gates.coverage`).
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.kernel.error import PlanariaError
from planaria.prove.child import Ended, clean_environment, run_child

PLACED = re.compile(r"\[(?:[^\]]*-)?(inprocess|copying)(?:-[^\]]*)?\]$")
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
    root: Path, cell: str, *, interpreter: tuple[str, ...], work: Path, timeout_s: float, memory_bytes: int | None = None
) -> SuiteRun:
    """Run `cells/CELL/tests` of the system at `root` (a copy made for this), with files of its own in `work`.

    Raises:
        SuiteToolsMissing: PLN-J102.
    """
    impl = root / "cells" / cell / "impl"
    _prepare(work, impl)
    report = work / "junit.xml"
    measured = (*interpreter, "-m", "coverage", "run", f"--rcfile={work / 'coveragerc'}", "-m", "pytest")
    options = (
        "-q", "--maxfail=20", "--tb=short", "-p", "no:cacheprovider", "-p", "planaria.testing.fixtures", "-c", str(work / "pytest.ini"),
        f"--rootdir={root}", f"--confcutdir={root}", "--import-mode=importlib", f"--basetemp={work / 'temporary'}",
        f"--junit-xml={report}", "-o", "junit_family=xunit2", str(root / "cells" / cell / "tests"),
    )  # fmt: skip
    environment = clean_environment(work / "home", PYTHONPATH=str(root))
    ended = await run_child((*measured, *options), cwd=root, environment=environment, timeout_s=timeout_s, memory_bytes=memory_bytes)
    missing = PYTEST_MISSING.search(ended.errors)
    if missing:
        raise SuiteToolsMissing(text=missing.group())
    reached = await _measure(interpreter, work, impl, environment) if ended.code is not None else ()
    return SuiteRun(tests=_tests(report), reached=reached, code=ended.code, text=_short(ended), seconds=ended.seconds)


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


async def _measure(interpreter: tuple[str, ...], work: Path, impl: Path, environment: Mapping[str, str]) -> tuple[Reached, ...]:
    report = work / "coverage.json"
    command = (*interpreter, "-m", "coverage", "json", f"--rcfile={work / 'coveragerc'}", "-o", str(report), "-q")
    await run_child(command, cwd=work, environment=environment, timeout_s=60)
    try:
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(sorted(_reached(files, impl, work), key=lambda one: one.file))


def _reached(files: Mapping[str, dict[str, Any]], impl: Path, work: Path) -> Iterator[Reached]:
    for name, told in files.items():
        path = (work / name).resolve()
        summary = told["summary"]
        yield Reached(
            file=f"impl/{path.relative_to(impl.resolve())}",
            total=summary["num_statements"] + summary.get("num_branches", 0),
            covered=summary["covered_lines"] + summary.get("covered_branches", 0),
            missed_lines=tuple(told["missing_lines"]),
            missed_branches=tuple((start, max(0, end)) for start, end in told.get("missing_branches", ())),
        )
