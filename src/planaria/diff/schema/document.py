"""Documents: JSON Schemas with what their references name, and whether they accept a value.

Why: no witness is believed before both schemas were asked; formats count, because readers of Python hold values to them.
Not here: all values at once (`containment`).
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Schema = Any
Path = tuple[str | int, ...]
OPAQUE, UNSURE, MEMBERS_MAX = "$python", "unsure", 6
SIZES = {"string": "Length", "array": "Items", "object": "Properties"}
_UNREAD = (
    "not if then else contains minContains maxContains patternProperties dependentRequired dependentSchemas dependencies"
    " unevaluatedProperties unevaluatedItems $dynamicRef $recursiveRef"
)
UNREAD = frozenset(_UNREAD.split())
_DAY, _HOUR = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(\.\d+)?"
_FORMATS = {
    "date-time": rf"{_DAY}[Tt]{_HOUR}([Zz]|[+-]\d\d:\d\d)", "date": _DAY, "time": rf"{_HOUR}([Zz]|[+-]\d\d:\d\d)?",
    "duration": r"[+-]?P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?",
    "base64": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "email": r"[^@\s]+@[^@\s]+", "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S*",
}  # fmt: skip
_UNITS = {"string": "characters", "array": "items", "object": "fields"}
_LIMITS: dict[str, tuple[str, Callable[[Any, Any], bool], str]] = {
    "minimum": ("number", operator.ge, "at least {}"), "maximum": ("number", operator.le, "at most {}"),
    "exclusiveMinimum": ("number", operator.gt, "more than {}"), "exclusiveMaximum": ("number", operator.lt, "less than {}"),
    "multipleOf": ("number", lambda value, step: divides(step, value), "a multiple of {}"),
    **{f"min{of}": (kind, lambda value, limit: len(value) >= limit, f"at least {{}} {_UNITS[kind]}") for kind, of in SIZES.items()},
    **{f"max{of}": (kind, lambda value, limit: len(value) <= limit, f"at most {{}} {_UNITS[kind]}") for kind, of in SIZES.items()},
    "pattern": ("string", lambda value, limit: re.search(limit, value) is not None, "matching {}"),
    "format": ("string", lambda value, name: re.fullmatch(_FORMATS.get(name, "(?s:.*)"), value) is not None, "in the format '{}'"),
    "uniqueItems": ("array", lambda value, limit: not limit or len({*map(text_of, value)}) == len(value), "no item twice"),
}  # fmt: skip
_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "null": "nothing", "array": "a list",
    "object": "an object",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document in which references are looked up.

    >>> Document({"$defs": {"A": {"type": "null"}}}).target("#/$defs/A")
    {'type': 'null'}
    """

    root: Schema

    def target(self, reference: str) -> Schema:
        """Return the schema that a reference names; what lies elsewhere is opaque: equal to itself, and to nothing else."""
        found = self.root if reference[:1] == "#" else None
        for part in reference.split("/")[1:]:
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return opaque(reference) if found is None else found


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where a value is refused, and why; the keyword `unsure` says that it may be."""

    path: Path
    keyword: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} at $" + "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.path)


def opaque(name: str) -> Schema:
    """Return the schema of a type of which only the name is known."""
    return {"const": {OPAQUE: name}}


def _is_opaque(value: Any) -> bool:
    return isinstance(value, Mapping) and OPAQUE in value


def members_of(schema: Schema) -> list[Any] | None:
    """Return the values that a schema tells one by one."""
    return None if isinstance(schema, bool) else [schema["const"]] if "const" in schema else schema.get("enum")


def text_of(value: Any) -> str:
    """Return JSON text, the same for equal values.

    >>> text_of({"b": 1.0, "a": True})
    '{"a": true, "b": 1}'
    """
    return json.dumps(_even(value), sort_keys=True, ensure_ascii=False, default=str)


def _even(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _even(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_even(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def modern(schema: Any) -> Any:
    """Return a schema of draft 4 to 2019-09, or of OpenAPI, as one of 2020-12.

    >>> modern({"type": "string", "nullable": True})
    {'anyOf': [{'type': 'string'}, {'type': 'null'}]}
    """
    if not isinstance(schema, Mapping):
        return [modern(one) for one in schema] if isinstance(schema, list) else schema
    made = {key: one if key in ("enum", "const", "default", "examples", "example") else modern(one) for key, one in schema.items()}
    for strict, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(strict), bool) and made.pop(strict) and limit in made:
            made[strict] = made.pop(limit)
    if isinstance(made.get("items"), list):
        made["prefixItems"], made["items"] = made["items"], made.pop("additionalItems", True)
    if made.get("contentEncoding") == "base64" or made.get("format") == "byte":
        made["format"] = "base64"
    nullable = isinstance(made.get("nullable"), bool) and made.pop("nullable")
    return {"anyOf": [made, {"type": "null"}]} if nullable else made


def told(schema: Schema) -> str:
    """Say in words what a schema accepts.

    >>> told({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'a whole number (at least 1) or nothing'
    """
    if isinstance(schema, bool) or not schema:
        return "nothing at all" if schema is False else "anything"
    if (members := members_of(schema)) is not None:
        texts = [one[OPAQUE] if _is_opaque(one) else json.dumps(one, ensure_ascii=False) for one in members[:MEMBERS_MAX]]
        return " or ".join([*texts, *["..."] * (len(members) > MEMBERS_MAX)])
    if first := schema.get("prefixItems"):
        return f"a list of ({', '.join(map(told, first))})"
    joined = (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and "))
    parts = [word.join(dict.fromkeys(map(told, schema[key]))) for key, word in joined if key in schema]
    parts += [re.split(r"[/.]", schema["$ref"])[-1]] if "$ref" in schema else []
    parts += [" or ".join(_WORDS.get(kind, kind) for kind in _listed(schema["type"]))] if schema.get("type") else []
    of = schema.get("items", schema.get("additionalProperties"))
    parts += [f"of {told(of)}"] if of and of is not True else []
    limits = [words.format(schema[key]) for key, (_, _, words) in _LIMITS.items() if key in schema and schema[key] is not False]
    return " ".join([*(parts or ["anything"]), *([f"({', '.join(limits)})"] if limits else [])])


def _listed(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else [*kinds]


def divides(step: float, number: float) -> bool:
    """Say whether a number is a multiple of a step, as they are written in decimals.

    >>> divides(0.1, 0.3), divides(2, 3)
    (True, False)
    """
    return (Fraction(str(number)) / Fraction(str(step))).denominator == 1


def kind_of(value: Any) -> str:
    """Return the JSON type of a value, `integer` for whole numbers."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def accepts(value: Any, schema: Schema, document: Document) -> bool | None:
    """Say whether a schema accepts a value; None where that cannot be said.

    >>> accepts(1, {"type": "string"}, Document({}))
    False
    """
    try:
        found = {one.keyword for one in refusals(value, schema, document)}
    except RecursionError:
        return None
    return None if found == {UNSURE} else not found


def refusals(value: Any, schema: Schema, document: Document, path: Path = ()) -> Iterator[Refusal]:
    """Yield every place where a schema refuses a value.

    >>> [str(one) for one in refusals({"a": 1}, {"properties": {"a": {"type": "string"}}, "required": ["b"]}, Document({}))]
    ['the field is missing at $.b', 'text is wanted at $.a']
    """
    if isinstance(schema, bool):
        yield from [] if schema else [Refusal(path, "false", "nothing is allowed here")]
        return
    if "$ref" in schema:
        yield from refusals(value, document.target(schema["$ref"]), document, path)
    exact, wanted = kind_of(value), _listed(schema.get("type", ()))
    kind, is_opaque = "number" if exact == "integer" else exact, _is_opaque(value)
    if wanted and not {kind, exact} & {*wanted}:
        yield Refusal(path, UNSURE if is_opaque else "type", f"{told({'type': wanted})} is wanted")
        return
    members = members_of(schema)
    if members is not None and text_of(value) not in map(text_of, members):
        yield Refusal(path, UNSURE if is_opaque or any(map(_is_opaque, members)) else "enum", f"{told({'enum': members})} is wanted")
    yield from (Refusal(path, UNSURE, f"'{key}' is not understood") for key in sorted(schema.keys() & UNREAD))
    if not is_opaque:
        yield from _limited(value, schema, kind, path)
        yield from _inside(value, schema, document, path)
    for one in schema.get("allOf", ()):
        yield from refusals(value, one, document, path)
    for key in schema.keys() & {"anyOf", "oneOf"}:
        yield from _chosen([[*refusals(value, one, document, path)] for one in schema[key]], key, schema, path)


def _limited(value: Any, schema: Schema, kind: str, path: Path) -> Iterator[Refusal]:
    for key, (of, holds, words) in _LIMITS.items():
        if key in schema and of == kind:
            try:
                if not holds(value, schema[key]):
                    where = (*path, len(value)) if key == "minItems" and "prefixItems" in schema else path
                    yield Refusal(where, key, f"{words.format(schema[key])} is wanted")
            except re.error:
                yield Refusal(path, UNSURE, f"the pattern {schema[key]} is not understood")


def _inside(value: Any, schema: Schema, document: Document, path: Path) -> Iterator[Refusal]:
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        for number, one in enumerate(value):
            yield from refusals(one, first[number] if number < len(first) else schema.get("items", True), document, (*path, number))
    if not isinstance(value, Mapping):
        return
    yield from (Refusal((*path, one), "required", "the field is missing") for one in schema.get("required", ()) if one not in value)
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, one in value.items():
        if key not in named and others is False:
            yield Refusal((*path, key), "unknown", "unknown fields are refused")
        else:
            yield from refusals(one, named.get(key, others), document, (*path, key))
        for each in refusals(key, schema.get("propertyNames", True), document):
            yield Refusal((*path, key), each.keyword, f"of its name: {each.text}")


def _chosen(tried: list[list[Refusal]], key: str, schema: Schema, path: Path) -> Iterator[Refusal]:
    passed = tried.count([])
    unsure = any(one and all(each.keyword == UNSURE for each in one) for one in tried)
    if unsure and (key == "oneOf" or not passed):
        yield Refusal(path, UNSURE, "one of its alternatives is not understood")
    elif not passed:
        nearest = max(tried, key=lambda one: (all(each.keyword not in ("type", "enum") for each in one), len(one[0].path)))
        flat = all(one[0].keyword in ("type", "enum") and one[0].path == path for one in tried)
        yield from [Refusal(path, "type", f"{told(schema)} is wanted")] if flat else nearest
    elif key == "oneOf" and passed > 1:
        yield Refusal(path, "oneOf", "it fits more than one alternative")
