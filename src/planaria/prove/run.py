"""The run of a proof: from a path to the proof of its suite.

Why: one process holds the code and runs the tests; this side chooses what runs, remembers what was proven before, and says what it means.
The baseline runs once; then each mutant runs the tests that reach it, and only those.
Decision D-137: a mutant that takes too many steps, or too long, is inconclusive and counts for nothing. Because most time-outs are
false kills, and a suite that only notices by a time-out has not said what is wrong. Revisit when a suite states its own limits.
Not here: the process (`session`, `measured`), what else a suite does not see (`blind`), who is told (`cli.prove`).
"""

import asyncio
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

from planaria.prove.blind import blind_tests, unasked
from planaria.prove.cache import PYTHON, Cache, digest, digest_of_files
from planaria.prove.equivalence import same_bytecode
from planaria.prove.mutant import Mutant
from planaria.prove.proof import Blind, FileReach, Proof, Proven, Test
from planaria.prove.reach import Layout, layouts
from planaria.prove.session import MeasureBroken, Session, session
from planaria.prove.since import changed_lines
from planaria.prove.subject import Subject, subject_at
from planaria.prove.suite import SuiteToolsMissing

Progress = Callable[[str, int, int], None]
FIELDS = ("id", "file", "operator", "function", "line", "column", "end_line", "end_column", "text", "key")
LATE = {"steps": "takes many times the steps", "cpu": "takes many times the processor time", "standstill": "does not come to an end"}
SHUFFLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to prove: `path` is a module, a package, a project or a cell; `tests` are found where none are named.

    `jobs` 0 is all cores; `cache` the folder of verdicts, None for none; `since` a git revision: only what changed since is proven;
    `budget_s` CPU seconds for the mutants, 0 for no limit; `only` names operators; `most` bounds the
    mutants to a sample that is the same each time, 0 for all; `rounds` also runs the suite shuffled, on stubs, and
    with the clock ahead; `environment` is that of the tests, `program` the command
    that measures where it is another than planaria's own, such as one that confines itself first.
    """

    path: Path
    tests: tuple[Path, ...] = ()
    jobs: int = 0
    cache: Path | None = None
    since: str = ""
    budget_s: float = 0.0
    only: tuple[str, ...] = ()
    most: int = 0
    rounds: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestJudgement:
    """What a new test is worth: whether it passed every time on the unchanged code, and the keys of the mutants that it kills."""

    __test__ = False
    passes_always: bool
    kills: tuple[str, ...]
    text: str = ""


async def prove(request: Request, *, progress: Progress | None = None) -> Proof:
    """Prove a suite: run it, run its mutants, and say where it is blind.

    Raises:
        SuiteToolsMissing: PLN-J102; NothingToProve: PLN-J104; SourceUnreadable: PLN-J103; SuiteNotCollected: PLN-J105;
            MeasureBroken: PLN-J106; NoSuchRevision: PLN-J107.
    """
    began, cpu = perf_counter(), _cpu_s()
    lacking = [name for name in ("pytest", "coverage") if find_spec(name) is None]
    if lacking:
        raise SuiteToolsMissing(text=f"there is no {' and no '.join(lacking)}")
    subject = subject_at(request.path, request.tests)
    ended = Event()  # a thread cannot be cancelled, and is waited for: it stops at the next file
    files = takewhile(lambda _: not ended.is_set(), [subject.root / name for name in subject.files])
    reading = asyncio.create_task(asyncio.to_thread(layouts, files))
    try:
        async with session(subject, environment=request.environment, program=request.program, only=request.only) as opened:
            run = Run(request, subject, opened, progress or (lambda *_: None))
            await run.baseline()
            run.layouts = await reading
            proven = await run.mutants()
            findings = await run.blind()
    finally:
        ended.set()
        reading.cancel()
    run.cache.write()
    return Proof(
        files=run.reach,
        tests=tuple(run.tests),
        mutants=proven,
        made=len(run.all),
        findings=findings,
        cpu_s=_cpu_s() - cpu,
        seconds=perf_counter() - began,
    )


async def judge_tests(request: Request, test_file: Path, mutants: Sequence[Mutant], *, rounds: int = 10) -> Mapping[str, TestJudgement]:
    """Run each test of a file on the unchanged code, shuffled `rounds` times, and on mutants; say of each what it is worth.

    Raises: as `prove`.
    """
    subject = replace(
        subject_at(request.path, request.tests), arguments=(*_options(subject_at(request.path, request.tests)), str(test_file))
    )
    async with session(subject, environment=request.environment, program=request.program, only=request.only) as opened:
        run = Run(replace(request, cache=None), subject, opened, lambda *_: None)
        await run.baseline()
        return await run.worth({one.key for one in mutants}, rounds)


def _options(subject: Subject) -> tuple[str, ...]:
    return tuple(one for one in subject.arguments if one.startswith("-"))


class Run:
    """One proof at work on an open session."""

    def __init__(self, request: Request, subject: Subject, opened: Session, progress: Progress) -> None:
        self.request, self.subject, self.opened, self.progress = request, subject, opened, progress
        told = opened.collected
        self.files: dict[str, dict[str, str]] = told["files"]
        self.all = [Mutant(**dict(zip(FIELDS, one, strict=True))) for one in told["mutants"]]
        self.functions = {number: (file, name, line, digest_) for file, number, name, line, _, digest_ in told["functions"]}
        self.notes, self.at_import = told["notes"], set(told["at_import"])
        self.places: list[dict[str, Any]] = told["tests"]
        self.runs: list[dict[str, Any]] = []
        self.tests: list[Test] = []
        self.imported: list[str] = []
        self.layouts: Mapping[str, Layout] = {}
        self.parts = 1
        self.cache, self.is_spent = Cache(request.cache), False
        self.jobs = request.jobs or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)

    async def baseline(self) -> None:
        """Run every test once on the unchanged code: shared out, and where one then fails, all of them in order, which is what counts."""
        try:
            await self._baseline(self.jobs)
        except MeasureBroken:
            if self.parts == 1:
                raise
        if self.parts > 1 and (len(self.runs) < len(self.places) or any(one["result"] == "failed" for one in self.runs)):
            await self._baseline(1)
        for place, one in zip(self.places, self.runs, strict=True):
            self.tests.append(
                Test(
                    name=place["name"], file=self._short(place["file"]), line=place["line"], result=one["result"], cpu_s=one["cpu_s"],
                    reaches=sum(number > 0 for number in one["reached"]), text=one["text"],
                )
            )  # fmt: skip

    async def _baseline(self, jobs: int) -> None:
        runs: dict[int, dict[str, Any]] = {}
        self.runs, self.imported = [], []
        async for answer in self.opened.asked({"do": "baseline", "jobs": jobs}):
            if "parts" in answer:
                self.parts = answer["parts"]
            elif "test" in answer:
                runs[answer["test"]] = answer
                self.progress("tests", len(runs), len(self.places))
            else:
                self.imported += [one for one in answer["imported"] if one not in self.imported]
        self.runs = [runs[number] for number in sorted(runs)]

    def _short(self, file: str) -> str:
        path = Path(file)
        return str(path.relative_to(self.subject.root)) if path.is_relative_to(self.subject.root) else file

    def _request(self, tasks: list[dict[str, Any]]) -> dict[str, Any]:
        costs = [(one["cpu_s"], one["seconds"], one["steps"]) for one in self.runs]
        return {"do": "run", "warm": self.imported, "costs": costs, "jobs": max(1, min(self.jobs, len(tasks))), "tasks": tasks}

    def reaching(self) -> dict[int, list[int]]:
        """Return the passing tests that reach each mutant."""
        entered: dict[str, list[int]] = {}
        found: dict[int, list[int]] = {}
        for test, one in enumerate(self.runs):
            if one["result"] == "passed":
                for number in one["reached"]:
                    found.setdefault(number, []).append(test)
                for number in one["functions"]:
                    if number in self.functions:
                        entered.setdefault(f"{self.functions[number][0]}:{self.functions[number][3]}", []).append(test)
        for mutant in self.all:
            if mutant.operator == "default" and mutant.id not in found:
                tests = entered.get(f"{mutant.file}:{mutant.key.partition(':')[0]}")
                if tests:
                    found[mutant.id] = tests
        return found

    async def mutants(self) -> tuple[Proven, ...]:
        """Run what is not known, and return the verdict on every mutant."""
        chosen = self._chosen()
        reaching, keys = self.reaching(), self._keys()
        names = [one.name for one in self.tests]
        proven: dict[int, Proven] = {}
        key_of: dict[int, str] = {}
        tasks: list[dict[str, Any]] = []
        for one in chosen:
            tests = reaching.get(one.id, [])
            told = tuple(names[test] for test in tests)
            if not tests:
                is_late = one.id in self.at_import
                why = "it runs only while the code is imported, before a mutant is on" if is_late else "no test reaches it"
                proven[one.id] = Proven(mutant=one, verdict="inconclusive" if is_late else "unreached", why=why)
                continue
            key_of[one.id] = key = keys(one, tests)
            known = self.cache.get(key)
            if known is not None:
                self.cache.put(key, known)
                proven[one.id] = Proven(mutant=one, verdict=known[0], tests=told, by=known[1], why=known[2], is_cached=True)
            else:
                group = one.key.partition(":")[0]
                tasks.append({"id": one.id, "mode": "mutant", "tests": tests, "group": group})
        by_id, spent, done, total = {one.id: one for one in chosen}, 0.0, 0, len(tasks)
        if tasks:
            async for answer in self.opened.asked(self._request(tasks)):
                mutant = by_id[answer["task"]]
                spent += answer["cpu_s"]
                proven[mutant.id] = judged = self._verdict(mutant, answer, tuple(names[test] for test in reaching[mutant.id]))
                self.cache.put(key_of[mutant.id], [judged.verdict, judged.by, judged.why])
                done += 1
                self.progress("mutants", done, total)
                if self.request.budget_s and spent > self.request.budget_s:
                    self.is_spent = True  # what still runs ends with the session
                    break
        why = "the budget was spent before its turn"
        proven |= {one.id: Proven(mutant=one, verdict="inconclusive", why=why) for one in chosen if one.id not in proven}
        return tuple(proven[one.id] for one in chosen)

    def _chosen(self) -> list[Mutant]:
        """Return the mutants in question."""
        excused = {one.file: set(one.excused_lines) for one in self.reach} if not self.subject.cell else {}
        found = [one for one in self.all if one.line not in excused.get(one.file, ())]
        if self.request.most and len(found) > self.request.most:
            sample = {one.id for one in sorted(found, key=lambda one: digest([one.key]))[: self.request.most]}
            found = [one for one in found if one.id in sample]
        if not self.request.since:
            return found
        changed = changed_lines(self.subject.root, self.request.since, list(self.files))
        return [one for one in found if not changed.get(one.file, set()).isdisjoint(range(one.line, one.end_line + 1))]

    def _verdict(self, mutant: Mutant, answer: Mapping[str, Any], told: tuple[str, ...]) -> Proven:
        results = {int(test): result for test, result in answer["results"].items()}
        killer = next((test for test, result in results.items() if result in ("failed", "ended")), None)
        if killer is not None:
            why = "it ends the process" if results[killer] == "ended" else ""
            return Proven(mutant=mutant, verdict="killed", tests=told, by=self.tests[killer].name, why=why)
        late = next((test for test, result in results.items() if result in LATE), None)
        if late is not None:
            return Proven(mutant=mutant, verdict="inconclusive", tests=told, why=f"{self.tests[late].name} {LATE[results[late]]}")
        if same_bytecode(mutant, self.files[mutant.file]["source"]):
            return Proven(mutant=mutant, verdict="probably_equivalent", tests=told, why="it compiles to the same instructions")
        return Proven(mutant=mutant, verdict="survived", tests=told)

    def _keys(self) -> Callable[[Mutant, Sequence[int]], str]:
        """Return the way to name all that bears on a mutant's verdict."""
        files = digest_of_files(
            path for file in {one["file"]: None for one in self.places} for path in (Path(file), *_conftests(Path(file), self.subject.root))
        )
        suite = digest(f"{name} {told}" for path, told in sorted(files.items()) if (name := self._short(str(path))) not in self.files)
        outside = {name: told["digest"] for name, told in self.files.items()}
        digests: list[str] = []
        for place, one in zip(self.places, self.runs, strict=True):
            entered = sorted({self.functions[number][3] for number in one["functions"] if number in self.functions})
            digests.append(digest([place["name"], *entered]))
        common = digest([PYTHON, suite, *sorted(map(" ".join, outside.items())), *self.subject.arguments])
        return lambda mutant, tests: digest([common, mutant.key, mutant.operator, mutant.text, *(digests[test] for test in tests)])

    async def blind(self) -> tuple[Blind, ...]:
        """Return where else the suite is blind."""
        found = list(blind_tests(self.tests, self.subject.root))
        found += unasked(self.subject, self.tests, self.runs, self.functions) if self.subject.cell else ()
        if self.request.rounds and not self.is_spent:
            found += await self._rounds()
        return tuple(sorted(found, key=lambda one: (one.file, one.line, one.kind)))

    async def _rounds(self) -> list[Blind]:
        """Run the suite shuffled, with the clock ahead, and on stubs."""
        passing = [test for test, one in enumerate(self.runs) if one["result"] == "passed"]
        reaching = [test for test in passing if any(number in self.functions for number in self.runs[test]["functions"])]
        orders = [_shuffled(passing, self.places, seed) for seed in range(SHUFFLES)]
        tasks = [{"id": -1 - seed, "mode": "plain", "tests": order, "each": True} for seed, order in enumerate(orders)]
        tasks.append({"id": -50, "mode": "later", "tests": passing, "each": True})
        tasks += [{"id": -60 - step, "mode": mode, "tests": reaching, "each": True} for step, mode in enumerate(("none", "strange"))]
        results: dict[int, dict[int, str]] = {}
        async for answer in self.opened.asked(self._request([one for one in tasks if one["tests"]])):
            results[answer["task"]] = {int(test): result for test, result in answer["results"].items()}
            self.progress("rounds", len(results), len(tasks))
        found = []
        for test in passing:
            one = self.tests[test]
            if any(results.get(-1 - seed, {}).get(test) == "failed" for seed in range(SHUFFLES)):
                cure = "let it make all that it needs, and undo what it changes"
                found.append(Blind(kind="order", file=one.file, line=one.line, test=one.name, what="it fails in another order", cure=cure))
            elif results.get(-50, {}).get(test) == "failed":
                cure = "give the time in, or hold the clock still"
                found.append(Blind(kind="clock", file=one.file, line=one.line, test=one.name, what="it fails on another day", cure=cure))
            if all(results.get(-60 - step, {}).get(test) == "passed" for step in range(2)):
                what, cure = "it passes when every function does nothing", "assert what the code gives"
                found.append(Blind(kind="passes_on_a_stub", file=one.file, line=one.line, test=one.name, what=what, cure=cure))
        return found

    async def worth(self, keys: set[str], rounds: int) -> Mapping[str, TestJudgement]:
        """Judge every test that was collected by what it kills of some mutants."""
        reaching, passing = self.reaching(), [test for test, one in enumerate(self.runs) if one["result"] == "passed"]
        chosen = [one for one in self.all if one.key in keys and reaching.get(one.id)]
        orders = [_shuffled(passing, self.places, seed) for seed in range(rounds)] if passing else []
        tasks: list[dict[str, Any]] = [
            {"id": -1 - seed, "mode": "plain", "tests": order, "each": True} for seed, order in enumerate(orders)
        ]
        tasks += [{"id": one.id, "mode": "mutant", "tests": reaching[one.id], "each": True} for one in chosen]
        steady, kills = set(passing), dict[int, list[str]]()
        by_id = {one.id: one.key for one in chosen}
        if tasks:
            async for answer in self.opened.asked(self._request(tasks)):
                for test, result in answer["results"].items():
                    if answer["task"] < 0 and result != "passed":
                        steady.discard(int(test))
                    elif answer["task"] > 0 and result in ("failed", "ended"):
                        kills.setdefault(int(test), []).append(by_id[answer["task"]])
        return {
            one.name.rpartition("::")[2]: TestJudgement(passes_always=test in steady, kills=tuple(kills.get(test, ())), text=one.text)
            for test, one in enumerate(self.tests)
        }

    @cached_property
    def reach(self) -> tuple[FileReach, ...]:
        """Return how the files are reached."""
        tests_of: dict[int, list[int]] = {number: [-1] for number in self.at_import}
        for test, one in enumerate(self.runs):
            for number in one["reached"]:
                tests_of.setdefault(number, []).append(test)
        names = [one["name"] for one in self.places]
        sources = {name: told["source"] for name, told in self.files.items()}
        laid_out = {name: self.layouts.get(source) or Layout.of(source) for name, source in sources.items()}
        return tuple(one.reached(name, self.notes[name], tests_of, names) for name, one in laid_out.items())


def _shuffled(tests: Sequence[int], places: Sequence[Mapping[str, Any]], seed: int) -> list[int]:
    """Shuffle the files, and the tests within each, as shared fixtures allow."""
    chance = random.Random(seed)  # noqa: S311 - it must repeat, and keeps no secret
    files: dict[str, list[int]] = {}
    for one in tests:
        files.setdefault(places[one]["file"], []).append(one)
    order = list(files.values())
    chance.shuffle(order)
    for several in order:
        chance.shuffle(several)
    return [test for one in order for test in one]


def _conftests(file: Path, root: Path) -> list[Path]:
    return [one / "conftest.py" for one in file.parents if one == root or one.is_relative_to(root)]


def _cpu_s() -> float:
    """Return the processor time of this process and of all that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
