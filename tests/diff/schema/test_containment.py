"""Containment against an independent validator: every counterexample is one, and what is proved holds."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from planaria.diff.schema.containment import Counterexample, Examples, Undecided, containment, differences
from planaria.diff.schema.document import Document, accepts
from planaria.diff.schema.inclusion import Inclusion

NAMES = ("a", "b", "c")
TREE = {
    "$ref": "#/$defs/T",
    "$defs": {
        "T": {
            "type": "object",
            "properties": {"v": {"type": "integer"}, "of": {"type": "array", "items": {"$ref": "#/$defs/T"}}},
            "required": ["v"],
        }
    },
}
WIDER_TREE: Any = {
    "$ref": "#/$defs/T",
    "$defs": {"T": {"type": "object", "properties": {"v": {"type": "number"}, "of": {"items": {"$ref": "#/$defs/T"}}}}},
}
TAGGED = [
    {"type": "object", "properties": {"kind": {"const": tag}, "x": {"type": kind}}, "required": ["kind", "x"]}
    for tag, kind in (("p", "string"), ("q", "integer"))
]


def limits(kind: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=values)


small = st.integers(0, 4)
leaves = st.one_of(
    st.sampled_from([{}, {"type": "null"}, {"type": "boolean"}, {"type": ["integer", "string"]}, {"$ref": "#/$defs/R"}, {"const": 1}]),
    st.fixed_dictionaries(
        {"enum": st.lists(st.sampled_from([None, True, 0, 1, 2.5, "a", "bc", [], [1], {"a": 1}]), min_size=1, max_size=3)}
    ),
    limits("integer", minimum=small, maximum=small, exclusiveMinimum=small, exclusiveMaximum=small, multipleOf=st.sampled_from([2, 3, 4])),
    limits("number", minimum=small, maximum=small, exclusiveMinimum=small, exclusiveMaximum=small, multipleOf=st.sampled_from([0.5, 1, 2])),
    limits("string", minLength=small, maxLength=small, pattern=st.sampled_from(["^a+$", "^[a-c]*$", "b", r"^\d{2}$"])),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
    needed = st.lists(st.sampled_from(NAMES), unique=True, max_size=2)
    several = st.lists(inner, min_size=1, max_size=3)
    rest = st.one_of(st.booleans(), inner)
    names = st.sampled_from([{"enum": ["a", "b"]}, {"maxLength": 1}, {"pattern": "^a"}])
    return st.one_of(
        limits(
            "object",
            properties=fields,
            required=needed,
            additionalProperties=rest,
            minProperties=small,
            maxProperties=small,
            propertyNames=names,
        ),
        limits("object", properties=fields, required=needed),
        limits(
            "array",
            items=rest,
            minItems=small,
            maxItems=small,
            uniqueItems=st.booleans(),
            prefixItems=st.lists(inner, min_size=1, max_size=2),
        ),
        st.fixed_dictionaries({"anyOf": several}),
        st.fixed_dictionaries({"oneOf": several}),
        st.fixed_dictionaries({"allOf": several}, optional={"type": st.sampled_from(["object", "integer", "string"])}),
    )


schemas = st.recursive(leaves, nested, max_leaves=5)
targets = st.sampled_from(
    [
        {"type": "null"},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/R"}}},
        {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/R"}}]},
    ]
)


def is_valid(value: Any, schema: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def test_every_counterexample_is_one_and_what_is_proved_holds() -> None:
    counts = dict.fromkeys(("shown", "proved", "undecided"), 0)

    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(schemas, schemas, targets, targets)
    def check(narrow: Any, wide: Any, mine: Any, theirs: Any) -> None:
        one, other = ({"allOf": [schema], "$defs": {"R": target}} for schema, target in ((narrow, mine), (wide, theirs)))
        found = containment(one, other)
        counts["shown" if isinstance(found, Counterexample) else "undecided" if found else "proved"] += 1
        if isinstance(found, Counterexample):
            assert is_valid(found.value, one)
            assert not is_valid(found.value, other)
        drawn = Examples(inclusion=Inclusion(narrow=Document(one), wide=Document(other))).values(one, [other])
        for value in itertools.islice(drawn, 50):
            valid = is_valid(value, one)
            assert accepts(value, one, Document(one)) == valid, (value, one)
            assert found is not None or not valid or is_valid(value, other), (value, one, other)

    check()
    assert counts["shown"] > 20 < counts["proved"], counts
    assert counts["undecided"] * 20 < sum(counts.values()), counts


PROVED: list[tuple[Any, Any]] = [
    ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
    ({"type": "integer", "multipleOf": 6}, {"type": "number", "multipleOf": 3}),
    ({"type": "number", "multipleOf": 2}, {"type": "integer"}),
    ({"format": "uuid", "type": "string"}, {"type": "string", "maxLength": 36}),
    ({"enum": [1, "a"]}, {"anyOf": [{"type": "string"}, {"minimum": 1}]}),
    ({"type": "boolean"}, {"enum": [True, False, None]}),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
        {"type": "array", "items": {"type": "number"}, "maxItems": 1},
    ),
    ({"type": "array", "maxItems": 1}, {"uniqueItems": True}),
    ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, {"propertyNames": {"maxLength": 1}, "maxProperties": 1}),
    ({"type": "object", "required": ["a"], "properties": {"a": False}}, {"type": "null"}),
    ({"type": "array", "minItems": 1, "items": False}, {"type": "null"}),
    ({"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 2, "maxLength": 1}}, False),
    ({"type": "number", "minimum": 1, "exclusiveMaximum": 1}, False),
    ({"oneOf": TAGGED}, {"anyOf": TAGGED}),
    ({"anyOf": TAGGED}, {"oneOf": TAGGED}),
    ({"type": "string", "not": {"const": "a"}}, {"not": {"const": "a"}}),
    (
        {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
        {"properties": {"a": {"type": "number"}}, "required": ["a"]},
    ),
    (TREE, WIDER_TREE),
    ({"$ref": "elsewhere.json"}, {"$ref": "elsewhere.json"}),
]
SHOWN: list[tuple[Any, Any, Any]] = [
    (WIDER_TREE, TREE, {}),
    ({"type": "integer"}, {"multipleOf": 4}, 1),
    ({"type": "number"}, {"type": "integer"}, 0.5),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, {"type": "number", "maximum": 0}, 0.5),
    ({"type": "string"}, {"type": "string", "maxLength": 3}, "aaaa"),
    ({"type": "string", "pattern": "^[A-Z]+$"}, {"pattern": "^[A-Z]{1,3}$"}, "DDDD"),
    ({"type": "string", "pattern": r"^\d+[^a]?(?:x|y)\s$"}, {"type": "string", "maxLength": 4}, "770y\t"),
    ({"type": "array", "items": {"type": "integer"}}, {"uniqueItems": True}, [1, 1]),
    ({"type": "array", "uniqueItems": True, "items": {"type": "integer"}}, {"maxItems": 2}, [1, 0, -1]),
    ({"type": "object"}, {"type": "object", "maxProperties": 2}, {"extra": None, "extra1": None, "extra2": None}),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, {"propertyNames": {"pattern": "^a"}}, {" a": 1}),
    ({"anyOf": TAGGED}, TAGGED[0], {"kind": "q", "x": 1}),
    ({"oneOf": [{"type": "integer"}, {"minimum": 1}]}, {"type": "string"}, 0),
    (
        {
            "properties": {"a": {"type": ["integer", "string"]}, "b": {"type": ["integer", "string"]}},
            "required": ["a", "b"],
            "type": "object",
        },
        {"anyOf": [{"properties": {"a": {"type": kind}, "b": {"type": kind}}} for kind in ("integer", "string")]},
        {"a": "a", "b": 1},
    ),
    ({"type": "object", "minProperties": 2}, {"maxProperties": 0}, {"extra": None, "extra1": None}),
]
UNDECIDED: list[tuple[Any, Any]] = [
    ({"type": "string", "pattern": "^a{2}$"}, {"pattern": "^aa$"}),
    ({"type": "string", "format": "our own"}, {"format": "of others"}),
    ({"const": {"$python": "a.B"}}, {"type": "string"}),
    ({"not": {"type": "null"}}, {"not": {"type": "string"}}),
    ({"$ref": "#"}, {"type": "null"}),
    ({"type": "string"}, {"pattern": "(?<a"}),
    ({"type": "string", "minLength": 90_000}, {"maxLength": 5}),
]


@pytest.mark.parametrize("narrow, wide", PROVED)
def test_containment_is_proved(narrow: Any, wide: Any) -> None:
    assert containment(narrow, wide) is None


@pytest.mark.parametrize("narrow, wide, value", SHOWN)
def test_a_value_shows_that_a_schema_is_not_contained(narrow: Any, wide: Any, value: Any) -> None:
    found = containment(narrow, wide)
    assert isinstance(found, Counterexample)
    assert found.value == value
    assert is_valid(found.value, narrow)
    assert not is_valid(found.value, wide)


@pytest.mark.parametrize("narrow, wide", UNDECIDED)
def test_what_is_neither_is_said_to_be_undecided(narrow: Any, wide: Any) -> None:
    assert isinstance(containment(narrow, wide), Undecided)


def test_unions_of_many_alternatives_are_not_followed() -> None:
    wide = {"allOf": [{"anyOf": [{"type": "string", "minLength": one}] * 9} for one in (1, 2)]}
    assert isinstance(containment({"type": "string", "minLength": 2}, wide), Undecided)
    assert isinstance(containment({"type": "string"}, wide), Counterexample)


def test_several_fields_are_told_apart() -> None:
    narrow = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"format": "x"}}}
    wide = {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "string"}, "c": {"format": "y"}}}
    found = differences(Inclusion(narrow=Document(narrow), wide=Document(wide), closed=True), narrow, wide)
    assert [one.refusal.path if isinstance(one, Counterexample) else one.path for one in found] == [("a",), ("b",), ("c",)]
