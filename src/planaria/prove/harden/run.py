"""Hardening: from the survivors of a proof to a file of tests that kill them.

Why: search, writing and judging are apart, so that what a model proposes passes the same filter as what the search found.
Decision D-138: nothing that was found counts before the prover has judged the written test. Because the search compares values in actors,
and a test compares them in the user's interpreter. Revisit when the actors run the user's own
interpreter and plug-ins.
Not here: the proof (`prove.run`), how it is told (`cli.harden`).
"""

import ast
import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from time import perf_counter

from planaria.prove.harden.cell import CellWriter, distinguish_in_cell
from planaria.prove.harden.contract import with_example
from planaria.prove.harden.distinction import LATE, MESSAGE, UNSTEADY, Distinction, Witness, distinguish
from planaria.prove.harden.file import SuiteFile, folder_of, lines_of, write_whole
from planaria.prove.harden.filter import Filtered, Judge, carried, filtered
from planaria.prove.harden.hardening import Added, Ask, Hardening, HardenRequest, Question
from planaria.prove.harden.project import Project
from planaria.prove.harden.writing import Writer, Written
from planaria.prove.mutant import Mutant
from planaria.prove.proof import Proof, Proven
from planaria.prove.run import judge_tests, prove
from planaria.prove.subject import Subject, subject_at
from planaria.witness.script.likeness import shown

Progress = Callable[[str, int, int], None]
SHOWN_MAX, REASON_MAX = 160, 48


async def harden(request: HardenRequest, *, progress: Progress | None = None, judge: Judge = judge_tests) -> Hardening:
    """Close the holes of a suite: search, write, judge, and add the tests that are worth it as one file.

    Raises:
        as `prove`; StageFailed: PLN-W102, where the code cannot be run here; NothingToCompare: PLN-D102.
    """
    cpu = _cpu_s()
    report = progress or (lambda *_: None)
    before = request.before or await prove(replace(request.prove, rounds=False), progress=report)
    work = _Work(request, before, report, judge)
    await work.search()
    await work.judge()
    if request.examples:
        await work.carry()
    if request.proposer is not None:
        await work.propose()
    return work.result(cpu)


