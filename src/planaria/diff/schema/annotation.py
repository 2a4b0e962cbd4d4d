"""Annotations: what a name stands for on paper, and the JSON Schema of what is written and read for a type of Python.

Why: msgspec, pydantic and planaria's codec write the same types alike, so the schema follows from the annotation alone; but a type is
named through aliases, re-exports and stars.
Not here: records (`record`), which are referred to by name.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from planaria.diff.schema.document import SIZES, Schema, opaque, told
from planaria.diff.version import Version

STEPS_MAX = 20
Bound = ast.ClassDef | ast.expr | str
_NAMES: dict[str, Schema] = {
    "str Text AnyStr LiteralString StrictStr constr Path PurePath SecretStr": {"type": "string"},
    "int StrictInt conint": {"type": "integer"}, "float StrictFloat confloat": {"type": "number"}, "bool StrictBool": {"type": "boolean"},
    "None NoneType": {"type": "null"}, "Any object Raw": {}, "UnsetType": False,
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0}, "NonNegativeInt": {"type": "integer", "minimum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0}, "NonNegativeFloat": {"type": "number", "minimum": 0},
    **{name: {"type": "string", "format": name_of} for name, name_of in (
        ("datetime AwareDatetime NaiveDatetime", "date-time"), ("date", "date"), ("time", "time"), ("timedelta", "duration"),
        ("UUID UUID4", "uuid"), ("Decimal condecimal", "decimal"), ("bytes bytearray memoryview", "base64"), ("EmailStr", "email"),
        ("HttpUrl AnyUrl", "uri"),
    )},
}  # fmt: skip
_GENERICS = {
    "set": "set Set frozenset FrozenSet AbstractSet MutableSet conset",
    "list": "tuple Tuple list List Sequence MutableSequence Iterable Collection deque Deque Iterator AsyncIterator AsyncIterable conlist",
    "map": "dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict Counter",
    "wrapper": "Final Required NotRequired ReadOnly InitVar ClassVar Mapped SerializeAsAny",
}
_LIMITED = {
    "exclusiveMinimum": "gt", "minimum": "ge", "exclusiveMaximum": "lt", "maximum": "le", "multipleOf": "multipleof",
    "pattern": "pattern regex matchesre", "min": "minlength minlen minitems", "max": "maxlength maxlen maxitems",
}  # fmt: skip
_PLAIN = {name: schema for names, schema in _NAMES.items() for name in names.split()}
_KINDS, _LIMITS = ({name: key for key, names in table.items() for name in names.split()} for table in (_GENERICS, _LIMITED))
_KEYS = {"integer": r"^-?\d+$", "number": r"^-?[\d.]+$"}


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, with its module and its name in it."""

    module: str
    name: str
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Value:
    """The expression that a name is bound to."""

    module: str
    name: str
    node: ast.expr


