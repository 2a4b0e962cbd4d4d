"""Values: which types may cross from cell to cell, and how a type is written down.

Why: what may cross a process border must be a value everywhere, or a later relocation changes behaviour; so mutable
types are refused when the contract is described, with the immutable type to use instead.
Not here: encoding (the codec is an adapter of the `Codec` port).
"""

import dataclasses
import datetime as dt
import enum
import types
import typing
from collections import abc
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

PLAIN: tuple[Any, ...] = (type(None), bool, int, float, str, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, Decimal, UUID)
INSTEAD: dict[Any, str] = {list: "tuple[T, ...]", dict: "Mapping[str, T]", set: "frozenset[T]", bytearray: "bytes", Any: "a named value"}


def fields_of(type_: Any) -> dict[str, Any] | None:
    """Return field names and types of a dataclass or struct, or None for any other type.

    >>> fields_of(int) is None
    True
    """
    if dataclasses.is_dataclass(type_) or hasattr(type_, "__struct_fields__"):
        hints = typing.get_type_hints(type_, include_extras=True)
        names = getattr(type_, "__struct_fields__", None)  # () for an empty struct, which is a value too
        return {name: hints[name] for name in ([one.name for one in dataclasses.fields(type_)] if names is None else names)}
    return None


def parts_of(type_: Any) -> tuple[Any, ...]:
    """Return the types directly inside a type: arguments, members of a union, fields of a struct.

    >>> parts_of(tuple[int, ...])
    (<class 'int'>,)
    """
    if isinstance(type_, typing.NewType):
        return (type_.__supertype__,)
    origin = typing.get_origin(type_)
    if origin is typing.Literal:
        return ()
    if origin is typing.Annotated:
        return (typing.get_args(type_)[0],)
    if origin is not None:
        return tuple(part for part in typing.get_args(type_) if part is not Ellipsis)
    return tuple((fields_of(type_) or {}).values())


def walk(type_: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    """Yield a type and every type inside it, each once.

    >>> list(walk(tuple[int, ...]))
    [tuple[int, ...], <class 'int'>]
    """
    seen = set() if seen is None else seen
    if type_ in seen:
        return
    seen.add(type_)
    yield type_
    for part in parts_of(type_):
        yield from walk(part, seen)


def _problem(type_: Any) -> str | None:
    origin = typing.get_origin(type_) or type_
    if origin in INSTEAD:
        return f"{type_text(type_)} is not a value: use {INSTEAD[origin]}"
    if type_ in PLAIN or isinstance(type_, typing.NewType):
        return None
    if origin in (tuple, frozenset, abc.Mapping, typing.Literal, typing.Union, types.UnionType, typing.Annotated):
        bare = typing.get_args(type_) == () and type_ != tuple[()]
        return f"{type_text(type_)} does not say what is inside" if bare else None
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return None
    if hasattr(type_, "__struct_config__"):
        return None if type_.__struct_config__.frozen else f"{type_text(type_)} is not frozen: declare it with frozen=True"
    if dataclasses.is_dataclass(type_):
        frozen = getattr(type_, "__dataclass_params__").frozen  # noqa: B009 - the attribute is not in typeshed
        return None if frozen else f"{type_text(type_)} is not frozen: declare it with frozen=True"
    return f"{type_text(type_)} is not a value: use a frozen struct or dataclass"


def problems_of(type_: Any) -> list[str]:
    """Return a sentence for each type inside `type_` that is not a value.

    >>> problems_of(tuple[list[int], ...])
    ['list[int] is not a value: use tuple[T, ...]']
    """
    return [problem for part in walk(type_) if (problem := _problem(part))]


def type_text(type_: Any) -> str:
    """Write a type as a contract shows it, the same for every spelling of it.

    >>> type_text(typing.Optional[int]), type_text(tuple[str, ...])
    ('int | None', 'tuple[str, ...]')
    """
    if type_ is None or type_ is type(None):
        return "None"
    if type_ is Ellipsis:
        return "..."
    origin, inside = typing.get_origin(type_), typing.get_args(type_)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_text(part) for part in inside)
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, inside))}]"
    if origin is typing.Annotated:
        return f"Annotated[{type_text(inside[0])}, {', '.join(map(repr, inside[1:]))}]"
    if origin is not None:
        return f"{origin.__qualname__}[{', '.join(map(type_text, inside)) or '()'}]"
    return str(getattr(type_, "__qualname__", type_))


def named_values(types_: typing.Iterable[Any]) -> dict[str, Any]:
    """Describe every named value reachable from `types_` as plain data, by name.

    >>> class Colour(enum.Enum):
    ...     RED = "red"
    >>> named_values([tuple[Colour, ...]])
    {'Colour': {'kind': 'enum', 'members': {'RED': 'red'}}}
    """
    named = {type_text(type_): _named(type_) for outer in types_ for type_ in walk(outer)}
    return {name: value for name, value in sorted(named.items()) if value}


def _named(type_: Any) -> dict[str, Any] | None:
    fields = fields_of(type_)
    if fields is not None:
        return {"kind": "struct", "fields": {name: type_text(field) for name, field in fields.items()}}
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return {"kind": "enum", "members": {member.name: member.value for member in type_}}
    return {"kind": "newtype", "of": type_text(type_.__supertype__)} if isinstance(type_, typing.NewType) else None
