"""Verdicts: what a gate is given, what it finds, and what it decides.

Why: a verdict must be re-checkable by somebody who was not there, so it is data: findings with place and cure, and the
evidence from which they came.
Decision D-040: a verdict is never pass by default. Because a gate that looked at nothing, broke or ran out of time has
shown nothing, it says inconclusive, and that pauses like a failure. Revisit when a gate exists that can prove absence.
Not here: the gates (one file each), the order in which they are asked (`regen.attempt`).
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from planaria.gates.intent import Intent
from planaria.kernel.contract import Contract
from planaria.kernel.loader import Generation

Level = Literal["refuse", "doubt", "note"]
Result = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fact that a gate reports, with its place and its cure; `witness` is JSON-able data.

    A `refuse` fails the candidate, a `doubt` leaves the verdict inconclusive, a `note` decides nothing.

    >>> Finding(gate="policy", level="refuse", what="it imports ctypes", cure="do without", file="impl/__init__.py", line=3).place
    'impl/__init__.py:3'
    """

    gate: str
    level: Level
    what: str
    cure: str
    file: str = ""
    line: int = 0
    witness: Mapping[str, Any] | None = None

    @property
    def place(self) -> str:
        """Return `file:line`, as far as they are known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {name: getattr(self, name) for name in ("gate", "level", "what", "cure", "file", "line", "witness")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one gate decided about one candidate, and the evidence that lets another re-check it.

    >>> Verdict(gate="suite", result="inconclusive").passed
    False
    """

    gate: str
    result: Result
    findings: tuple[Finding, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Say whether it is a pass, and nothing less."""
        return self.result == "pass"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        findings = [one.plain() for one in self.findings]
        plain = {"gate": self.gate, "verdict": self.result, "findings": findings, "evidence": dict(self.evidence)}
        return plain | {"seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a gate may spend, and the figures that it holds a candidate to.

    The least per cent of branches reached and of mutants killed are labelled defaults; a cell declares its own (`completeness`).

    >>> Limits().branches_percent_min
    95.0
    """

    files_max: int = 40
    bytes_max: int = 200_000
    branches_percent_min: float = 95.0
    mutants_percent_min: float = 90.0
    examples_timeout_s: float = 60.0
    suite_timeout_s: float = 300.0
    properties_timeout_s: float = 15.0
    behaviour_timeout_s: float = 30.0
    mutation_timeout_s: float = 600.0
    memory_bytes: int = 4 << 30
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The commands that start the processes in which a candidate runs; the judging process never loads it.

    A gate completes each command with its arguments; `apart` is false where the suite cannot run in another process than its cell.

    >>> Workers(judged=("python", "-m", "planaria.assemble.judged")).suite
    ()
    """

    judged: tuple[str, ...] = ()
    exemplified: tuple[str, ...] = ()
    suite: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    apart: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What every gate is given.

    `root` is the system as its users know it, and only read. `scratch` is a copy of it in which the candidate is the
    cell's implementation, with the original contract and tests. `grants` are the contracts that the cell may use.
    `recordings` is a file of recorded calls and `store` a copy of the system's data; either may be missing.
    `measured` is where a gate leaves a measurement that a later gate reads, so that a suite is run once.
    """

    root: Path
    scratch: Path
    cell: str
    contract: type[Contract]
    current: Generation
    candidate: Generation
    intent: Intent = field(default_factory=Intent)
    grants: tuple[type[Contract], ...] = ()
    workers: Workers = field(default_factory=Workers)
    recordings: Path | None = None
    store: Path | None = None
    limits: Limits = field(default_factory=Limits)
    measured: dict[str, Any] = field(default_factory=dict)


Gate = Callable[[Case], Awaitable[Verdict]]


def decide(gate: str, findings: Iterable[Finding], *, checked: int, evidence: Mapping[str, Any] | None = None) -> Verdict:
    """Turn findings into a verdict; `checked` counts what was looked at, and without any there is no pass.

    >>> decide("examples", [], checked=0).result
    'inconclusive'
    """
    found = tuple(findings)
    levels = {one.level for one in found}
    if not checked and not levels & {"refuse", "doubt"}:
        found += (Finding(gate=gate, level="doubt", what="there was nothing to judge by", cure="give the gate something to check"),)
        levels.add("doubt")
    result: Result = "fail" if "refuse" in levels else "inconclusive" if "doubt" in levels else "pass"
    return Verdict(gate=gate, result=result, findings=found, evidence={"checked": checked, **(evidence or {})})


async def judge(name: str, gate: Gate, case: Case) -> Verdict:
    """Ask a gate and time it; a gate that breaks has shown nothing, so its verdict is inconclusive."""
    began = time.perf_counter()
    try:
        verdict = await gate(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks a judge must not let a candidate through
        what = f"the gate itself broke: {type(error).__name__}: {error}"
        doubt = Finding(gate=name, level="doubt", what=what, cure="mend what the text names, then try again")
        verdict = decide(name, [doubt], checked=0)
    return replace(verdict, seconds=time.perf_counter() - began)
