"""Inclusion: the proof that everything one schema accepts is accepted by another, alternative by alternative.

Why: only a proof may say "compatible". A schema is taken apart into shapes, each of one JSON type with its limits merged; what a
shape cannot say stays in `loose`, so it never accepts less than its schema. Recursion is met by supposing what is being proved, as
every step descends into the value (Amadio and Cardelli, Subtyping recursive types, 1993); what was built on a supposition that fell
is forgotten.
Not here: values that show the contrary (`containment`).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from planaria.diff.schema.document import SIZES, UNREAD, Document, Schema, accepts, divides, kind_of, members_of, text_of

SHAPES_MAX, DEPTH_MAX = 64, 24
NUMBERS = frozenset(("integer", "number"))
_TYPES = ("null", "boolean", "number", "string", "array", "object")
_OWN = (
    "type minimum exclusiveMinimum maximum exclusiveMaximum multipleOf minLength maxLength pattern format prefixItems items minItems"
    " maxItems uniqueItems properties required additionalProperties propertyNames minProperties maxProperties x-limit"
)
_LIMITING = UNREAD.union(_OWN.split())
_LENGTHS = {"uuid": (36, 36), "date": (10, 10), "date-time": (20, math.inf), "time": (8, math.inf)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One alternative: values of one JSON type within limits, or (`values`) a few values told one by one.

    `low` and `high` bound numbers, lengths and counts; 1 and -1 beside them: they are not allowed themselves. `asked` are limits by
    their keywords (`required`, `pattern`, ...); `rest` is the schema of the items or fields that have none of their own.
    """

    kind: str
    values: list[Any] = field(default_factory=list)
    low: tuple[float, int] = (-math.inf, 0)
    high: tuple[float, int] = (math.inf, 0)
    asked: frozenset[tuple[str, Any]] = frozenset()
    steps: frozenset[float] = frozenset()
    first: list[Schema] = field(default_factory=list)
    named: Mapping[str, Schema] = field(default_factory=dict)
    names_fields: bool = False
    rest: Schema = None
    names: Schema = field(default_factory=dict)
    unique: bool = False
    loose: frozenset[str] = frozenset()
    name: str = ""

    def field(self, name: str, *, closed: bool = False) -> Schema:
        """Return the schema of a field; `closed`: where fields are named, no others are there."""
        return self.named.get(name, not (closed and self.names_fields) if self.rest is None else self.rest)

    def item(self, number: int) -> Schema:
        """Return the schema of an item."""
        return self.first[number] if number < len(self.first) else self.rest is None or self.rest

    def gathered(self, key: str) -> frozenset[Any]:
        """Return all that several schemas together ask for: fields, patterns, formats."""
        return frozenset(value for name, value in self.asked if name == key)

    def span(self) -> tuple[float, float]:
        """Return the least and the greatest length, or count of items or of fields."""
        most = len(self.first) if self.kind == "array" and self.rest is False else math.inf
        return max(self.low[0], len(self.gathered("required"))), min(self.high[0], most)

    def bounds(self) -> tuple[tuple[float, int], tuple[float, int]]:
        """Return the lower and the upper bound of numbers; whole ones for integers."""
        (low, above), (high, below) = self.low, self.high
        if self.kind == "integer":
            low, above = (low, above) if math.isinf(low) else (math.floor(low) + 1 if above else math.ceil(low), 0)
            high, below = (high, below) if math.isinf(high) else (math.ceil(high) - 1 if below else math.floor(high), 0)
        return (low, above), (high, below)