class _Work:
    """One hardening at work."""

    def __init__(self, request: HardenRequest, before: Proof, report: Progress, judge: Judge) -> None:
        self.request, self.before, self.report, self.judge_tests = request, before, report, judge
        self.subject: Subject = subject_at(request.prove.path, request.prove.tests)
        self.sources = {one.file: one.source for one in before.files}
        self.survivors = {one.mutant.key: one.mutant for one in before.survivors}
        name = f"test_hardened_{self.subject.cell or request.prove.path.resolve().stem.replace('-', '_')}.py"
        folder = folder_of((one.file for one in before.tests), self.subject.root, cell=self.subject.cell)
        self.file = SuiteFile.at((request.file or folder / name).resolve())
        self.writer = Writer(Project(self.subject.root, tests=request.prove.tests), self.file.taken, self.file.props)
        self.names = self.file.names
        self.written: dict[str, tuple[Written, list[Mutant]]] = {}
        self.alike: set[str] = set()
        self.questions: dict[str, Question] = {}
        self.added: list[Added] = []
        self.kept: dict[str, Written] = {}
        self.examples: dict[str, tuple[str, list[str]] | None] = {}
        self.contract = ""

    async def search(self) -> None:
        """Look for a witness against each survivor, and write each as a test."""
        survivors, done = list(self.survivors.values()), 0
        if self.subject.cell:
            await self._search_cell(survivors)
            return
        probe = Writer(self.writer.project, self.writer.taken, self.writer.props)
        found = distinguish(
            self.writer.project, survivors, budget_s=self.request.budget_s, confined=self.request.confined,
            suits=lambda one: probe.written(one) is not None,
        )  # fmt: skip
        async for one in found:
            done += 1
            self.report("search", done, len(survivors))
            self._take(one)

    async def _search_cell(self, survivors: Sequence[Mutant]) -> None:
        access = self.request.access
        if access is None:
            return
        writer, budget_s = CellWriter(access.contract), self.request.budget_s
        found = distinguish_in_cell(self.subject.root, access, survivors, self.sources, budget_s=budget_s)
        done = 0
        async for one in found:
            done += 1
            self.report("search", done, len(survivors))
            test = writer.written(one.difference) if one.difference is not None else None
            if test is not None and one.difference is not None:
                name = self._add(test, one.mutant)
                self.examples[name] = writer.example(one.difference)
            elif one.difference is not None:
                what = f"it cannot be written as a test: {_short(one.difference.witness.text())}"
                self.questions[one.mutant.key] = Question(mutant=one.mutant, what=what)

    def _add(self, test: Written, mutant: Mutant) -> str:
        """Keep a test once, whatever number of mutants it was found by; return its name."""
        body = test.source.partition("\n")[2]
        if body not in self.written:
            self.written[body] = (self._renamed(test), [])
        self.written[body][1].append(mutant)
        return self.written[body][0].name

    def _take(self, one: Distinction) -> None:
        test = self.writer.written(one.witness) if one.witness is not None and one.is_suited else None
        if test is not None:
            self._add(test, one.mutant)
        elif one.is_alike:
            self.alike.add(one.mutant.key)
        elif one.witness is not None or one.why in (LATE, UNSTEADY):
            self.questions[one.mutant.key] = Question(mutant=one.mutant, what=_asked(one))

    def _renamed(self, test: Written) -> Written:
        """Return a test with a name that no other has."""
        name, count = test.name, 1
        while name in self.names:
            count += 1
            name = f"{test.name}_{count}"
        self.names.add(name)
        return replace(test, name=name, source=test.source.replace(test.name, name, 1))

    async def judge(self) -> None:
        """Keep of the written tests what is worth it, and ask a person about the others."""
        self.report("judge", 0, len(self.written))
        told = await self._filtered([test for test, _ in self.written.values()])
        killed = self._keep(told)
        for test, mutants in self.written.values():
            why = told.refused.get(test.name, "")
            for one in mutants if "every time" in why else ():
                if one.key not in killed:
                    what = f"a test of it does not pass every time on the code as it is: {test.source.strip().splitlines()[-1].strip()}"
                    self.questions[one.key] = Question(mutant=one, what=what)

    async def carry(self) -> None:
        """Move what a cell's contract can carry from the file of tests into the docstrings there, where it kills the same."""
        told = {one.name: found for one in self.added if (found := self.examples.get(one.name))}
        path = self.subject.root / "cells" / self.subject.cell / "contract.py"
        for operation in sorted({operation for operation, _ in told.values()}):
            text, mine = self.contract or path.read_text(encoding="utf-8"), list[Added]()
            for one in self.added:
                longer = with_example(text, operation, told[one.name][1]) if told.get(one.name, ("",))[0] == operation else None
                if longer is not None:
                    text = longer
                    mine.append(one)
            wanted = {mutant.key: mutant for one in mine for mutant in one.kills}
            if not mine:
                continue
            kills = await carried(
                text, [operation], self.request.prove, [*wanted.values()], root=self.subject.root, rounds=self.request.rounds,
                judge=self.judge_tests,
            )  # fmt: skip
            if wanted.keys() <= kills.get(operation, frozenset()):
                self.contract = text
                lines = "\n".join(line for one in mine for line in told[one.name][1])
                self.added = [one for one in self.added if one not in mine]
                self.added.append(Added(name=operation, source=lines + "\n", kills=tuple(wanted.values()), is_example=True))

    async def _filtered(self, tests: Sequence[Written]) -> Filtered:
        return await filtered(
            tests, self.request.prove, self._left(), root=self.subject.root, place=self.file.path, rounds=self.request.rounds,
            judge=self.judge_tests,
        )  # fmt: skip

    def _left(self) -> list[Mutant]:
        killed = {one.key for each in self.added for one in each.kills}
        return [one for key, one in self.survivors.items() if key not in killed]

    def _keep(self, told: Filtered) -> set[str]:
        sought = {test.name: mutants for test, mutants in self.written.values()}
        for one in told.kept:
            kills = tuple(mutant for key, mutant in self.survivors.items() if key in one.kills)
            reason = next((mutant for mutant in sought.get(one.test.name, ()) if mutant.key in one.kills), kills[0])
            head, _, body = one.test.source.partition("\n")
            source = f"{head}\n    # {self._reason(reason)}\n{body}"
            self.added.append(Added(name=one.test.name, source=source, kills=kills))
            self.kept[one.test.name] = one.test
        return {key for one in told.kept for key in one.kills}

    def _reason(self, mutant: Mutant) -> str:
        """Say in one line what a test is there for."""
        lines = mutant.diff(self.sources[mutant.file]).splitlines()
        was, becomes = (next((" ".join(line[2:].split()) for line in lines if line.startswith(sign)), "") for sign in "-+")
        if not was or not becomes:
            return f"Fails if `{_around(was or becomes, '')}` is {'dropped' if was else 'added'}."
        return f"Fails if `{_around(was, becomes)}` becomes `{_around(becomes, was)}`."

    async def propose(self) -> None:
        """Ask for tests of what is left, until nothing is, or the budget is spent."""
        assert self.request.proposer is not None, "asked only where there is one"
        until, refused = perf_counter() + self.request.proposer_s, dict[str, str]()
        for attempt in range(1, self.request.attempts + 1):
            left = [one for one in self._left() if one.key not in self.alike]
            seconds = until - perf_counter()
            if not left or seconds <= 0:
                return
            self.report("propose", attempt, self.request.attempts)
            files = {one.file for one in left}
            ask = Ask(
                sources={name: text for name, text in self.sources.items() if name in files},
                survivors=tuple(f"{one.file}:{one.line}\n{one.diff(self.sources[one.file])}" for one in left),
                refused=tuple(f"{name}: {why}" for name, why in refused.items()), attempt=attempt, seconds=seconds,
            )  # fmt: skip
            try:
                async with asyncio.timeout(seconds):
                    text = await self.request.proposer.propose(ask)
            except TimeoutError:
                return
            tests, refused = proposed(text)
            told = await self._filtered([self._renamed(one) for one in tests])
            self._keep(told)
            refused |= told.refused
            if not text:
                return

    def result(self, cpu: float) -> Hardening:
        """Write the file, and return what came of it."""
        tests = [replace(self.kept[one.name], source=one.source) for one in self.added if not one.is_example]
        if tests:
            self.file.write(tests)
        if self.contract:
            write_whole(self.subject.root / "cells" / self.subject.cell / "contract.py", self.contract)
        killed = {mutant.key: one.name for one in self.added for mutant in one.kills}
        after = tuple(self._after(one, killed) for one in self.before.mutants)
        return Hardening(
            added=tuple(self.added), questions=tuple(one for key, one in self.questions.items() if key not in killed), before=self.before,
            after=replace(self.before, mutants=after), file=self.file.path if tests else None, cpu_s=_cpu_s() - cpu,
        )  # fmt: skip

    def _after(self, one: Proven, killed: Mapping[str, str]) -> Proven:
        key = one.mutant.key
        if key in killed:
            return replace(one, verdict="killed", by=f"{self.file.path.name}::{killed[key]}", why="")
        if key in self.alike:
            return replace(one, verdict="probably_equivalent", why="no call that was tried tells it from the code")
        return one


