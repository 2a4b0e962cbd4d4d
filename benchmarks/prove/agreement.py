"""Verdicts compared: mutants that planaria and mutmut both make, and who is right where they differ.

Why: two mutants are the same when the whole function reads the same after parsing, under one name in one file. mutmut counts a time-out
as a kill, as its score does; planaria calls it inconclusive. Where verdicts differ a referee decides that neither tool can bend:
the mutant is written into a copy, and pytest runs the whole suite on it in a process of its own.
"""

import ast
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from peers import KILLED, LATE, LIVED, normal, verdicts_of_mutmut
from process import finished
from subjects import Subject

from planaria.prove.mutant import Mutant
from planaria.prove.proof import Proven

OPEN, PATIENCE_S = "inconclusive", 60
VERDICTS = {"killed": KILLED, "inconclusive": OPEN}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def pairs(folder: Path, ours: Sequence[Proven], theirs: Path) -> list[tuple[Proven, str]]:
    """Return the mutants that both tools made of a project, planaria in one folder and mutmut in the other, with mutmut's verdict."""
    there = verdicts_of_mutmut(theirs)
    found = {}
    for one in ours:
        file = one.mutant.file
        key = (file, *_function(one.mutant.applied((folder / file).read_text(encoding="utf-8")), one.mutant.function))
        if key in there:
            found[key] = (one, there[key])
    return list(found.values())


def _function(text: str, name: str) -> tuple[str, str]:
    """Return the outermost function that a name is in: its own name, and its text."""
    tops = {one.name: one for one in ast.parse(text).body if isinstance(one, Function | ast.ClassDef)}
    first, _, rest = name.partition(".")
    node, owner = tops.get(first), ""
    if isinstance(node, ast.ClassDef):
        owner = f"{first}."
        node = next((one for one in node.body if isinstance(one, Function) and one.name == rest.partition(".")[0]), None)
    return (owner + node.name, normal(node, node.name)) if isinstance(node, Function) else ("", "")


def alone(folder: Path, tests: str, mutant: Mutant | None = None) -> str:
    """Return what pytest says of tests run by themselves, on the code as it is or with a mutant written into it."""
    path = folder / (mutant.file if mutant else "pyproject.toml")
    kept = path.read_text(encoding="utf-8")
    path.write_text(mutant.applied(kept) if mutant else kept, encoding="utf-8")
    ended = finished([sys.executable, "-B", "-m", "pytest", "-x", "-q", tests], folder, patience_s=PATIENCE_S)
    path.write_text(kept, encoding="utf-8")
    return {0: LIVED, -signal.SIGKILL: LATE}.get(ended.status, KILLED)


def differences(folder: Path, subject: Subject, found: Sequence[tuple[Proven, str]]) -> Iterator[tuple[str, str]]:
    """Yield each mutant on which the tools differ: both verdicts and who is right; where it is, what planaria adds, and what changes."""
    assert alone(folder, subject.tests) == LIVED, "the suite fails on the code as it is"
    for ours, theirs in found:
        mutant, said = ours.mutant, VERDICTS.get(ours.verdict, LIVED)
        if said == (KILLED if theirs == LATE else theirs):
            continue
        reason = "neither came to an end, which mutmut counts as a kill"
        if (said, theirs) != (OPEN, LATE):
            reason = f"planaria: {said}, mutmut: {theirs}, the suite run alone: {alone(folder, subject.tests, mutant)}"
        diff = mutant.diff((folder / mutant.file).read_text(encoding="utf-8"))
        yield reason, f"{subject.name} {mutant.file}:{mutant.line} in {mutant.function}, {mutant.operator} {ours.why}\n{diff}\n"
