"""Unions of records: what the JSON library cannot tell apart by itself, told apart by the fields that each has.

Why: `Found | Missing` of two frozen dataclasses is a value, so it must travel; a record is written with all its
fields, so two records of different fields are never mistaken. Anything that could be mistaken is refused when the
decoder is made, long before the first call.
Not here: encoding and decoding as such (`placement.codec`).
"""

import dataclasses
import functools
import operator
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec
from msgspec import field
from msgspec.structs import FieldInfo, fields

from planaria.kernel.error import PlanariaError
from planaria.kernel.value import fields_of, type_text, walk


class Untravellable(PlanariaError):
    """A type that the codec cannot carry without losing what it means."""

    code = "PLN-P103"
    what = "{type} cannot travel: {problem}"
    why = "decoding must give back the same value, and JSON alone cannot tell these apart"
    fix = "give the alternatives a tag (frozen msgspec structs with tag=True), or use one type"


class StandIn(type):
    """The type of choices and shadows: any value passes as an instance, because the hook makes the real one."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class Choice(metaclass=StandIn):
    """Stands for a union of records while decoding."""

    records: ClassVar[tuple[Any, ...]]
    others: ClassVar[Any]


class Shadow(metaclass=StandIn):
    """Stands for a record that has a choice somewhere inside."""

    record: ClassVar[Any]
    struct: ClassVar[Any]


def travelling(type_: Any, shadows: dict[Any, Any] | None = None) -> Any:
    """Return the type to decode as: the same one, or one in which unions of records are choices.

    Raises: `PLN-P103`.

    >>> travelling(tuple[int, ...])
    tuple[int, ...]
    """
    if not any(_hard(part) for part in walk(type_)):
        return type_
    shadows = {} if shadows is None else shadows
    if fields_of(type_) is not None:
        return shadows[type_] if type_ in shadows else _shadow(type_, shadows)
    if isinstance(type_, typing.NewType):
        return travelling(type_.__supertype__, shadows)
    origin, inside = typing.get_origin(type_), typing.get_args(type_)
    if origin is typing.Annotated:
        return typing.Annotated[(travelling(inside[0], shadows), *inside[1:])]
    if origin in (typing.Union, types.UnionType):
        return _choice(type_, shadows) if _hard(type_) else _union(travelling(one, shadows) for one in inside)
    return origin[tuple(one if one is Ellipsis else travelling(one, shadows) for one in inside)]


def from_plain(stand_in: Any, plain: Any) -> Any:
    """Make the value that a choice or a shadow stands for; the codec's hook.

    >>> from_plain(int, 1)
    Traceback (most recent call last):
    ...
    NotImplementedError: int
    """
    if issubclass(stand_in, Shadow):
        found = _convert(plain, stand_in.struct)
        return stand_in.record(**{name: getattr(found, name) for name in stand_in.struct.__struct_fields__})
    if issubclass(stand_in, Choice):
        if not isinstance(plain, Mapping):
            if stand_in.others is None and plain is not None:
                problem = f"Expected `object`, got `{type(plain).__name__}`"
                raise ValueError(problem)
            return _convert(plain, stand_in.others)
        return _convert(plain, _chosen(stand_in.records, plain))
    raise NotImplementedError(type_text(stand_in))


def _convert(plain: Any, type_: Any) -> Any:
    return msgspec.convert(plain, type_, strict=True, str_keys=True, dec_hook=from_plain)


def _chosen(records: tuple[Any, ...], plain: Mapping[str, Any]) -> Any:
    keys = set(plain)
    fitting = [one for one in records if _required(one) <= keys <= _written(one) and _tag_fits(one, plain)]
    exact = [one for one in fitting if _written(one) == keys]
    for one in exact + fitting:
        return one
    problem = f"Expected the fields of one of {', '.join(map(_name, records))}"
    raise ValueError(problem)


def _hard(type_: Any) -> bool:
    if typing.get_origin(type_) not in (typing.Union, types.UnionType):
        return False
    records = [one for one in typing.get_args(type_) if fields_of(one) is not None]
    return len(records) > 1 and not all(_tag(one) for one in records)


def _choice(type_: Any, shadows: dict[Any, Any]) -> Any:
    inside = typing.get_args(type_)
    records = tuple(travelling(one, shadows) for one in inside if fields_of(one) is not None)
    others = tuple(travelling(one, shadows) for one in inside if fields_of(one) is None)
    if any(typing.get_origin(one) is Mapping for one in others):
        raise Untravellable(type=type_text(type_), problem="a mapping and a record are both JSON objects")
    known: dict[Any, str] = {}
    for one in (each for each in inside if fields_of(each) is not None):
        twin = known.setdefault((_tag(one), frozenset(_written(one))), _name(one))
        if twin != _name(one):
            raise Untravellable(type=type_text(type_), problem=f"{twin} and {_name(one)} have the same fields")
    return StandIn("Choice", (Choice,), {"records": records, "others": _union(others) if others else None})


def _shadow(type_: Any, shadows: dict[Any, Any]) -> Any:
    shadow: Any = StandIn("Shadow", (Shadow,), {"record": type_})
    shadows[type_] = shadow
    fields = []
    for one in _fields(type_):
        default = one.default if one.default_factory is msgspec.NODEFAULT else field(default_factory=one.default_factory)
        fields.append((one.name, travelling(one.type, shadows), *([] if one.required else [default])))
    shadow.struct = msgspec.defstruct(
        type_.__name__, fields, kw_only=True, frozen=True, module=type_.__module__, tag=_tag(type_),
        tag_field=type_.__struct_config__.tag_field if _tag(type_) else None,
        rename={one.name: one.encode_name for one in _fields(type_)},
    )  # fmt: skip
    return shadow


def _fields(record: Any) -> tuple[FieldInfo, ...]:
    if hasattr(record, "__struct_config__"):
        return fields(record)
    hints, found = fields_of(record) or {}, []
    for one in dataclasses.fields(record):
        given = {
            "default": msgspec.NODEFAULT if one.default is dataclasses.MISSING else one.default,
            "default_factory": msgspec.NODEFAULT if one.default_factory is dataclasses.MISSING else one.default_factory,
        }
        found.append(FieldInfo(one.name, one.name, hints[one.name], **given))
    return tuple(found)


def _origin(record: Any) -> Any:
    return record.record if isinstance(record, type) and issubclass(record, Shadow) else record


def _name(record: Any) -> str:
    return type_text(_origin(record))


def _tag(record: Any) -> Any:
    config = getattr(_origin(record), "__struct_config__", None)
    return config.tag if config else None


def _union(types_: Iterable[Any]) -> Any:
    return functools.reduce(operator.or_, types_)


def _tag_fits(record: Any, plain: Mapping[str, Any]) -> bool:
    return not _tag(record) or plain.get(_origin(record).__struct_config__.tag_field) == _tag(record)


def _written(record: Any) -> set[str]:
    tag = {_origin(record).__struct_config__.tag_field} if _tag(record) else set()
    return {one.encode_name for one in _fields(_origin(record))} | tag


def _required(record: Any) -> set[str]:
    return {one.encode_name for one in _fields(_origin(record)) if one.required}
