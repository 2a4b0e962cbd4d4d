"""Comparison: which parts of the diff run on two versions, in which order, and what they come to in one report.

Why: whoever asks (a person, a gate, a program) gets one list of findings, without repetition, and is told how hard it looked.
Where the meaning is the same on paper nothing is run; what is run is led by what has changed.
Not here: the parts (one file or room each), generations of cells (`assemble.difference`).
"""

import ast
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from planaria.diff.finding import KINDS, LEVELS, Finding, Kind, NotExercised, Report, in_order
from planaria.diff.intent import Expectation, marked
from planaria.diff.reading import NothingToCompare
from planaria.diff.version import Version

if TYPE_CHECKING:
    from planaria.diff.normal import Sameness

RUN: tuple[Kind, ...] = ("behaviour", "performance")
UNCHANGED, NOT_FOUND, DIFFERENT = "unchanged", "no difference found", "different"
STATIC_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a comparison; `contract` is FILE or FILE:Class, `today` a date like 2031-12-31.

    `declared` are the kinds of effect that are allowed; None takes them from the contract.

    >>> Question().budget_s
    30.0
    """

    kinds: tuple[Kind, ...] = KINDS
    budget_s: float = 30.0
    contract: str | None = None
    declared: frozenset[str] | None = None
    examples: Path | None = None
    expected: tuple[Expectation, ...] = ()
    today: str = ""
    seed: int = 1
    confined: bool = True
    symbolic: bool = False
    report: Callable[[str, float], None] = lambda _, __: None


class Comparison:
    """Two versions and what is asked of them.

    >>> same = Version(label="a.py", files={"a.py": b"x = 1"})
    >>> Comparison(old=same, new=same, question=Question()).settled().summary["meaning"]
    'unchanged'
    """

    def __init__(self, *, old: Version, new: Version, question: Question) -> None:
        is_data = not old.modules and "schema" in question.kinds
        self.old, self.new, self.began_s = old, new, perf_counter()
        self.question = replace(question, kinds=("schema",)) if is_data else question

    @cached_property
    def sameness(self) -> "Sameness":
        """Return what differs on the normalised trees."""
        from planaria.diff.normal import unchanged

        return unchanged(self.old, self.new)

    def settled(self) -> Report | None:
        """Return the report where nothing has changed in meaning; None where more must be done.

        Raises:
            NothingToCompare: PLN-D102, where the old side is no Python at all, or JSON that is not to be read as schemas.
        """
        old, kinds = self.old, self.question.kinds
        if not old.modules and "schema" not in kinds:
            raise NothingToCompare(side=old.label, text=f"it is JSON, which has no {' and no '.join(kinds)}")
        self.question.report("reading", 0.0)
        with _uncollected():
            if self.sameness.is_same:
                return self.concluded([], meaning=UNCHANGED, reason=self.sameness.reason)
        for path, text in self.broken[0].items():
            if len(self.broken[0]) == len(old.modules):
                raise NothingToCompare(side=old.label, text=f"{old.place(path)} cannot be parsed: {text}")
        return None

    @cached_property
    def broken(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the changed files of either side that are no Python, and why; files with the same bytes are not read."""
        told: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for side, other, errors in zip((self.old, self.new), (self.new, self.old), told, strict=True):
            for name, path in side.modules.items():
                if side.files[path] != other.files.get(path) and isinstance(error := side.parsed(name), Exception):
                    errors[path] = str(error)
        return told

    async def report(self) -> Report:
        """Compare on paper, then run what must be run."""
        settled = self.settled()
        if settled is not None:
            return settled
        asked = self.question
        with _uncollected():
            found = list(self.static())
        left = [NotExercised(symbol=self.old.place(path), why=f"cannot be parsed: {why}") for path, why in self.broken[0].items()]
        runs, clients = tuple(one for one in asked.kinds if one in RUN), tuple(one for one in found if one.client)
        if len(self.broken[1]) == len(self.new.modules) or not (runs or clients):
            return self.concluded(found, left=left)
        from planaria.diff.observed import BehaviourRequest
        from planaria.diff.search import behaviour_findings

        changed = self.sameness.changed | self.sameness.added | self.sameness.removed
        request = BehaviourRequest(
            kinds=runs, budget_s=asked.budget_s, contract=asked.contract, examples=asked.examples, changed=changed, seed=asked.seed,
            clients=clients, confined=asked.confined, symbolic=asked.symbolic,
            report=lambda text, share: asked.report(text, STATIC_SHARE + (1 - STATIC_SHARE) * share),
        )  # fmt: skip
        result = await behaviour_findings(self.old, self.new, request)
        shown = {_key(one): one for one in result.clients}
        gone = {one.symbol for one in found if one.kind == "interface"} & self.sameness.removed  # to call it adds nothing
        found = [*(shown.get(_key(one), one) for one in found), *(one for one in result.findings if one.symbol not in gone)]
        if "effects" in asked.kinds:
            from planaria.diff.effect.change import observed_findings

            found += observed_findings(result.seen_old, result.seen_new, static=found)
        return self.concluded(found, left=[*left, *result.not_exercised], search=dict(result.summary))

    def static(self) -> Iterator[Finding]:
        """Yield what is found on paper, kind by kind; a file that is no Python is one finding, and not all that is missing in it."""
        old, new, asked, broken = self.old, self.new, self.question, {**self.broken[0], **self.broken[1]}
        if broken:
            old, new = (
                Version(label=side.label, files={path: data for path, data in side.files.items() if path not in broken})
                for side in (old, new)
            )
        if "interface" in asked.kinds:
            from planaria.diff.interface import interface_findings

            asked.report("interface", 0.05)
            yield from interface_findings(old, new)
        if "schema" in asked.kinds:
            from planaria.diff.schema.comparison import schema_findings

            asked.report("schema", 0.1)
            yield from schema_findings(old, new)
        if "effects" in asked.kinds:
            from planaria.diff.effect.change import effect_findings

            asked.report("effects", 0.15)
            declared = declared_effects(asked.contract) if asked.contract and asked.declared is None else asked.declared
            yield from effect_findings(old, new, declared=declared)
        if "structure" in asked.kinds or self.broken[1]:
            from planaria.diff.structure import structure_findings

            asked.report("structure", 0.2)
            told = structure_findings(self.old, self.new, self.sameness)
            yield from (one for one in told if "structure" in asked.kinds or one.level == "breaking")

    def concluded(
        self, findings: Iterable[Finding], *, left: Iterable[NotExercised] = (), search: dict[str, Any] | None = None, **facts: Any
    ) -> Report:
        """Put findings into a report: in order, once each, in places that the user knows, those that were declared marked."""
        asked = self.question
        kept = {(_key(one), repr(one.witness)): self._placed(one) for one in findings}
        found, intent = marked(in_order(kept.values()), asked.expected, today=asked.today)
        levels = Counter(one.level for one in found)
        summary = {
            "old": self.old.label, "new": self.new.label, "kinds": list(asked.kinds),
            "meaning": DIFFERENT if any(one.is_difference for one in found) else NOT_FOUND, "reason": "",
            "differences": sum(one.is_difference and not one.intended for one in found), "intended": sum(one.intended for one in found),
            "levels": {level: levels[level] for level in LEVELS}, "files": {"old": len(self.old.files), "new": len(self.new.files)},
            "intent": intent, "search": search or None, "seed": asked.seed, "seconds": round(perf_counter() - self.began_s, 3),
        }  # fmt: skip
        return Report(findings=tuple(found), not_exercised=tuple(left), summary=summary | facts)

    def _placed(self, finding: Finding) -> Finding:
        is_old = finding.file not in self.new.files or finding.symbol in self.sameness.removed
        side = self.old if is_old and finding.file in self.old.files else self.new
        return replace(finding, file=side.place(finding.file))


def declared_effects(contract: str) -> frozenset[str]:
    """Return the kinds of effect that a contract's text declares; it is FILE or FILE:Class.

    Raises:
        NothingToCompare: PLN-D102, where it cannot be read.
    """
    from planaria.diff.effect.touch import EFFECTS

    file, _, name = (contract, "", "") if Path(contract).is_file() else contract.rpartition(":")
    try:
        tree: ast.AST = ast.parse(Path(file).read_bytes())
        tree = next(one for one in ast.walk(tree) if isinstance(one, ast.ClassDef) and one.name == name) if name else tree
    except (OSError, SyntaxError, ValueError, StopIteration) as error:
        raise NothingToCompare(side=contract, text=f"the contract cannot be read: {error!r}") from error
    kinds = {each.capitalize(): each for one in EFFECTS.values() for each in one}
    called = {ast.unparse(one.func).rpartition(".")[2] for one in ast.walk(tree) if isinstance(one, ast.Call)}
    return frozenset(kinds[one] for one in called & set(kinds))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector from looking through syntax trees, which hold no cycles: it takes twice the time of parsing them."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def _key(finding: Finding) -> tuple[Any, ...]:
    return finding.kind, finding.symbol, finding.what, finding.file, finding.line
