"""What a proof says: how complete a suite is, which mutants it lets live, and where else it is blind.

Why: the command line, the page, `harden` and the gates read the same values.
Not here: how they are found (`run`), how they are told (`cli.prove`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from planaria.prove.mutant import Mutant

Verdict = Literal["killed", "survived", "unreached", "probably_equivalent", "inconclusive"]
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """One thing other than a mutant that a suite does not see, with its place (line 0: the whole file) and what to do."""

    kind: Literal["asserts_nothing", "passes_on_a_stub", "skipped", "order", "clock", "operation", "error", "fails"]
    file: str
    line: int
    test: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A mutant with its verdict: `tests` reach it, `by` is the test that killed it, `why` says what kept it from a verdict."""

    mutant: Mutant
    verdict: Verdict
    tests: tuple[str, ...] = ()
    by: str = ""
    why: str = ""
    is_cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReach:
    """How a file is reached: lines and branches (pairs of lines; a negative one leaves the function), and which tests reach a line.

    `excused_lines` are those that the code asks not to be counted.
    """

    file: str
    source: str
    lines: tuple[int, ...]
    missed_lines: tuple[int, ...]
    branches: int
    missed_branches: tuple[tuple[int, int], ...]
    excused_lines: tuple[int, ...] = ()
    tests: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test of the baseline: its result (passed, failed, skipped), what it cost, and how many mutants it reaches."""

    __test__ = False
    name: str
    file: str
    line: int
    result: Literal["passed", "failed", "skipped"]
    cpu_s: float
    reaches: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The whole proof of one suite; `made` counts all mutants there are, where `mutants` may be a sample of them.

    >>> Proof(files=(), tests=(), mutants=(), findings=(), cpu_s=1.0, seconds=1.0).score_percent
    100.0
    """

    files: tuple[FileReach, ...]
    tests: tuple[Test, ...]
    mutants: tuple[Proven, ...]
    findings: tuple[Blind, ...]
    cpu_s: float
    seconds: float
    made: int = 0

    def count(self, *verdicts: Verdict) -> int:
        """Count the mutants that came to one of these verdicts."""
        return sum(one.verdict in verdicts for one in self.mutants)

    @property
    def survivors(self) -> tuple[Proven, ...]:
        """Return the mutants that no test noticed, whether tests reach them or not."""
        return tuple(one for one in self.mutants if one.verdict in ("survived", "unreached"))

    @property
    def score_percent(self) -> float:
        """Return how many per cent are killed of those that came to a verdict and are not probably equivalent."""
        killed, lived = self.count("killed"), len(self.survivors)
        return 100.0 * killed / (killed + lived) if killed + lived else 100.0

    @property
    def branches_percent(self) -> float:
        """Return how many per cent of all branches are reached; where there are none, of all lines."""
        total, missed = sum(one.branches for one in self.files), sum(len(one.missed_branches) for one in self.files)
        if not total:
            total, missed = sum(len(one.lines) for one in self.files), sum(len(one.missed_lines) for one in self.files)
        return 100.0 * (total - missed) / total if total else 100.0

    def plain(self) -> dict[str, Any]:
        """Return the proof as JSON has it; `survived` holds what no test reaches too, with `reached` false."""
        sources = {one.file: one.source for one in self.files}

        def told(one: Proven) -> dict[str, Any]:
            mutant = one.mutant
            return {
                "file": mutant.file, "line": mutant.line, "operator": mutant.operator, "function": mutant.function,
                "diff": mutant.diff(sources[mutant.file]), "reached": one.verdict != "unreached", "why": one.why,
            }  # fmt: skip

        return {
            "format": FORMAT, "branches_percent": round(self.branches_percent, 2), "mutants": len(self.mutants), "made": self.made,
            "killed": self.count("killed"), "survived": [told(one) for one in self.survivors],
            "probably_equivalent": [told(one) for one in self.mutants if one.verdict == "probably_equivalent"],
            "inconclusive": [told(one) for one in self.mutants if one.verdict == "inconclusive"],
            "score_percent": round(self.score_percent, 2), "cpu_s": round(self.cpu_s, 3), "seconds": round(self.seconds, 3),
            "cached": sum(one.is_cached for one in self.mutants),
            "tests": {result: sum(one.result == result for one in self.tests) for result in ("passed", "failed", "skipped")},
            "findings": [
                {"kind": one.kind, "file": one.file, "line": one.line, "test": one.test, "what": one.what, "cure": one.cure}
                for one in self.findings
            ],
        }  # fmt: skip
