"""Behaviour observed: what is asked of the search for witnesses in plain Python, and what it answers.

Why: the comparison composes its parts by data alone, so the engine can change without it.
Not here: the engine (`witness`), generations of cells (`behaviour`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planaria.diff.finding import Finding, Kind, NotExercised


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourRequest:
    """What to look for, with what, and for how long.

    Of `kinds`, `behaviour` asks for the search and `performance` for timings; `clients` are findings whose program is run on
    both versions in any case. `changed` are the symbols whose code differs, or None where that is not known.

    >>> BehaviourRequest(kinds=("behaviour",)).budget_s
    30.0
    """

    kinds: tuple[Kind, ...]
    budget_s: float = 30.0
    contract: str | None = None
    examples: Path | None = None
    changed: frozenset[str] | None = None
    seed: int = 1
    clients: tuple[Finding, ...] = ()
    confined: bool = True
    symbolic: bool = False
    report: Callable[[str, float], None] = lambda _, __: None


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourResult:
    """What was found, and how hard it looked.

    `summary` holds `inputs`, `calls`, `branches` (`{"old": [reached, of], "new": [reached, of]}`), `seconds`, `cpu_s` and `seed`.
    `clients` are those of the request, with a witness where they showed a break. `seen_old` and `seen_new` are effects by symbol.
    """

    findings: tuple[Finding, ...] = ()
    not_exercised: tuple[NotExercised, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    clients: tuple[Finding, ...] = ()
    seen_old: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seen_new: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