def shapes(schema: Schema, document: Document, trail: frozenset[str] = frozenset()) -> list[Shape]:
    """Return the alternatives of a schema.

    >>> [one.kind for one in shapes({"type": ["integer", "null"]}, Document({}))]
    ['integer', 'values']
    """
    if isinstance(schema, bool):
        return shapes({}, document) if schema else []
    kinds, members = schema.get("type", _TYPES), members_of(schema)
    loose = frozenset(_fixed({key: schema[key]}, document) for key in schema.keys() & UNREAD)
    found = [_own(kind, schema, loose) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    if members is not None:
        found = [Shape(kind="values", values=members, loose=loose)]
    for number, others in enumerate(_conjuncts(schema, document, trail) if members is None else ()):
        first = number == 0 and schema.keys().isdisjoint(_LIMITING)
        found = others if first else [both for one in found for other in others if (both := _meet(one, other))]
        if len(found) > SHAPES_MAX:  # too many to follow: anything, loosely
            return shapes({"not": schema}, document)
    return [exact for one in found if (exact := _exact(one, schema, document))]


def _own(kind: str, schema: Mapping[str, Any], loose: frozenset[str]) -> Shape:
    if kind in ("null", "boolean"):
        return Shape(kind="values", values=[None] if kind == "null" else [True, False], loose=loose)
    told, of = schema.get, SIZES.get(kind)
    keys = ("x-limit", "pattern", "format") if kind == "string" else ("x-limit",)
    asked = {(key, schema[key]) for key in keys if key in schema}
    if of is None:
        low = max((told("minimum", -math.inf), 0), (told("exclusiveMinimum", -math.inf), 1))
        high = min((told("maximum", math.inf), 0), (told("exclusiveMaximum", math.inf), -1))
        steps = frozenset([schema["multipleOf"]] if "multipleOf" in schema else [])
        return Shape(kind=kind, low=low, high=high, steps=steps, asked=frozenset(asked), loose=loose)
    if kind == "object":
        asked |= {("required", name) for name in told("required", ())}
    own = Shape(kind=kind, low=(told(f"min{of}", 0), 0), high=(told(f"max{of}", math.inf), 0), asked=frozenset(asked), loose=loose)
    if kind == "array":
        return replace(own, first=told("prefixItems", []), rest=told("items"), unique=bool(told("uniqueItems")))
    named, names, rest = told("properties", {}), told("propertyNames", {}), told("additionalProperties")
    return replace(own, named=named, names_fields="properties" in schema, names=names, rest=rest) if kind == "object" else own


def _exact(shape: Shape, schema: Schema, document: Document) -> Shape | None:
    """Keep of told values those that the whole schema accepts: then nothing is loose."""
    if shape.kind != "values":
        return shape
    kept = [one for one in shape.values if accepts(one, schema, document) is not False]
    sure = all(accepts(one, schema, document) for one in kept)
    return replace(shape, values=kept, loose=frozenset() if sure else shape.loose) if kept else None


def _conjuncts(schema: Mapping[str, Any], document: Document, trail: frozenset[str]) -> Iterator[list[Shape]]:
    if reference := schema.get("$ref"):
        target = True if reference in trail else document.target(reference)
        yield [replace(one, name=reference) for one in shapes(target, document, trail | {reference})]
    for one in schema.get("allOf", ()):
        yield shapes(one, document, trail)
    for key in [one for one in ("anyOf", "oneOf") if one in schema]:
        flat = [(at, one) for at, part in enumerate(schema[key]) for one in shapes(part, document, trail)]
        is_apart = key == "anyOf" or all(_apart(one, other) for at, one in flat for later, other in flat if at < later)
        loose = frozenset() if is_apart else frozenset((_fixed({key: schema[key]}, document),))
        yield [replace(one, loose=one.loose | loose) for _, one in flat]


def _fixed(rule: Schema, document: Document) -> str:
    """Return the text of a rule, with the document that its references need."""
    text = text_of(rule)
    return text + text_of(document.root) if '"$ref"' in text else text


def _apart(one: Shape, other: Shape) -> bool:
    """Say whether no value has both shapes, as far as types, told values and tags tell."""
    if one.kind != "object" or other.kind != "object":
        return _meet(one, other) is None
    needed = one.gathered("required") & other.gathered("required")
    tags = ([{*map(text_of, members_of(each.field(name)) or [])} for each in (one, other)] for name in needed)
    return any(mine and theirs and mine.isdisjoint(theirs) for mine, theirs in tags)


def _meet(one: Shape, other: Shape) -> Shape | None:
    """Return the shape of the values that have both."""
    loose, kinds = one.loose | other.loose, {one.kind, other.kind}
    if "values" in kinds:
        listed, rest = (one, other) if one.kind == "values" else (other, one)
        asked, fitting = {*map(text_of, rest.values)}, NUMBERS if rest.kind == "number" else (rest.kind,)
        kept = [each for each in listed.values if (text_of(each) in asked if rest.kind == "values" else kind_of(each) in fitting)]
        return Shape(kind="values", values=kept, loose=loose) if kept else None
    if len(kinds) > 1 and kinds != NUMBERS:
        return None
    return Shape(
        kind="integer" if "integer" in kinds else one.kind, loose=loose, asked=one.asked | other.asked, steps=one.steps | other.steps,
        low=max(one.low, other.low), high=min(one.high, other.high), unique=one.unique or other.unique,
        named={name: _both(one.field(name), other.field(name)) for name in {**one.named, **other.named}},
        first=[_both(one.item(number), other.item(number)) for number in range(max(len(one.first), len(other.first)))],
        names_fields=one.names_fields or other.names_fields, names=_both(one.names, other.names),
        rest=one.rest if other.rest is None else other.rest if one.rest is None else _both(one.rest, other.rest),
    )  # fmt: skip


def _both(one: Schema, other: Schema) -> Schema:
    if other in (True, {}) or one == other or one is False:
        return one
    return other if one in (True, {}) or other is False else {"allOf": [one, other]}


@dataclass(frozen=False, slots=True, kw_only=True)
class Inclusion:
    """Proofs between two documents.

    `closed`: the narrow side has no fields but those it names; `assumed`: pairs of references that are taken as proved.

    >>> proof = Inclusion(narrow=Document({}), wide=Document({}))
    >>> proof.holds({"type": "integer"}, {"type": "number"}), proof.holds({"type": "number"}, {"type": "integer"})
    (True, False)
    """

    narrow: Document
    wide: Document
    closed: bool = False
    assumed: frozenset[tuple[str, str]] = frozenset()
    known: dict[tuple[str, str], bool] = field(default_factory=dict)
    depth: int = 0

    def holds(self, narrow: Schema, wide: Schema) -> bool:
        """Say whether it is proved that all that `narrow` accepts is accepted by `wide`."""
        if narrow is False or wide is True or wide == {}:
            return True
        key = (text_of(narrow), text_of(wide))
        if key not in self.known and self.depth < DEPTH_MAX:
            before, self.depth = len(self.known), self.depth + 1
            self.known[key] = True
            others = shapes(wide, self.wide)
            proved = all(self._covered(one, wide, others) for one in shapes(narrow, self.narrow))
            self.depth -= 1
            if not proved:
                for built in [*self.known][before:]:
                    del self.known[built]
                self.known[key] = False
        return self.known.get(key, False)

    def part(self, one: Shape, other: Shape, name: str) -> bool:
        """Say whether it is proved that what one object writes in a field is accepted there by the other."""
        return self.holds(one.field(name, closed=self.closed), other.field(name))

    def _covered(self, one: Shape, wide: Schema, others: list[Shape]) -> bool:
        if any((one.name, other.name) in self.assumed for other in others):
            return True
        if one.kind == "values":
            return all(accepts(value, wide, self.wide) for value in one.values)
        return any(self._within(one, other) for other in others) or self._is_empty(one)

    def _is_empty(self, one: Shape, depth: int = 3) -> bool:
        if one.kind in NUMBERS:
            (low, above), (high, below) = one.bounds()
            return low > high or (low == high and bool(above or below))
        if one.kind == "values" or one.span()[0] > one.span()[1]:
            return one.kind != "values"
        needed = [one.field(name, closed=self.closed) for name in one.gathered("required")]
        needed += [one.item(number) for number in range(min(int(one.span()[0]), 8))] if one.kind == "array" else []
        return depth > 0 and any(all(self._is_empty(each, depth - 1) for each in shapes(schema, self.narrow)) for schema in needed)

    def _within(self, one: Shape, other: Shape) -> bool:
        numbers = {one.kind, other.kind} <= NUMBERS
        if not (other.loose <= one.loose and other.asked <= one.asked and (numbers or other.kind == one.kind)):
            return False
        if numbers:
            bounds, limits = one.bounds(), other.bounds()
            steps, wanted = ([*each.steps, *([1] if each.kind == "integer" else [])] for each in (one, other))
            fits = all(any(divides(step, mine) for mine in steps) for step in wanted)
            return fits and bounds[0] >= limits[0] and bounds[1] <= limits[1]
        spans, is_empty = [one.span()], one.field("\0", closed=self.closed) is False
        spans += [_LENGTHS[each] for each in one.gathered("format") if each in _LENGTHS]
        spans += [(0, len(one.named))] if one.kind == "object" and is_empty else []
        low, high = max(each for each, _ in spans), min(each for _, each in spans)
        if low < other.span()[0] or high > other.span()[1] or (other.unique and not one.unique and high > 1):
            return False
        if one.kind == "array":
            return all(self.holds(one.item(at), other.item(at)) for at in range(max(len(one.first), len(other.first)) + 1) if at < high)
        if one.kind == "object" and other.names is not True:
            asked = _both({"type": "string"}, one.names)
            if not all(accepts(name, other.names, self.wide) for name in one.named) or not (is_empty or self.holds(asked, other.names)):
                return False
        return one.kind == "string" or all(self.part(one, other, name) for name in (*one.named, *other.named, "\0"))
