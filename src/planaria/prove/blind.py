"""Blind spots: what a suite does not see, other than mutants.

Why: a test that cannot fail, a test that does not run and an operation that nobody calls look like a suite, and are none.
Not here: mutants (`run`), the verdict on a suite (`gates`).
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from planaria.prove.proof import Blind, Test
from planaria.prove.subject import Subject

JUDGING = ("assert", "expect", "raises", "warns", "fail", "verify", "check", "should", "mismatch", "approx", "match")
EXAMPLES = "test_contract_examples.py"


def blind_tests(tests: Sequence[Test], root: Path) -> Iterator[Blind]:
    """Yield the tests that fail as the code is, that do not run, and that assert nothing."""
    asserting = {file: _asserting(root / file) for file in {one.file for one in tests}}
    told: set[tuple[str, int]] = set()
    for one in tests:
        if one.result == "failed":
            what = f"it fails on the code as it is: {one.text.strip().splitlines()[-1] if one.text.strip() else 'no reason given'}"
            yield Blind(kind="fails", file=one.file, line=one.line, test=one.name, what=what, cure="mend the code or the test first")
        elif one.result == "skipped":
            hides = "a contract example" if EXAMPLES in one.name else "what it says"
            what = f"it does not run, and so hides {hides}{f': {one.text}' if one.text else ''}"
            yield Blind(kind="skipped", file=one.file, line=one.line, test=one.name, what=what, cure="let it run, or delete it")
        elif (one.file, one.line) not in told and asserting[one.file].get(one.line) is False:
            told.add((one.file, one.line))
            yield Blind(
                kind="asserts_nothing",
                file=one.file,
                line=one.line,
                test=one.name,
                what="it asserts nothing",
                cure="assert what the code gives",
            )


def _asserting(path: Path) -> dict[int, bool]:
    """Return by the line of each test function whether something in it, or in a function of the file that it calls, can judge."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return {}
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    judging = {one.name for one in functions if _judges(one, frozenset())}
    for _ in range(3):
        judging |= {one.name for one in functions if _judges(one, frozenset(judging))}
    return {min(one.lineno, *(each.lineno for each in one.decorator_list), one.lineno): one.name in judging for one in functions} | {
        one.lineno: one.name in judging for one in functions
    }


def _judges(function: ast.AST, known: frozenset[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            if name in known or any(word in name.lower() for word in JUDGING):
                return True
    return False


def unasked(
    subject: Subject, tests: Sequence[Test], runs: Sequence[Mapping[str, Any]], functions: Mapping[int, tuple[str, str, int, str]]
) -> Iterator[Blind]:
    """Yield the operations of a cell's contract that no test calls, and its errors that no test names or sees raised."""
    file = f"cells/{subject.cell}/contract.py"
    source = (subject.root / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    entered = {
        functions[number][1].rpartition(".")[2]
        for one in runs
        if one["result"] == "passed"
        for number in one["functions"]
        if number in functions
    }
    texts = source + "".join(
        (subject.root / name).read_text(encoding="utf-8") for name in sorted({one.file for one in tests}) if (subject.root / name).is_file()
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef) and _is_operation(node) and node.name not in entered:
            what, cure = (
                f"no test calls the operation '{node.name}'",
                f"write an example into its docstring, or a test into cells/{subject.cell}/tests",
            )
            yield Blind(kind="operation", file=file, line=node.lineno, test="", what=what, cure=cure)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(getattr(one, "id", "") == "CellError" for one in node.bases):
            named = (
                texts.count(node.name)
                - source.count(node.name)
                + sum(f"{node.name}:" in line for line in source.splitlines() if not line.lstrip().startswith("class"))
            )
            if not named:
                what, cure = f"no test raises the error '{node.name}'", f"write a test into cells/{subject.cell}/tests that provokes it"
                yield Blind(kind="error", file=file, line=node.lineno, test="", what=what, cure=cure)


def _is_operation(node: ast.AsyncFunctionDef) -> bool:
    names = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return any(getattr(one, "id", "") in ("operation", "handles") for one in names)