@dataclass(frozen=False, slots=True)
class Scope:
    """The names of one version.

    >>> scope = Scope(Version(label="", files={"a.py": b"from b import *", "b.py": b"class C: ..."}))
    >>> scope.find("a", "C").module
    'b'
    """

    version: Version
    bound: dict[str, dict[str, Bound]] = field(default_factory=dict)

    def names(self, module: str) -> dict[str, Bound]:
        """Return what each name of a module is bound to: a class, an expression, or (text) an import; stars as `*0`, `*1`."""
        if module not in self.bound:
            found = self.bound[module] = {}
            for name, node in self._bindings(self.version.trees[module].body, module):
                found.setdefault(f"*{len(found)}" if name == "*" else name, node)
        return self.bound[module]

    def find(self, module: str, name: str, step: int = 0) -> Definition | Value | str:
        """Return what a dotted name is, or the name under which it is known elsewhere."""
        known, (first, _, rest) = self.names(module), name.partition(".")
        node, origin = known.get(name), known.get(first)
        if isinstance(node, ast.ClassDef):
            return Definition(module, name, node)
        if isinstance(node, ast.expr):
            alias = dotted(node)
            return self.find(module, alias, step + 1) if alias and alias != name and step < STEPS_MAX else Value(module, name, node)
        targets = [f"{origin}.{rest}".rstrip(".")] if isinstance(origin, str) else []
        if origin is None:
            targets = [f"{star}.{name}" for key, star in known.items() if key[0] == "*"]
        for target in targets if step < STEPS_MAX else ():
            parts = target.split(".")
            home = next((at for at in range(len(parts) - 1, 0, -1) if ".".join(parts[:at]) in self.version.trees), 0)
            found = self.find(".".join(parts[:home]), ".".join(parts[home:]), step + 1) if home else target
            if origin or not isinstance(found, str):
                return found
        return name

    def _bindings(self, body: list[ast.stmt], module: str, inside: str = "") -> Iterator[tuple[str, Bound]]:
        for node in body:
            match node:
                case ast.ClassDef():
                    yield inside + node.name, node
                    yield from self._bindings(node.body, module, f"{inside}{node.name}.")
                case ast.Assign():
                    yield from ((inside + one.id, node.value) for one in node.targets if isinstance(one, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    yield inside + name, value
                case ast.Import():
                    for one in node.names:
                        name = one.name if one.asname else one.name.partition(".")[0]
                        yield one.asname or name, name
                case ast.ImportFrom():
                    above = module.split(".") if node.level else []
                    above = above[: len(above) - node.level + self.version.modules[module].endswith("__init__.py")] if above else []
                    home = ".".join([*above, *([node.module] if node.module else [])])
                    yield from ((one.asname or one.name, home if one.name == "*" else f"{home}.{one.name}") for one in node.names)
                case ast.If() | ast.Try():
                    handlers = [each for one in getattr(node, "handlers", ()) for each in one.body]
                    yield from self._bindings([*node.body, *handlers, *node.orelse], module, inside)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a type is written: module and class."""

    module: str
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Annotations:
    """Schemas of types; `refer` gives the schema of a class of this version, or None where it is none that is written."""

    scope: Scope
    refer: Callable[[Definition], Schema | None]
    writes: bool

    def find(self, place: Place, name: str) -> Definition | Value | str:
        """Look a name up as the class body sees it."""
        inner = f"{place.inside}.{name}"
        return self.scope.find(place.module, inner if place.inside and inner in self.scope.names(place.module) else name)

    def schema(self, node: ast.expr | None, place: Place, step: int = 0) -> Schema:
        """Return the schema of a type as it is annotated."""
        match node if step <= STEPS_MAX else None:
            case None | ast.Constant(value=EllipsisType()):
                return {}
            case ast.Constant(value=str(text)):
                with suppress(SyntaxError):
                    return self.schema(ast.parse(text.strip(), mode="eval").body, place, step + 1)
            case ast.Constant():
                return {"type": "null"}
            case ast.BinOp(left=left, right=right):
                return _any_of([self.schema(one, place, step + 1) for one in (left, right)])
            case ast.Call(func=function) if last(function) in _PLAIN or last(function) in _KINDS:
                return self.limited(self.schema(function, place, step + 1), [node], place)
            case ast.Subscript(value=value, slice=inside):
                return self._generic(dotted(value), [*inside.elts] if isinstance(inside, ast.Tuple) else [inside], place, step)
            case _ if name := dotted(node):
                return self._named(name, [], place, step)
        return opaque(ast.unparse(node)) if node else {}

    def _named(self, name: str, arguments: list[Schema], place: Place, step: int) -> Schema:
        found = self.find(place, name)
        if isinstance(found, str):
            return self._external(found, arguments)
        where = Place(found.module)
        if isinstance(found, Definition):
            above = [self.find(where, dotted(base)) for base in found.node.bases if dotted(base)]
            plain = next((_PLAIN[last(one)] for one in above if isinstance(one, str) and _PLAIN.get(last(one))), opaque(found.name))
            return _opaque(found.name, arguments) if arguments else plain if (schema := self.refer(found)) is None else schema
        node = found.node
        if isinstance(node, ast.Call) and last(node) in ("NewType", "TypeVar"):
            bound = [*node.args[1:], *(one.value for one in node.keywords if one.arg == "bound")]
            return _any_of([self.schema(one, where, step + 1) for one in bound]) if bound else {}
        return self.schema(node, where, step + 1)

    def _generic(self, name: str, inside: list[ast.expr], place: Place, step: int) -> Schema:
        found = self.find(place, name)
        kind = last(found) if isinstance(found, str) else ""
        if kind == "Literal":
            return {"enum": [self.value(one, place) for one in inside]}
        schemas = [self.schema(one, place, step + 1) for one in inside[: 1 if kind == "Annotated" else None]]
        if kind == "Annotated":
            return self.limited(schemas[0], inside[1:], place)
        if kind in ("Optional", "Union"):
            return _any_of([*schemas, *([{"type": "null"}] if kind == "Optional" else [])])
        if kind in ("tuple", "Tuple") and not (inside and getattr(inside[-1], "value", None) is ...):
            schemas = [] if inside and isinstance(inside[0], ast.Tuple) else schemas
            return {"type": "array", "prefixItems": schemas, "items": False, "minItems": len(schemas)}
        return schemas[0] if schemas and _KINDS.get(kind) == "wrapper" else self._named(name, schemas, place, step)

    def _external(self, name: str, inside: list[Schema]) -> Schema:
        kind = last(name)
        match _KINDS.get(kind):
            case "map":
                key = inside[0] if inside and isinstance(inside[0], dict) else {}
                names = {"pattern": _KEYS[key["type"]]} if key.get("type") in _KEYS else key
                values = {"type": "integer"} if kind == "Counter" else (inside[1:] or [{}])[0]
                schema = {"type": "object", "additionalProperties": values}
                return schema if names in ({}, {"type": "string"}) else schema | {"propertyNames": names}
            case "list" | "set" as sort:
                repeats = {"uniqueItems": True} if sort == "set" and self.writes else {}
                return {"type": "array", **({"items": inside[0]} if inside and inside[0] != {} else {}), **repeats}
        if kind in ("Decimal", "condecimal") and not self.writes:
            return _any_of([_PLAIN[kind], {"type": "number"}])
        return _PLAIN.get(kind, _opaque(name, inside))

    def members(self, found: Definition) -> Iterator[Any]:
        """Yield the values of an enumeration."""
        value: Any = 0
        is_text = any(last(base) == "StrEnum" for base in found.node.bases)
        for node in found.node.body:
            if isinstance(node, ast.Assign) and (name := dotted(node.targets[0])) and name[0] != "_":
                automatic = name.lower() if is_text else value + 1 if isinstance(value, int) else 1
                is_automatic = isinstance(node.value, ast.Call) and last(node.value) == "auto"
                value = automatic if is_automatic else self.value(node.value, Place(found.module, found.name))
                yield value

    def value(self, node: ast.expr, place: Place) -> Any:
        """Return a constant as JSON has it, through the names that stand for it; opaque where it is computed."""
        with suppress(ValueError, TypeError, SyntaxError):
            value = ast.literal_eval(node)
            value = [*value] if isinstance(value, tuple) else value
            return value if isinstance(value, str | int | float | list | dict | None) else opaque(repr(value))["const"]
        found = self.find(place, name) if (name := dotted(node)) else ""
        if isinstance(found, Value) and dotted(found.node) != name:
            return self.value(found.node, Place(found.module, found.name.rpartition(".")[0]))
        return opaque(ast.unparse(node))["const"]

    def limited(self, schema: Schema, calls: Iterable[ast.AST | None], place: Place) -> Schema:
        """Add the limits that calls such as `Field(gt=0)`, `Meta(max_length=9)`, `Ge(1)` or `validators.max_len(3)` set."""
        if not isinstance(schema, dict):
            return schema
        kind, made = schema.get("type", ""), dict(schema)
        sizes = [SIZES[kind]] if kind in SIZES else [] if kind in ("integer", "number") else [*SIZES.values()]
        for call in [one for one in calls if isinstance(one, ast.Call)]:
            for name, node in [*((one.arg or "", one.value) for one in call.keywords), *((last(call), one) for one in call.args[:1])]:
                if key := _LIMITS.get(name.lower().replace("_", "")):
                    value = self.value(node, place)
                    limits = {f"{key}{each}": value for each in (sizes if key in ("min", "max") else [""])}
                    made |= limits if isinstance(value, int | float | str) else {"x-limit": ast.unparse(call)}
        return made


def _opaque(name: str, arguments: list[Schema]) -> Schema:
    return opaque(f"{name}[{', '.join(map(told, arguments))}]" if arguments else name)


def _any_of(schemas: list[Schema]) -> Schema:
    flat = [one for schema in schemas for one in (schema["anyOf"] if isinstance(schema, dict) and [*schema] == ["anyOf"] else [schema])]
    kept = [one for at, one in enumerate(flat) if one is not False and one not in flat[:at]]
    return {} if {} in kept else kept[0] if len(kept) == 1 else {"anyOf": kept}


def dotted(node: ast.AST | None) -> str:
    """Return a name or a chain of attributes as text, else ''.

    >>> dotted(ast.parse("a.b", mode="eval").body)
    'a.b'
    """
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def last(node: ast.AST | str | None) -> str:
    """Return the last part of a dotted name, of what is called where it is a call."""
    return (node if isinstance(node, str) else dotted(node.func if isinstance(node, ast.Call) else node)).rpartition(".")[2]
