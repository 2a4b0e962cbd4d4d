"""The suite: pytest as it is, asked for its tests, and then for each of them as often as needed.

Why: fixtures, parametrised tests, doctests, unittest's classes and asynchronous tests are all pytest's items, and run here by its own
protocol; only reports, captures and what would run tests elsewhere are left out.
Not here: which tests run for which mutant (`lane`).
"""

import functools
import gc
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _pytest.fixtures
import _pytest.python
import pytest
from _pytest.nodes import Node
from _pytest.runner import runtestprotocol

from planaria.prove.measured.switch import Switch

LEFT_OUT = ("pytest_cov", "xdist", "cacheprovider", "randomly", "faulthandler", "rerunfailures", "flaky", "benchmark")
ARGUMENTS = ("-q", "-q", "--capture=no", "--assert=plain", "--color=no", *(f"-pno:{name}" for name in LEFT_OUT))
# What a project's own settings may ask for and must not have here; those with a value as the next word end with a space.
_REFUSED = ("--cov", "--no-cov", "--numprocesses", "--dist", "--maxprocesses", "--exitfirst", "--maxfail", "--lf", "--last-failed", "--ff",
    "--failed-first", "--nf", "--sw", "--stepwise", "--randomly", "--reruns", "--benchmark", "--junit", "--durations", "--capture",
    "--assert", "--color", "--basetemp", "--cache-clear")  # fmt: skip
_REFUSED_SHORT = ("-n", "-x", "-s")
TEXT_CHARACTERS_MAX = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one test ended: `passed`, `failed` or `skipped`; an expected failure is skipped, an unexpected pass failed."""

    result: str
    text: str = ""


class Suite:
    """The plugin by which pytest hands its tests over."""

    def __init__(self, switch: Switch, work: Callable[["Suite"], None], places: Collection[str]) -> None:
        self.switch, self.work, self.places = switch, work, places
        self.items: list[pytest.Item] = []
        self.broken: list[str] = []
        self.shared: dict[int, tuple[set[int], set[int]]] = {}
        self.caches: list[Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, args: list[str]) -> None:
        """Take out of the project's settings what would run its tests elsewhere, or stop early."""
        args[:] = _allowed(args)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what cannot be collected."""
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext[-TEXT_CHARACTERS_MAX:]}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take over from pytest once it has collected."""
        self.items = list(session.items)
        settle(session)
        self.work(self)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Note what a fixture reaches that several tests share, for all of them."""
        if fixturedef.scope == "function":
            return (yield)
        switch = self.switch
        before = (dict(switch.reached), dict(switch.counts))
        switch.taken()
        try:
            return (yield)
        finally:
            self.shared[id(fixturedef)] = (set(switch.reached), switch.counts.keys() - {0})
            switch.reached.update(before[0])
            for number, count in before[1].items():
                switch.counts[number] = switch.counts.get(number, 0) + count

    def run(self, item: pytest.Item, following: pytest.Item | None) -> Ran:
        """Run one test; `following` is the next, for which shared fixtures are kept."""
        example = getattr(item, "dtest", None)
        names = dict(example.globs) if example else {}  # which doctest clears behind itself
        reports = runtestprotocol(item, log=False, nextitem=following)
        if example:
            example.globs = names
        for one in reports:
            if one.failed:
                return Ran(result="failed", text=one.longreprtext[-TEXT_CHARACTERS_MAX:])
        skipped = next((one for one in reports if one.skipped), None)
        if skipped is None:
            return Ran(result="passed")
        why = skipped.longrepr[2] if isinstance(skipped.longrepr, tuple) else getattr(skipped, "wasxfail", "")
        return Ran(result="skipped", text=str(why)[:TEXT_CHARACTERS_MAX])

    def noted(self, item: pytest.Item, following: pytest.Item | None) -> dict[str, Any]:
        """Run one test and say what it reaches and costs."""
        self.forget()
        self.switch.taken()
        began, cpu = time.perf_counter(), time.process_time()
        ran = self.run(item, following)
        cpu_s, seconds = time.process_time() - cpu, time.perf_counter() - began
        reached, functions, steps = self.switch.taken()
        known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
        for one in (each for several in known.values() for each in several):
            more = self.shared.get(id(one), (set(), set()))
            reached |= more[0]
            functions |= more[1]
        return {
            "result": ran.result, "text": ran.text, "cpu_s": cpu_s, "seconds": seconds, "steps": steps,
            "reached": sorted(reached), "functions": sorted(functions),
        }  # fmt: skip

    def rest(self) -> None:
        """Note nothing any more of what fixtures reach."""
        manager = self.items[0].config.pluginmanager
        if manager.is_registered(self):
            manager.unregister(self)

    def forget(self) -> None:
        """Empty the caches of functions under proof, so that every test reaches what it asks for."""
        if self.caches is None:
            kind = type(functools.cache(len))
            found = [one for one in gc.get_objects() if isinstance(one, kind)]
            self.caches = [one for one in found if getattr(getattr(one.__wrapped__, "__code__", None), "co_filename", "") in self.places]
        for one in self.caches:
            one.cache_clear()

    def place(self, item: pytest.Item) -> dict[str, Any]:
        """Say where a test stands."""
        file, line, _ = item.location
        path = Path(str(item.path))
        return {"name": item.nodeid, "file": str(path), "line": (line or 0) + 1, "as": file}


def settle(session: pytest.Session) -> None:
    """Answer once what pytest asks itself for each test, though nothing can change it once all tests are collected.

    Which hooks a path has, what a package's `__init__` is (which is found anew each time), and what the fixture `request` asks for.
    """
    owner: Any = session
    owner.gethookproxy = functools.cache(session.gethookproxy)
    modules: Any = _pytest.python
    modules.importtestmodule = functools.cache(modules.importtestmodule)
    fixtures: Any = _pytest.fixtures
    asked = fixtures.getfuncargnames
    fixtures.getfuncargnames = lambda function, **more: () if more.get("name") == "request" else asked(function, **more)


def quiet_failures() -> None:
    """Let a failure cost nothing but its name: nobody reads why a mutant was killed."""
    node: Any = Node
    node._repr_failure_py = lambda *_, **__: "failed"  # noqa: SLF001 - tracebacks are most of what a failing test costs
    function: Any = pytest.Function
    function.repr_failure = lambda *_, **__: "failed"


def _allowed(args: list[str]) -> list[str]:
    """Return the arguments without those that are refused.

    >>> _allowed(["-ra", "--cov=x", "-n", "auto", "-n4", "-x", "tests"])
    ['-ra', 'tests']
    """
    kept: list[str] = []
    takes_value = False
    for one in args:
        if takes_value and not one.startswith("-"):
            takes_value = False
            continue
        takes_value = one in (
            "-n",
            "--cov",
            "--numprocesses",
            "--dist",
            "--maxfail",
            "--cov-report",
            "--cov-config",
            "--junit-xml",
            "--junitxml",
        )
        is_ours = one in ARGUMENTS
        if is_ours or not (one.startswith(_REFUSED) or (one.startswith(_REFUSED_SHORT) and not one.startswith("--"))):
            kept.append(one)
    return kept
