"""Records: classes whose constructor is made of their fields, and the signature that callers of any class meet.

Why: a field added to a dataclass is a parameter added to its constructor; the same holds for named tuples, typed dictionaries,
msgspec structs, pydantic models and attrs classes, each with its own words for "optional" and "keyword only".
Not here: what a change of them means (`construction`), members that are no fields (`member`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from planaria.diff.interface.annotation import real
from planaria.diff.interface.signature import Kind, Parameter, Signature, signature
from planaria.diff.interface.surface import Definition, called, texts

Family = Literal["dataclass", "attrs", "namedtuple", "typeddict", "struct", "model", "enum", ""]
BASES: dict[str, Family] = {
    "typing.NamedTuple": "namedtuple", "typing.TypedDict": "typeddict", "typing_extensions.TypedDict": "typeddict",
    "msgspec.Struct": "struct", "pydantic.BaseModel": "model", "pydantic.main.BaseModel": "model",
    "pydantic_settings.BaseSettings": "model", "pydantic.BaseSettings": "model",
}  # fmt: skip
CALLS: dict[str, Family] = {
    "namedtuple": "namedtuple", "NamedTuple": "namedtuple", "TypedDict": "typeddict", "Enum": "enum", "IntEnum": "enum"
}  # fmt: skip
ATTRS = ("s", "attrs", "attributes", "define", "frozen", "mutable", "dataclass")
MAKERS = ("field", "ib", "attrib", "Field", "Factory", "PrivateAttr")
AUTO = " (auto)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field; `parameter` is missing where the constructor does not take it."""

    name: str
    home: Definition
    parameter: Parameter | None
    annotation: ast.expr | None = None


def family(one: Definition) -> Family:
    """Return what kind of record a class is, or nothing."""
    if one.sort == "attribute":
        return CALLS.get(_made_by(one.value), "")
    inner, outer = one.ancestry
    for base in outer:
        if base in BASES:
            return BASES[base]
        if base.startswith("enum.") and base != "enum.EnumMeta":
            return "enum"
    if "builtins.tuple" in outer and any(CALLS.get(_made_by(base)) == "namedtuple" for each in inner for base in _bases(each)):
        return "namedtuple"
    return next((made for each in inner if (made := decorated(each))), "")


def _bases(one: Definition) -> list[ast.expr]:
    return one.node.bases if isinstance(one.node, ast.ClassDef) else []


def _made_by(node: ast.AST | None) -> str:
    return called(node).rpartition(".")[2]


def decorated(one: Definition) -> Family:
    """Return what kind of record its own decorators make of a class."""
    for node in getattr(one.node, "decorator_list", ()):
        found = one.home.space.name(one.home, node.func if isinstance(node, ast.Call) else node)
        root, _, last = (found if isinstance(found, str) else "").rpartition(".")
        if root.partition(".")[0] in ("attr", "attrs") and last in ATTRS:
            return "attrs"
        if last in ("dataclass", "dataclass_transform"):
            return "dataclass"
    return ""


def options(one: Definition) -> dict[str, ast.expr]:
    """Return the options of a record: the keywords of its class statement and of its decorators."""
    calls = [each.keywords for each in getattr(one.node, "decorator_list", ()) if isinstance(each, ast.Call)]
    found = {each.arg: each.value for given in (getattr(one.node, "keywords", ()), *calls) for each in given if each.arg}
    if any(name.endswith("frozen") for name in one.decorators):
        found.setdefault("frozen", ast.Constant(value=True))
    return found


def is_on(given: Mapping[str, ast.expr], name: str, *, default: bool = False) -> bool:
    """Say whether an option is on.

    >>> is_on({"frozen": ast.Constant(True)}, "frozen")
    True
    """
    node = given.get(name)
    return default if not isinstance(node, ast.Constant) else bool(node.value)


def fields(one: Definition) -> dict[str, Field]:
    """Return the fields of a record by name, inherited ones first."""
    kind = family(one)
    if kind in ("", "enum"):
        return {}
    if one.sort == "attribute":
        return {each.name: each for each in _functional(one, one.value)}
    found: dict[str, Field] = {}
    for each in reversed(one.ancestry[0]):
        found |= {field.name: field for base in _bases(each) for field in _functional(each, base)}
        if kind not in ("dataclass", "attrs") or decorated(each):
            found |= {field.name: field for field in _own(each, kind)}
    return found


