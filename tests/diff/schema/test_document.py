"""What a schema accepts, held against an independent validator, and how it is told."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from planaria.diff.schema.document import Document, accepts, modern, refusals, told

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    1.0,
    2.5,
    -3,
    "",
    "a",
    "abc",
    "é",
    [],
    [1],
    [1, 1],
    [1, True],
    ["a"],
    {},
    {"a": 1},
    {"a": None, "b": 2},
    {"b": []},
]
SCHEMAS: list[Any] = [
    True,
    False,
    {},
    {"type": "integer"},
    {"type": ["number", "null"]},
    {"const": 1},
    {"const": True},
    {"enum": [0, "a", {"a": 1}]},
    {"minimum": 1},
    {"exclusiveMaximum": 1},
    {"multipleOf": 0.5},
    {"multipleOf": 2},
    {"maxLength": 1},
    {"minLength": 1},
    {"pattern": "^a"},
    {"items": {"type": "integer"}},
    {"prefixItems": [{"type": "integer"}], "items": False},
    {"uniqueItems": True},
    {"minItems": 1},
    {"maxItems": 1},
    {"properties": {"a": {"type": "integer"}}, "required": ["b"]},
    {"properties": {"a": {}}, "additionalProperties": False},
    {"additionalProperties": {"type": "integer"}},
    {"propertyNames": {"const": "a"}},
    {"minProperties": 1},
    {"maxProperties": 1},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
    {"allOf": [{"minimum": 0}, {"maximum": 1}]},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_accepts_what_another_validator_accepts(schema: Any) -> None:
    assert [accepts(one, schema, Document(schema)) for one in VALUES] == [Draft202012Validator(schema).is_valid(one) for one in VALUES]


FORMATS = [
    ("date", "2020-01-02", "2020-1-2"),
    ("date-time", "2020-01-02t03:04:05.6+01:00", "2020-01-02"),
    ("time", "03:04:05Z", "3:04"),
    ("uuid", "1" * 8 + "-2222" * 3 + "-" + "3" * 12, "1"),
    ("duration", "P1DT2H", "PT"),
    ("decimal", "-1.5e3", "one"),
    ("base64", "YQ==", "Y"),
    ("email", "a@b", "a"),
    ("uri", "a:b", "b"),
]


@pytest.mark.parametrize("name, right, wrong", FORMATS)
def test_a_format_is_held_to(name: str, right: str, wrong: str) -> None:
    schema = {"type": "string", "format": name}
    assert [accepts(one, schema, Document(schema)) for one in (right, wrong)] == [True, False]
    assert accepts(wrong, {"format": "of our own"}, Document({}))


UNSURE = [
    {"not": {}},
    {"pattern": "(?<a"},
    {"anyOf": [{"not": {}}, False]},
    {"oneOf": [{"not": {}}, True]},
    {"$ref": "#"},
    {"$ref": "other.json"},
    {"$ref": "#/x"},
]


@pytest.mark.parametrize("schema", UNSURE)
def test_what_is_not_understood_is_neither_accepted_nor_refused(schema: Any) -> None:
    assert accepts("a", schema, Document(schema)) is None


def test_a_refusal_names_the_place_and_the_nearest_alternative() -> None:
    tagged = {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"k": {"const": "p"}, "v": {"items": {"type": "string"}}}}]}
    assert [str(one) for one in refusals({"k": "p", "v": ["a", 1]}, tagged, Document({}))] == ["text is wanted at $.v[1]"]
    assert [str(one) for one in refusals(1, {"anyOf": [{"type": "null"}, {"type": "string"}]}, Document({}))] == [
        "nothing or text is wanted at $"
    ]


OLD = [
    ({"exclusiveMinimum": True, "minimum": 1}, {"exclusiveMinimum": 1}),
    ({"exclusiveMaximum": False, "maximum": 1}, {"maximum": 1}),
    ({"items": [{}], "additionalItems": False}, {"prefixItems": [{}], "items": False}),
    ({"format": "byte"}, {"format": "base64"}),
    ({"properties": {"a": {"nullable": True}}}, {"properties": {"a": {"anyOf": [{}, {"type": "null"}]}}}),
    ([{"enum": [{"nullable": True}]}], [{"enum": [{"nullable": True}]}]),
]


@pytest.mark.parametrize("old, new", OLD)
def test_older_drafts_are_read_as_the_newest(old: Any, new: Any) -> None:
    assert modern(old) == new


WORDS = [
    (False, "nothing at all"),
    ({}, "anything"),
    ({"enum": list(range(9))}, "0 or 1 or 2 or 3 or 4 or 5 or ..."),
    ({"const": {"$python": "a.B"}}, "a.B"),
    ({"$ref": "#/$defs/shop.Line"}, "Line"),
    ({"type": "integer", "minimum": 0}, "a whole number (at least 0)"),
    ({"minLength": 1}, "anything (at least 1 characters)"),
    ({"type": "array", "items": {"type": "null"}, "uniqueItems": True}, "a list of nothing (no item twice)"),
    ({"prefixItems": [{}, {"type": "string"}]}, "a list of (anything, text)"),
    ({"type": "object", "additionalProperties": {"type": "boolean"}}, "an object of true or false"),
]


@pytest.mark.parametrize("schema, words", WORDS)
def test_a_schema_is_told_in_words(schema: Any, words: str) -> None:
    assert told(schema) == words