def proposed(text: str) -> tuple[list[Written], dict[str, str]]:
    r"""Return the tests of a proposed file that stand by themselves, and why others are refused.

    >>> tests, refused = proposed("import math\ndef test_f():\n    assert math.pi > 3\nx = 1\n")
    >>> [one.name for one in tests], refused
    (['test_f'], {'line 4': 'it is neither an import nor a test'})
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        return [], {"the file": f"it is no Python: {error}"}
    imports = [line for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) for line in lines_of(node)]
    tests: list[Written] = []
    refused: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_") and not node.decorator_list:
            used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            mine = tuple(line for line in imports if line.split()[-1].partition(".")[0] in used)
            source = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"
            tests.append(Written(name=node.name, source=source, imports=mine))
        elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            refused[f"line {node.lineno}"] = "it is neither an import nor a test"
    return tests, refused


def _around(text: str, other: str) -> str:
    """Return a text as far as it is told from another, where it is long."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False)))
    first = max(0, same - REASON_MAX // 2) if len(text) > REASON_MAX else 0
    cut = text[first : first + REASON_MAX]
    return f"{'…' * bool(first)}{cut}{'…' * (first + REASON_MAX < len(text))}"


def _asked(one: Distinction) -> str:
    if one.witness is None:
        return {LATE: "the mutant gives no answer in time", UNSTEADY: "what it gives is not the same in every run"}[one.why]
    told = list(_told(one.witness))
    if one.why == MESSAGE:
        return f"only the text of the error differs: {told[0]} {told[1]}, the mutant {told[2]}"
    return f"it cannot be written as a test: {told[0]} {told[1]}, the mutant {told[2]}"


def _told(witness: Witness) -> Iterator[str]:
    yield _short("; ".join(witness.script.lines))
    yield from (f"gives {_short(shown(one)['text'])}" for one in (witness.old[-1], witness.new))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_MAX // 3 else text[: SHOWN_MAX // 3 - 1] + "…"


def _cpu_s() -> float:
    """Return the processor time of this process and of all that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
