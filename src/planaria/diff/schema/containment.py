"""Containment: a value that one schema accepts and another refuses, or the proof that there is none.

Why: "compatible" is said only where it is proved, "incompatible" only where a value shows it; the rest is said to be undecided. A
reviewer believes a value, so every limit of either side is tried from both sides, field by field, in the smallest value that holds
it. Nothing is drawn by chance.
Not here: the proof (`inclusion`), whether a value is accepted (`document`), which schemas to compare (`comparison`).
"""

import importlib
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from planaria.diff.schema.document import UNSURE, Document, Path, Refusal, Schema, accepts, kind_of, modern, refusals, text_of, told
from planaria.diff.schema.inclusion import NUMBERS, Inclusion, Shape, shapes

VALUES_MAX, DEPTH_MAX, LENGTH_MAX, TRIES_MAX = 2_000, 8, 5_000, 400
_FORMATTED = {
    "date-time": "2020-01-02T03:04:05Z", "date": "2020-01-02", "time": "03:04:05", "duration": "P1D", "decimal": "1.5", "base64": "YQ==",
    "uuid": "12345678-1234-5678-1234-567812345678", "email": "a@b.c", "uri": "a:b",
}  # fmt: skip
_CATEGORIES = {"CATEGORY_DIGIT": "07", "CATEGORY_SPACE": " \t", "CATEGORY_NOT_WORD": "-!"}
_WORDS = ["a", "", "A", "0", "a b", "-1", "ab", "é", "x_1", *_FORMATTED.values()]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A value that the narrow schema accepts and the wide one refuses, and why."""

    value: Any
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Undecided:
    """A place of which it is neither proved nor disproved that everything is accepted."""

    path: Path
    reason: str


def containment(narrow: Schema, wide: Schema) -> Counterexample | Undecided | None:
    """Return a value that `narrow` accepts and `wide` refuses; None where every value is accepted. Each holds its own references.

    >>> found = containment({"type": "integer"}, {"type": "integer", "maximum": 9})
    >>> found.value, found.refusal.text
    (10, 'at most 9 is wanted')
    """
    inside = Inclusion(narrow=Document(modern(narrow)), wide=Document(modern(wide)))
    return next(iter(differences(inside, inside.narrow.root, inside.wide.root)), None)


def differences(inclusion: Inclusion, narrow: Schema, wide: Schema) -> list[Counterexample | Undecided]:
    """Return one counterexample for each field (or item) that is refused, then what is undecided.

    >>> proof = Inclusion(narrow=Document({}), wide=Document({}))
    >>> [str(one.refusal) for one in differences(proof, {"enum": ["a", "b"]}, {"enum": ["a"]})]
    ['"a" is wanted at $']
    """
    if inclusion.holds(narrow, wide):
        return []
    found: dict[Path, Counterexample | Undecided] = {}
    with suppress(RecursionError):
        for value in itertools.islice(Examples(inclusion=inclusion).values(narrow, [wide]), VALUES_MAX):
            refused = [one for one in refusals(value, wide, inclusion.wide) if one.path[:1] not in found]
            if refused and accepts(value, narrow, inclusion.narrow):
                found |= {one.path[:1]: Counterexample(value, one) for one in reversed(refused) if one.keyword != UNSURE}
    one, other = [*shapes(narrow, inclusion.narrow), None][0], [*shapes(wide, inclusion.wide), None][0]
    if one and other and one.kind == other.kind == "object":
        for name in dict.fromkeys([*one.named, *other.named]):
            if (name,) not in found and not inclusion.part(one, other, name):
                found[name,] = Undecided((name,), f"{told(one.field(name))} against {told(other.field(name))}")
    return [*found.values()] or [Undecided((), f"{told(narrow)} against {told(wide)}")]


@dataclass(frozen=False, slots=True, kw_only=True)
class Examples:
    """Values of the narrow side of an inclusion.

    >>> near = Examples(inclusion=Inclusion(narrow=Document({}), wide=Document({})))
    >>> next(value for value in near.values({"type": "integer"}, [{"type": "integer", "maximum": 9}]) if value > 9)
    10
    """

    inclusion: Inclusion
    found: dict[str, list[Any]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def values(self, narrow: Schema, wide: Sequence[Schema], depth: int = 0) -> Iterator[Any]:
        """Yield values that `narrow` may accept, where those of `wide` may not."""
        others = [one for schema in wide for one in shapes(schema, self.inclusion.wide)]
        for one in shapes(narrow, self.inclusion.narrow) if depth <= DEPTH_MAX else ():
            near = [other for other in others if other.kind == one.kind or {other.kind, one.kind} == NUMBERS]
            if any((one.name, other.name) in self.inclusion.assumed for other in others):
                continue
            if one.kind in ("array", "object"):
                yield from (self._lists if one.kind == "array" else self._objects)(one, near, depth)
            else:
                yield from one.values if one.kind == "values" else (_texts if one.kind == "string" else _numbers)(one, near)

    def _few(self, schema: Schema, count: int = 1) -> list[Any]:
        """Return some values that are accepted, different ones, fewer where no more are found."""
        key = text_of(schema)
        if len(self.found.get(key, ())) < count and key not in self.open:
            self.open.add(key)
            kept: dict[str, Any] = {}
            for value in itertools.islice(self.values(schema, [], DEPTH_MAX // 2), TRIES_MAX):
                if len(kept) < count and accepts(value, schema, self.inclusion.narrow):
                    kept.setdefault(text_of(value), value)
            self.open.discard(key)
            self.found |= {key: [*kept.values()]} if kept else {}
        return self.found.get(key, [])[:count]

    def _part(self, narrow: Schema, wide: list[Schema], depth: int) -> Iterable[Any]:
        """Return the values of a part, unless it is proved that none of them is refused."""
        if not wide:
            return self._few(narrow, 2)
        return () if len(wide) == 1 and self.inclusion.holds(narrow, wide[0]) else self.values(narrow, wide, depth + 1)

    def _lists(self, one: Shape, others: list[Shape], depth: int) -> Iterator[list[Any]]:
        low, high = (int(min(each, TRIES_MAX)) for each in one.span())
        sizes = (size for size in sorted({0, 1, 2, *_near(one, others)}) if low <= size <= high)
        yield from (made for size in sizes if (made := self._list(one, size)) is not None)
        for at in range(min(max(len(each.first) for each in (one, *others)) + 1, high)):
            base = self._list(one, max(low, at + 1)) or []
            for value in self._part(one.item(at), [each.item(at) for each in others], depth) if base else ():
                yield [*base[:at], value, *base[at + 1 :]]
        if high > 1 and (twice := self._list(one, max(low, 2))):
            yield [twice[0]] * len(twice)

    def _list(self, one: Shape, size: int) -> list[Any] | None:
        made, unique = dict[Any, Any](), one.unique
        for at in range(size):
            fresh = {text_of(each) if unique else at: each for each in self._few(one.item(at), size if unique else 1)}
            made |= next(({key: each} for key, each in fresh.items() if key not in made), {})
        return [*made.values()] if len(made) == size else None

    def _objects(self, one: Shape, others: list[Shape], depth: int) -> Iterator[dict[str, Any]]:
        required, needed = one.gathered("required"), [*one.named, *one.gathered("required")]
        base = {name: few[0] for name in needed if name in required and (few := self._few(one.field(name)))}
        if len(base) < len(required):
            return
        known = dict.fromkeys([*needed, *(name for each in others for name in (*each.named, *each.gathered("required")))])
        names = [name for name in [*known, *self._new(one, others)] if one.field(name, closed=self.inclusion.closed) is not False]
        more = ((name, few[0]) for name in names if name not in base and (few := self._few(one.field(name))))
        sizes, full = [len(base), *sorted(_near(one, others))], dict(base)
        for name, value in itertools.chain([("", None)], more):
            full |= {name: value} if name else {}
            if len(full) in sizes or len(full) == len(known):
                yield dict(full)
            base = dict(full) if len(base) < one.span()[0] else base
        for name in names:
            tried = () if name in known else self._few(one.field(name))
            for value in itertools.chain(tried, self._part(one.field(name), [each.field(name) for each in others], depth)):
                yield base | {name: value}
        if len(others) > 1:
            several = {name: few for name in names if len(few := self._few(one.field(name), 4)) > 1}
            for chosen in itertools.islice(itertools.product(*several.values()), TRIES_MAX):
                yield base | dict(zip(several, chosen, strict=True))

    def _new(self, one: Shape, others: Iterable[Shape]) -> list[str]:
        """Return names for fields that are not named, as many as a limit of either side may ask for."""
        asked, wide = one.names, [each.names for each in others if each.names != {}]
        drawn = self.values({"allOf": [{"type": "string"}, asked]}, wide, DEPTH_MAX - 2) if asked or wide else ()
        more = [f"extra{number or ''}" for number in range(min(max(_near(one, others), default=1), 50))]
        tried = dict.fromkeys([*itertools.islice(drawn, TRIES_MAX), *more])
        return [name for name in tried if accepts(name, asked, self.inclusion.narrow)]


def _near(one: Shape, others: Iterable[Shape]) -> set[int]:
    ends = [int(end) for each in (one, *others) for end in each.span() if end < LENGTH_MAX]
    return {end + step for end in ends for step in (-1, 0, 1) if end + step >= 0}


def _numbers(one: Shape, others: list[Shape]) -> Iterator[float]:
    ends = sorted(end for each in (one, *others) for end, _ in each.bounds() if not math.isinf(end))
    beside = [end + step for end in ends for step in (0, 1, -1, 0.5, -0.5)]
    points = [1, 0, -1, *beside, 0.5, *(sum(pair) / 2 for pair in itertools.pairwise(ends))]
    steps = [step for each in (one, *others) for step in each.steps]
    for step in steps:
        points += [round(point / step + more) * step for point in list(points) for more in (0, 1, -1)]
    for point in (*points, *(math.prod(steps) * number for number in (1, 2, 3))):
        if kind_of(point) == "integer" or one.kind == "number":
            yield int(point) if kind_of(point) == "integer" else round(point, 9)


def _texts(one: Shape, others: list[Shape]) -> Iterator[str]:
    sizes, own = sorted(_near(one, others)), one.gathered("pattern")
    yield from (_FORMATTED[each] for each in one.gathered("format") if each in _FORMATTED)
    for pattern in (pattern for each in (one, *others) for pattern in sorted(each.gathered("pattern"))):
        with suppress(re.error, OverflowError, ValueError):
            tokens = importlib.import_module("re._parser").parse(pattern)
            for text in [_fitting(tokens, turn) for turn in (0, 1, 2, 3, 5, *sizes)]:
                yield from (text,) if pattern in own else (text, f"{text}a", f" {text}", f"{text}{text}")
    yield from ("a", *("a" * size for size in sizes), *_WORDS)


def _fitting(tokens: Iterable[tuple[Any, Any]], turn: int) -> str:
    """Return a text that fits a regular expression: a later turn takes later choices and repeats more."""
    made = ""
    for name, detail in tokens:
        match str(name):
            case "LITERAL":
                made += chr(detail)
            case "MAX_REPEAT" | "MIN_REPEAT":
                made += _fitting(detail[2], turn) * int(min(detail[0] + turn, detail[1], LENGTH_MAX))
            case "SUBPATTERN":
                made += _fitting(detail[-1], turn)
            case "BRANCH":
                made += _fitting(detail[1][turn % len(detail[1])], turn)
            case "IN" if str(detail[0][0]) != "NEGATE":
                made += _fitting([detail[turn % len(detail)]], turn)
            case "RANGE":
                made += chr(detail[0] + turn % (detail[1] - detail[0] + 1))
            case "CATEGORY" | "ANY":
                made += _CATEGORIES.get(str(detail), "ab")[turn % 2]
            case "IN" | "NOT_LITERAL":
                refused = chr(detail) if isinstance(detail, int) else _fitting(detail[1:], 0)
                made += next((one for one in "a0-_ !b" if one not in refused), "")
    return made
