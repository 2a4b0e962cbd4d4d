"""The floors of branch coverage, held by `pytest --branch-floors` for what the tests and their processes ran."""

import io
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).parent.parent
_MEASURED = pytest.StashKey[coverage.Coverage]()
_TOLD = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--branch-floors", action="store_true", help="measure branch coverage and hold it to its floors")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--branch-floors"):
        measured = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
        measured.erase()
        measured.start()
        config.stash[_MEASURED] = measured


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    measured = session.config.stash.get(_MEASURED, None)
    if measured is None:
        return
    measured.stop()
    measured.save()
    joined = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))  # this process and those it started
    joined.combine()
    joined.save()
    floors = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["planaria"]["branch-floors"]
    told = _below(_summaries(joined), floors)
    session.config.stash[_TOLD] = told
    if any(line.startswith("below") for line in told) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    told = config.stash.get(_TOLD, None)
    if told:
        terminalreporter.section("branch coverage")
        for line in told:
            terminalreporter.line(line, red=line.startswith("below"))


def _summaries(measured: coverage.Coverage) -> dict[str, dict[str, Any]]:
    path = ROOT / ".coverage.json"
    kept, sys.stdout = sys.stdout, io.StringIO()
    try:
        measured.json_report(outfile=str(path))
        return dict(json.loads(path.read_text())["files"])
    finally:
        sys.stdout = kept
        path.unlink(missing_ok=True)


def _below(files: dict[str, dict[str, Any]], floors: dict[str, int]) -> list[str]:
    """Say for each floor (the longest prefix that fits a file) what was reached, and which lines were missed."""
    reached: dict[str, list[int]] = {}
    missed: dict[str, list[str]] = {}
    for name, one in sorted(files.items()):
        inside = name.partition("planaria/")[2]
        floor = max((prefix for prefix in floors if inside.startswith(prefix)), key=len)
        summary = one["summary"]
        counts = reached.setdefault(floor, [0, 0])
        counts[0] += summary["covered_lines"] + summary["covered_branches"]
        counts[1] += summary["num_statements"] + summary["num_branches"]
        if one["missing_lines"] or one["missing_branches"]:
            places = one["missing_lines"] or [f"{a}->{b}" for a, b in one["missing_branches"]]
            missed.setdefault(floor, []).append(f"      {inside}: {', '.join(map(str, places[:12]))}")
    told = []
    for floor, (covered, total) in sorted(reached.items()):
        per_cent = 100.0 * covered / total if total else 100.0
        word = "below" if per_cent < floors[floor] else "holds"
        told.append(f"{word} {floor or 'everything else'}: {per_cent:.1f} % (floor {floors[floor]} %)")
        told.extend(missed.get(floor, []) if word == "below" else [])
    return told
