"""What a tidy rule is: a name, the reason, the cure, a check over sources, and snippets that prove it fires.

Why: a rule that is only stated decays, and a check that cannot fail is no check; so each rule carries its own bad and
good snippets, and one test runs them all.
"""

import ast
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Source:
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The package of planaria that the file is in; empty for its top level and for files elsewhere."""
        parts = self.path.split("/")
        return parts[2] if parts[:2] == ["src", "planaria"] and len(parts) > 3 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    place: str
    line: int
    problem: str


Check = Callable[[Sequence[Source]], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    why: str
    cure: str
    check: Check
    bad: tuple[Source, ...]
    good: tuple[Source, ...]
    where: tuple[str, ...] = ("src/", "tests/", "examples/", "benchmarks/", "conftest.py")

    def findings(self, sources: Sequence[Source]) -> list[Finding]:
        return list(self.check([source for source in sources if source.path.startswith(self.where)]))


def each(check: Callable[[Source], Iterator[tuple[int, str, str]]]) -> Check:
    """Turn a check of one file, which yields line, name and problem, into a check of many."""

    def check_all(sources: Sequence[Source]) -> Iterator[Finding]:
        for source in sources:
            for line, name, problem in check(source):
                yield Finding(place=f"{source.path}:{name}" if name else source.path, line=line, problem=problem)

    return check_all


def snippet(text: str, path: str = "src/planaria/kernel/snippet.py") -> Source:
    return Source(path=path, text=text)


def python_sources() -> list[Source]:
    return [source for source in texts() if source.path.endswith(".py") and not _is_case(source.path)]


def _is_case(path: str) -> bool:
    return path.startswith(("tests/gates/cases/", "tests/golden/"))


def texts() -> list[Source]:
    """Read every text file of the project: what git tracks, and what is new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    found = []
    for name in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        try:
            found.append(Source(path=name, text=(ROOT / name).read_text("utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return found


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield every function and class with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            name = f"{inside}.{node.name}".lstrip(".")
            yield name, node
            yield from definitions(node, name)
        else:
            yield from definitions(node, inside)


def code_lines(source: Source, first: int, last: int) -> int:
    """Count the lines between `first` and `last` that hold code: no docstrings, comments or blank lines."""
    apart: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            apart.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = source.text.splitlines()
    return sum(
        1
        for number in range(first, last + 1)
        if number not in apart and lines[number - 1].strip() and not lines[number - 1].lstrip().startswith("#")
    )