def _functional(home: Definition, node: ast.expr | None) -> Iterator[Field]:
    """Yield the fields of a call such as `namedtuple("A", "x y")`, `TypedDict("A", {"x": int})`, `NamedTuple("A", [("x", int)])`."""
    if not isinstance(node, ast.Call) or len(node.args) < 2 or _made_by(node) not in CALLS:  # noqa: PLR2004 - name and fields
        return
    given, spelled = {each.arg: each.value for each in node.keywords if each.arg}, node.args[1]
    is_dictionary = isinstance(spelled, ast.Dict)
    if isinstance(spelled, ast.Constant):
        names: list[tuple[str, ast.expr | None]] = [(each, None) for each in str(spelled.value).replace(",", " ").split()]
    else:
        pairs = [each.elts for each in getattr(spelled, "elts", ()) if isinstance(each, ast.Tuple)]
        spelled_pairs = zip(spelled.keys, spelled.values, strict=True) if isinstance(spelled, ast.Dict) else pairs
        names = [(str(name.value), value) for name, value in spelled_pairs if isinstance(name, ast.Constant)]
        names = names or [(each, None) for each in texts(spelled) or []]
    defaults = getattr(given.get("defaults"), "elts", [])
    rest = [None] * (len(names) - len(defaults)) + defaults
    for (name, annotation), default in zip(names, rest, strict=False):
        is_required = is_on(given, "total", default=True) if is_dictionary else default is None
        kind: Kind = "keyword-only" if is_dictionary else "positional"
        made = Parameter(name=name, kind=kind, is_required=is_required, default=default, annotation=annotation)
        yield Field(name=name, home=home, parameter=made, annotation=annotation)


def _own(one: Definition, kind: Family) -> Iterator[Field]:
    is_keyword_only = kind in ("model", "typeddict") or is_on(options(one), "kw_only")
    for name, member in one.members.items():
        spelled = ast.unparse(member.annotation) if member.annotation else ""
        if spelled.endswith("KW_ONLY"):
            is_keyword_only = True
        elif (
            member.sort == "attribute"
            and (spelled or (kind == "attrs" and _made_by(member.value) in MAKERS))
            and "ClassVar" not in spelled
            and not isinstance(member.node, ast.Attribute)
            and not (kind in ("model", "struct") and name.startswith("__"))
        ):
            yield _field(member, one, kind, spelled, is_keyword_only=is_keyword_only)


def _field(member: Definition, home: Definition, kind: Family, spelled: str, *, is_keyword_only: bool) -> Field:
    call = member.value if isinstance(member.value, ast.Call) and _made_by(member.value) in MAKERS else None
    said = {each.arg: each.value for each in call.keywords if each.arg} if call else {}
    default = member.value
    if call:
        first = call.args[0] if call.args and kind != "attrs" else None
        default = said.get("default") or said.get("default_factory") or said.get("factory") or first
    is_required = default is None or (isinstance(default, ast.Constant) and default.value is ... and kind == "model")
    if kind == "typeddict":
        is_required = "NotRequired" not in spelled and (is_on(options(home), "total", default=True) or "Required" in spelled)
    alias, name = said.get("alias"), member.short.lstrip("_") if kind == "attrs" else member.short
    name = str(alias.value) if isinstance(alias, ast.Constant) and kind in ("attrs", "model") else name
    order: Kind = "keyword-only" if is_on(said, "kw_only", default=is_keyword_only) else "positional"
    made = Parameter(name=name, kind=order, is_required=is_required, default=default, annotation=member.annotation)
    is_taken = is_on(said, "init", default=True) and not (kind == "model" and name.startswith("_"))
    return Field(name=member.short, home=home, parameter=made if is_taken else None, annotation=member.annotation)


def constructor(one: Definition) -> tuple[Signature, Definition] | None:
    """Return the signature of a call of a class and the definition it comes from; nothing where it cannot be known."""
    kind = family(one)
    if one.sort == "attribute":
        made = _in_order(fields(one)) if kind == "namedtuple" else Signature()
        return (made, one) if made.parameters else None
    inner, outer = one.ancestry
    for each in inner:
        for name in ("__init__", "__new__"):
            start = each.members.get(name)
            if start and start.function:
                return (signature(start, each), start) if kind != "enum" else None
        if kind not in ("", "enum") and (kind not in ("dataclass", "attrs") or decorated(each)):
            return _in_order(fields(one)), one
    known = [real(each) for each in outer if each not in ("typing.Generic", "typing.Protocol")]
    is_plain = all(each is not None and not any({"__init__", "__new__"} & vars(one).keys() for one in each.__mro__[:-1]) for each in known)
    return (Signature(), one) if kind == "" and is_plain and not options(one).get("metaclass") else None


def _in_order(found: Mapping[str, Field]) -> Signature:
    taken = [each.parameter for each in found.values() if each.parameter]
    return Signature(parameters=tuple(sorted(taken, key=lambda each: each.kind == "keyword-only")))


def values(one: Definition) -> dict[str, str]:
    """Return the members of an enumeration with their values as text, those that were not chosen marked as automatic."""
    if one.sort == "attribute":
        return {each.name: str(place + 1) for place, each in enumerate(_functional(one, one.value))}
    found: dict[str, str] = {}
    is_flag = any(each.endswith("Flag") for each in one.ancestry[1])
    for each in reversed(one.ancestry[0]):
        for name, member in each.members.items():
            is_value = member.sort == "attribute" and member.value is not None and not member.is_instance
            if not is_value or (name.startswith("_") and name.endswith("_")) or _made_by(member.value) == "nonmember":
                continue
            last = next(reversed(found.values()), "0").removesuffix(AUTO)
            number = int(last) if last.isdecimal() else len(found)
            following = f"{(number * 2 or 1) if is_flag else number + 1}{AUTO}"
            found[name] = following if _made_by(member.value) == "auto" else ast.unparse(member.value or member.node)
    return found
