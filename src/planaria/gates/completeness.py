"""Completeness: what a cell's suite must reach before its implementation may be thrown away, and what it has reached already.

Why: a rewrite may lose whatever no test notices, so the suite is proven on the implementation in force before anybody writes another.
The default is the product's; a cell declares its own in system.py, where people review it:
`system.add(Cart, completeness={"branches": 90, "mutants": 75})`, in per cent; 0 is not to ask.
Decision D-141: what was proven once is not proven again while nothing below `cells` and no Python file beside it has changed. Because
a proof costs minutes, and a second attempt the same day is the rule. Revisit when it is known which of them bear on a suite.
Not here: the gates that measure it (`coverage`, `mutation`), when they are asked (`regen.attempt`).
"""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from planaria.gates.coverage import coverage
from planaria.gates.mutation import mutation
from planaria.gates.verdict import Gate, Limits, Verdict
from planaria.kernel.error import PlanariaError, Several
from planaria.kernel.system import CellPlan

PROOF: tuple[tuple[str, Gate], ...] = (("coverage", coverage), ("mutation", mutation))
FIGURES = {"branches": "branches_percent_min", "mutants": "mutants_percent_min"}


class CompletenessWrong(Several):
    """A completeness that cannot be held."""

    code = "PLN-R111"
    why = "it is declared in system.py, for the gates `coverage` and `mutation`"


class SuiteIncomplete(PlanariaError):
    """A suite does not prove the implementation that is to be thrown away."""

    code = "PLN-R112"
    what = "cell '{cell}' is not regenerated: the {gate} gate says of the implementation in force: {text}"
    why = "what no test notices a rewrite may lose, so its suite comes first"
    fix = (
        "look at `planaria prove cells/{cell}`, and complete the suite by `planaria harden cells/{cell}`; or declare in system.py "
        "what is enough: system.add(…, completeness=dict(branches=…, mutants=…))"
    )

    @classmethod
    def of(cls, cell: str, verdict: Verdict) -> "SuiteIncomplete":
        """Tell of the gate that did not pass, by its first finding."""
        deciding = [one for one in verdict.findings if one.level != "note"]
        more = f" (and {len(deciding) - 1} more)" if deciding[1:] else ""
        return cls(cell=cell, gate=verdict.gate, text=f"{deciding[0].what}{more}")


def limits_of(plan: CellPlan, limits: Limits) -> Limits:
    """Return the limits with what the cell itself declares.

    Raises:
        CompletenessWrong: PLN-R111.
    """
    problems = list(problems_of(plan))
    if problems:
        raise CompletenessWrong.of(f"the completeness of cell '{plan.name}'", problems)
    declared: dict[str, Any] = {FIGURES[name]: float(value) for name, value in plan.completeness.items()}
    return replace(limits, **declared)


def problems_of(plan: CellPlan) -> Iterator[str]:
    """Yield what is wrong with the completeness that a cell declares, as sentences."""
    for name, value in plan.completeness.items():
        if name not in FIGURES:
            yield f"there is no '{name}': use {' and '.join(FIGURES)}"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:  # noqa: PLR2004 - per cent
            yield f"{name} is {value!r}: per cent, 0 to 100, are needed"


def proof_of(root: Path, cell: str, limits: Limits) -> tuple[Path, str]:
    """Return where it is kept that a suite was proven, and the digest of all that bears on it: proven is what is kept there.

    >>> proof_of(Path("shop"), "cart", Limits())[0].as_posix()
    'shop/.planaria/proven/cart'
    """
    whole = hashlib.sha256(f"{sys.version} {cell} {limits}".encode())
    for path in (*sorted(root.glob("*.py")), *sorted((root / "cells").rglob("*"))):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            whole.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return root / ".planaria" / "proven" / cell, whole.hexdigest()
