"""The filter: what of a set of tests is kept. It passes on the code every time, kills something, and kills what no other kept test does.

Why: a generated test that flakes, or that says what another says, costs its reader more than it gives.
The tests are run in a copy of the project, at the place where they will be, so that the project's own files are never touched.
Not here: running them (`prove.run`), where they come from (`writing`, a proposer).
"""

import re
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.prove.harden.file import SuiteFile
from planaria.prove.harden.writing import Written
from planaria.prove.mutant import Mutant
from planaria.prove.run import Request, TestJudgement, judge_tests

LEFT_OUT = (".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", "*.pyc", ".*_cache", "build", "dist")
Judge = Callable[..., Awaitable[Mapping[str, TestJudgement]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A test that was kept, and the keys of the mutants that it kills."""

    test: Written
    kills: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """Tests that were kept, and why each of the others was not, by its name."""

    kept: tuple[Kept, ...]
    refused: Mapping[str, str]


async def filtered(
    tests: Sequence[Written], request: Request, mutants: Sequence[Mutant], *, root: Path, place: Path, rounds: int,
    judge: Judge = judge_tests,
) -> Filtered:  # fmt: skip
    """Judge tests in a copy of a project, and keep those that are worth it.

    Raises: as `judge_tests`.
    """
    if not tests:
        return Filtered(kept=(), refused={})
    with _copied(root) as copy:
        file = copy / place.relative_to(root) if place.is_relative_to(root) else copy / place.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SuiteFile(path=file).text(tests), encoding="utf-8")
        inside = replace(request, path=copy / request.path.resolve().relative_to(root), tests=(file,), cache=None)
        told = await judge(inside, file, mutants, rounds=rounds)
    return _chosen(tests, told)


async def carried(
    contract: str, operations: Collection[str], request: Request, mutants: Sequence[Mutant], *, root: Path, rounds: int, judge: Judge
) -> dict[str, frozenset[str]]:
    """Return the mutants that the examples of operations kill, where those of a cell's changed contract hold every time.

    Raises: as `judge_tests`.
    """
    with _copied(root) as copy:
        path = copy / request.path.resolve().relative_to(root)
        (path / "contract.py").write_text(contract, encoding="utf-8")
        file = path / "tests" / "test_none.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("", encoding="utf-8")
        told = await judge(replace(request, path=path, tests=(file,), cache=None), file, mutants, rounds=rounds)
    found: dict[str, frozenset[str]] = {}
    for name in operations:
        mine = [one for test, one in told.items() if re.fullmatch(rf"test_examples\[(.*-)?{name}(-.*)?\]", test)]
        if mine and all(one.passes_always for one in mine):
            found[name] = frozenset(key for one in mine for key in one.kills)
    return found


@contextmanager
def _copied(root: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="planaria-hardened-") as folder:
        copy = Path(folder).resolve() / root.name
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        if (root / ".git").exists():
            (copy / ".git").mkdir()  # by which the project's folder is known
        yield copy


def _chosen(tests: Sequence[Written], told: Mapping[str, TestJudgement]) -> Filtered:
    found: list[Kept] = []
    refused: dict[str, str] = {}
    for test in tests:
        judged = [one for name, one in told.items() if re.sub(r"\[.*\]$", "", name) == test.name]
        kills = frozenset(key for one in judged for key in one.kills)
        if not judged or not all(one.passes_always for one in judged):
            refused[test.name] = next((one.text for one in judged if one.text), "it does not pass every time on the code as it is")
        elif not kills:
            refused[test.name] = "it kills nothing"
        else:
            found.append(Kept(test=test, kills=kills))
    kept = fewest(found)
    refused |= {one.test.name: "others kill what it kills" for one in found if one not in kept}
    return Filtered(kept=tuple(kept), refused=refused)


def fewest(found: Sequence[Kept]) -> list[Kept]:
    """Return few tests that together kill all that can be killed, in the order in which they were given."""
    chosen: list[Kept] = []
    left = {key for one in found for key in one.kills}
    while left:
        best = max(found, key=lambda one: (len(one.kills & left), -len(one.test.source)))
        chosen.append(best)
        left -= best.kills
    for one in reversed(chosen.copy()):
        if one.kills <= {key for other in chosen if other is not one for key in other.kills}:
            chosen.remove(one)
    return [one for one in found if one in chosen]
