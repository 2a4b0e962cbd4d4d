"""Faults: by a seed, calls are refused, fail, or end unknown, so that a suite meets what only production meets otherwise.

Why: whoever calls a cell must bear all four outcomes, and three of them hardly ever happen in a test. A fault hangs on the
seed, the operation and the number of its call alone, so the same seed gives the same faults, whatever runs beside it.
Decision D-131: faults are drawn per operation and not from one stream of chance. Because two calls that race would swap
their faults, and no seed would repeat a failure. Revisit when faults must depend on each other.
Not here: injecting them (`copying`); faults of the store (`planaria.testing.store`).
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from planaria.kernel.error import PlanariaError, Refused, Several, Unknown

Kind = Literal["refused", "failed", "unknown_before", "unknown_after", "cancelled"]
Script = Kind | tuple[Kind | Literal[""], ...]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAUSES_MAX = 8
TEXT = "a fault was injected into call {number} of '{operation}' of cell '{cell}': {kind}"
WHY = "the test asked for it, with seed {seed}"
FIX = "let the caller bear this outcome; the same seed repeats it"


class FaultsWrong(Several):
    """Faults that cannot be injected."""

    code = "PLN-P202"
    why = "a fault that is never injected proves nothing, so a wrong name is no silent one"


class InjectedRefusal(Refused):
    """A call that was refused for a test."""

    code, what, why, fix, unsent = "PLN-P203", TEXT, WHY, FIX, True


class InjectedFailure(PlanariaError):
    """A call that failed for a test."""

    code, what, why, fix = "PLN-P204", TEXT, WHY, FIX


class InjectedUnknown(Unknown):
    """A call whose answer was lost for a test."""

    code, what, why, fix = "PLN-P205", TEXT, WHY, FIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One fault: of which call, counted from 0, and of which kind; `pauses` says after how many pauses a call is cancelled."""

    cell: str
    operation: str
    number: int
    kind: Kind
    pauses: int
    seed: int

    @property
    def error(self) -> PlanariaError:
        """Return what the seat raises.

        >>> type(Injection(cell="stock", operation="take", number=0, kind="refused", pauses=1, seed=7).error).__name__
        'InjectedRefusal'
        """
        facts = {"cell": self.cell, "operation": self.operation, "number": self.number, "kind": self.kind, "seed": self.seed}
        known = {"refused": InjectedRefusal, "failed": InjectedFailure}
        return known.get(self.kind, InjectedUnknown)(**facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Say which calls meet a fault; the same seed gives the same faults to the same calls.

    `share` of all calls meet one of `kinds`. `at` says more about the operations it names, as `cell.operation`: one kind for
    each call, or a script, one kind per call in order, with `""` where all goes well, and after its end.

    - `refused`: nothing runs, and the caller sees a refusal (PLN-C200).
    - `failed`: nothing runs, and the caller sees a failure (PLN-C300).
    - `unknown_before`, `unknown_after`: nothing runs, or all of it does and the answer is lost; the caller cannot tell which (PLN-C400).
    - `cancelled`: it is cancelled at one of its first pauses, as a deadline does; the caller sees that it is unknown (PLN-C400).

    Raises:
        FaultsWrong: PLN-P202.

    >>> faults = Faults(at={"stock.take": ("", "unknown_after")})
    >>> [(faults.of("stock", "take", number) or "none") and number for number in range(3) if faults.of("stock", "take", number)]
    [1]
    """

    seed: int = 0
    share: float = 0.0
    kinds: tuple[Kind, ...] = KINDS
    at: Mapping[str, Script] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would never be injected."""
        named = {name: (script,) if isinstance(script, str) else script for name, script in self.at.items()}
        problems = [f"share is {self.share}, and must be from 0 to 1"] if not 0 <= self.share <= 1 else []
        problems += ["kinds is empty"] if not self.kinds else []
        problems += [f"'{name}' is not like 'stock.take'" for name in named if len(name.split(".")) != len(("cell", "operation"))]
        given = [("kinds", one) for one in self.kinds] + [(name, one) for name, script in named.items() for one in script if one]
        problems += [f"{name}: '{one}' is none of {', '.join(KINDS)}" for name, one in given if one not in KINDS]
        self._refuse(problems)

    def fit(self, cell: str, operations: Iterable[str]) -> None:
        """Refuse a name in `at` that is no operation of its cell.

        Raises:
            FaultsWrong: PLN-P202.

        >>> Faults(at={"stock.take": "failed"}).fit("stock", ["take", "put"])
        """
        known = list(operations)
        asked = [one.split(".")[1] for one in self.at if one.split(".")[0] == cell]
        self._refuse([f"cell '{cell}' has no operation '{one}', but {', '.join(known)}" for one in asked if one not in known])

    def of(self, cell: str, operation: str, number: int) -> Injection | None:
        """Return the fault that a call meets, or None; calls of an operation are counted from 0.

        >>> Faults(share=1.0, kinds=("failed",)).of("stock", "take", 0).kind
        'failed'
        >>> Faults().of("stock", "take", 0) is None
        True
        """
        chance = random.Random(f"{self.seed} {cell}.{operation} {number}")  # noqa: S311 - chance that a seed repeats, not a secret
        drawn, kind, pauses = chance.random(), chance.choice(self.kinds), chance.randint(1, PAUSES_MAX)
        script = self.at.get(f"{cell}.{operation}")
        said: Kind | Literal[""] = kind if drawn < self.share else ""
        if isinstance(script, str):
            said = script
        elif script is not None:
            said = script[number] if number < len(script) else ""
        return Injection(cell=cell, operation=operation, number=number, kind=said, pauses=pauses, seed=self.seed) if said else None

    def _refuse(self, problems: list[str]) -> None:
        if problems:
            raise FaultsWrong.of("the faults", problems)
