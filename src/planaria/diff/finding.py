"""Findings of a diff: one change of meaning each, with its place, its cure and, where it can be shown, its witness.

Why: a reviewer reads findings, a gate judges them and a program filters them; so they are data, the same from every kind of diff.
Not here: what each kind looks for (the other rooms), how findings are told (`cli.diff`), verdicts (`gates.verdict`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["interface", "schema", "effects", "structure", "behaviour", "performance"]
Level = Literal["breaking", "warning", "info"]
KINDS: tuple[Kind, ...] = ("interface", "schema", "effects", "structure", "behaviour", "performance")
LEVELS: tuple[Level, ...] = ("breaking", "warning", "info")
FORMAT = 1
MEANINGLESS = ("structure", "performance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference between an old and a new version.

    `symbol` is the dotted name that callers use (`Cart.add`, `shop.cart.Cart.add`); `file` and `line` are in the new version,
    or in the old one where the new has no such place. `client` is a small program that works on the old version and not on
    the new one: a witness yet to be run. `witness` is JSON-able: `{"calls": [text, ...], "old": {...}, "new": {...}}`, where
    an outcome has at least `kind` ("completed", "failed", ...) and `text`.

    >>> Finding(kind="interface", level="breaking", symbol="f", what="parameter 'x' is gone", cure="keep it").is_difference
    True
    """

    kind: Kind
    level: Level
    symbol: str
    what: str
    cure: str
    file: str = ""
    line: int = 0
    witness: Mapping[str, Any] | None = None
    client: str = ""
    intended: bool = False

    @property
    def is_difference(self) -> bool:
        """Say whether it is a change of meaning: a note on structure or speed is none."""
        return self.level != "info" or self.kind not in MEANINGLESS

    @property
    def place(self) -> str:
        """Return `file:line`, as far as they are known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        names = ("kind", "level", "symbol", "file", "line", "what", "cure", "witness", "intended")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExercised:
    """A symbol whose behaviour was not compared, and why."""

    symbol: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a comparison found, what it could not exercise, and how hard it looked.

    >>> Report(findings=(), not_exercised=(), summary={}).differs
    False
    """

    findings: tuple[Finding, ...]
    not_exercised: tuple[NotExercised, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Say whether a change of meaning was found that nobody declared."""
        return any(one.is_difference and not one.intended for one in self.findings)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data; `tests/diff/report.schema.json` is its schema."""
        left = [{"symbol": one.symbol, "why": one.why} for one in self.not_exercised]
        return {"summary": {"format": FORMAT, **self.summary}, "findings": [one.plain() for one in self.findings], "not_exercised": left}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings as a reviewer wants them: by level, then by kind, then by place.

    >>> one, two = (Finding(kind="effects", level=level, symbol="f", what="", cure="") for level in ("info", "breaking"))
    >>> [each.level for each in in_order([one, two])]
    ['breaking', 'info']
    """
    return sorted(findings, key=lambda one: (LEVELS.index(one.level), KINDS.index(one.kind), one.file, one.line, one.symbol, one.what))
