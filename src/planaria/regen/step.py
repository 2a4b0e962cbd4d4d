"""Steps and results of a regeneration, as values that a command line, a demo or a page can render.

Why: the loop tells what happens and never how it looks; `kind` is the kind of the ledger's entry where there is one.
Not here: rendering (`cli`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from planaria.gates.verdict import Finding, Result, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened, with a sentence and its facts; `attempt` is 0 outside attempts.

    >>> Step(kind="gate.started", cell="cart", text="asking the suite").attempt
    0
    """

    kind: str
    cell: str
    text: str
    attempt: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


Tell = Callable[[Step], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One candidate and what the gates said; `candidate` is empty where the proposer gave none."""

    number: int
    candidate: str
    verdicts: tuple[Verdict, ...]

    @property
    def verdict(self) -> Result:
        """Return the last verdict, and never pass without one."""
        return self.verdicts[-1].result if self.verdicts else "inconclusive"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of all gates that were asked."""
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        findings, gates = [one.plain() for one in self.findings], [one.plain() for one in self.verdicts]
        return {"number": self.number, "verdict": self.verdict, "candidate": self.candidate, "findings": findings, "gates": gates}


@dataclass(frozen=True, slots=True, kw_only=True)
class Regenerated:
    """How a regeneration ended; `generation` is the digest of the one that it put in force, empty where it put none.

    >>> Regenerated(cell="cart", verdict="fail", attempts=(), generation="", seconds=1.0).promoted
    False
    """

    cell: str
    verdict: Result
    attempts: tuple[Attempt, ...]
    generation: str
    seconds: float

    @property
    def promoted(self) -> bool:
        """Say whether a candidate is in force now."""
        return bool(self.generation)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        attempts = [one.plain() for one in self.attempts]
        plain = {"cell": self.cell, "verdict": self.verdict, "attempts": attempts, "generation": self.generation}
        return plain | {"seconds": round(self.seconds, 3)}
