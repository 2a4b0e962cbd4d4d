"""What contracts use of msgspec, in plain Python: `Struct`, `field`, `Meta`, and the functions of `msgspec.structs`.

Why: msgspec is native code that no guest can load, and contracts declare their values with it. This module stands in the
guest where `msgspec` stands elsewhere; values behave alike, and are checked by the host.
Not here: encoding and decoding (`msgspec.json`), which the check refuses in an implementation placed here.
"""

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, dataclass_transform


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET, NODEFAULT = _Unset(), _Unset()
UnsetType = _Unset


class Meta:
    """What an annotation says beside its type; the host checks it."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def __repr__(self) -> str:
        return f"msgspec.Meta({', '.join(f'{name}={value!r}' for name, value in self.said.items())})"

    def __hash__(self) -> int:
        return hash(tuple(sorted(map(str, self.said.items()))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meta) and self.said == other.said


class Field:
    """What a field says beside its type."""

    def __init__(self, default: Any, default_factory: Any, name: str | None) -> None:
        self.default, self.default_factory, self.name = default, default_factory, name


def field(*, default: Any = NODEFAULT, default_factory: Any = NODEFAULT, name: str | None = None) -> Any:
    """Say of a field how it is left out, and how it is written."""
    return Field(default, default_factory, name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


RENAMES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "camel": _camel,
    "pascal": lambda name: "".join(part.title() for part in name.split("_")),
    "kebab": lambda name: name.strip("_").replace("_", "-"),
}
OPTIONS = {
    "frozen": False, "kw_only": False, "tag": None, "tag_field": None, "rename": None, "omit_defaults": False, "eq": True, "order": False,
    "forbid_unknown_fields": False, "array_like": False, "gc": True,
    "weakref": False, "dict": False, "cache_hash": False, "repr_omit_defaults": False,
}  # fmt: skip


def _annotations(made: type[Any]) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(made, format=annotationlib.Format.FORWARDREF)
    return dict(inspect.get_annotations(made))


class StructMeta(type):
    """Makes the fields of a struct out of its annotations."""

    def __new__(cls, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Make a struct class."""
        unknown = set(options) - set(OPTIONS)
        if unknown:
            raise TypeError(f"{name} has options that a struct does not know: {', '.join(sorted(unknown))}")
        drafted = type.__new__(cls, name, (), {key: value for key, value in namespace.items() if key.startswith("__annot")})
        own = {one: type_ for one, type_ in _annotations(drafted).items() if "ClassVar" not in str(type_) and not one.startswith("__")}
        defaults = {one: namespace.pop(one) for one in own if one in namespace}
        namespace["__slots__"] = tuple(own)
        made: Any = super().__new__(cls, name, bases, namespace)
        _configure(made, own, defaults, options)
        return made


def _configure(made: Any, own: Mapping[str, Any], defaults: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    above = next((one.__struct_config__ for one in made.__mro__[1:] if hasattr(one, "__struct_config__")), SimpleNamespace(**OPTIONS))
    config = SimpleNamespace(**{**vars(above), **options})
    if options.get("tag") is None and options.get("tag_field") is not None:
        config.tag = True
    config.tag = made.__name__ if config.tag is True else config.tag(made.__name__) if callable(config.tag) else config.tag or None
    config.tag_field = (config.tag_field or "type") if config.tag is not None else None
    known: dict[str, tuple[Any, str | None, bool]] = {}
    for one in reversed(made.__mro__[1:]):
        known |= getattr(one, "__struct_known__", {})
    for name in own:
        given = defaults.get(name, NODEFAULT)
        said = given if isinstance(given, Field) else Field(given, NODEFAULT, None)
        known[name] = (said, said.name, config.kw_only)
    ordered = [name for name, (_, _, keyword) in known.items() if not keyword] + [
        name for name, (_, _, keyword) in known.items() if keyword
    ]
    rename = RENAMES.get(config.rename, config.rename) if isinstance(config.rename, str) else config.rename
    made.__struct_config__, made.__struct_known__, made.__struct_fields__ = config, known, tuple(ordered)
    made.__struct_encode_fields__ = tuple(known[name][1] or _renamed(rename, name) for name in ordered)
    made.__struct_required__ = tuple(
        written for name, written in zip(ordered, made.__struct_encode_fields__, strict=True) if _required(known[name][0])
    )
    made.__struct_places__ = tuple(name for name in ordered if not known[name][2])
    setattr(made, "__match_args__", made.__struct_places__)  # noqa: B010 - the checker takes it for a constant
    made.__struct_values__ = attrgetter(*ordered) if len(ordered) > 1 else lambda value: tuple(getattr(value, name) for name in ordered)
    if config.eq and "__hash__" not in made.__dict__ and not config.frozen:
        made.__hash__ = None


def _renamed(rename: Any, name: str) -> str:
    if rename is None:
        return name
    found = rename.get(name) if isinstance(rename, Mapping) else rename(name)
    return name if found is None else str(found)


def _required(said: Field) -> bool:
    return said.default is NODEFAULT and said.default_factory is NODEFAULT


def _default(said: Field) -> Any:
    if said.default_factory is not NODEFAULT:
        return said.default_factory()
    return said.default.copy() if isinstance(said.default, (list, dict, set)) else said.default


@dataclass_transform(field_specifiers=(field,))
class Struct(metaclass=StructMeta):
    """A record of named fields."""

    __struct_fields__: Any
    __struct_config__: Any
    __struct_known__: Any
    __struct_values__: Any
    __struct_places__: Any

    def __init__(self, *given: Any, **named: Any) -> None:
        kind = type(self)
        places, names = kind.__struct_places__, kind.__struct_fields__
        if len(given) > len(places):
            raise TypeError("Extra positional arguments provided")
        put = object.__setattr__
        for name, value in zip(places, given, strict=False):
            if name in named:
                raise TypeError(f"Argument '{name}' given by name and position")
            put(self, name, value)
        for name in names[len(given) :] if len(places) == len(names) else [one for one in names if one not in places[: len(given)]]:
            if name in named:
                put(self, name, named.pop(name))
                continue
            said = kind.__struct_known__[name][0]
            if _required(said):
                raise TypeError(f"Missing required argument '{name}'")
            put(self, name, _default(said))
        if named:
            raise TypeError(f"Unexpected keyword argument '{next(iter(named))}'")
        if hasattr(kind, "__post_init__"):
            kind.__post_init__(self)

    def __setattr__(self, name: str, value: Any) -> None:
        if type(self).__struct_config__.frozen:
            raise AttributeError(f"immutable type: '{type(self).__qualname__}'")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if type(self).__struct_config__.frozen:
            raise AttributeError(f"immutable type: '{type(self).__qualname__}'")
        object.__delattr__(self, name)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__struct_fields__)
        return f"{type(self).__name__}({inside})"

    def __eq__(self, other: object) -> Any:
        if type(other) is not type(self):
            return NotImplemented
        if not type(self).__struct_config__.eq:
            return self is other
        return type(self).__struct_values__(self) == type(other).__struct_values__(other)

    def __hash__(self) -> int:
        return hash((type(self), type(self).__struct_values__(self))) if type(self).__struct_config__.eq else object.__hash__(self)

    def _compared(self, other: Any, compare: Callable[[Any, Any], bool]) -> Any:
        if type(other) is not type(self) or not type(self).__struct_config__.order:
            return NotImplemented
        return compare(astuple(self), astuple(other))

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, lambda one, two: one < two)

    def __le__(self, other: Any) -> Any:
        return self._compared(other, lambda one, two: one <= two)

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, lambda one, two: one > two)

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, lambda one, two: one >= two)

    def __copy__(self) -> Any:
        return replace(self)

    def __replace__(self, **changes: Any) -> Any:
        return replace(self, **changes)

    def __struct_is_default__(self, name: str) -> bool:
        said = type(self).__struct_known__[name][0]
        return not _required(said) and bool(getattr(self, name) == _default(said))


def replace(struct: Any, /, **changes: Any) -> Any:
    """Return a copy with some fields changed."""
    names = type(struct).__struct_fields__
    if unknown := [name for name in changes if name not in names]:
        raise TypeError(f"`{type(struct).__name__}` has no field '{unknown[0]}'")
    made: Any = object.__new__(type(struct))
    for name in names:
        object.__setattr__(made, name, changes.get(name, getattr(struct, name, None)) if name in changes else getattr(struct, name))
    if hasattr(made, "__post_init__"):
        made.__post_init__()
    return made


def asdict(struct: Any) -> dict[str, Any]:
    """Return the fields by name."""
    return {name: getattr(struct, name) for name in type(struct).__struct_fields__}


def astuple(struct: Any) -> tuple[Any, ...]:
    """Return the fields' values."""
    return tuple(getattr(struct, name) for name in type(struct).__struct_fields__)


def force_setattr(struct: Any, name: str, value: Any) -> None:
    """Set a field, even of a frozen struct."""
    object.__setattr__(struct, name, value)


def fields(struct: Any) -> tuple[Any, ...]:
    """Describe the fields of a struct or of its class."""
    kind = struct if isinstance(struct, type) else type(struct)
    return tuple(_described(kind))


def _described(kind: Any) -> Iterator[Any]:
    import typing

    hints = typing.get_type_hints(kind, include_extras=True)
    for name, written in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        said = kind.__struct_known__[name][0]
        yield SimpleNamespace(
            name=name,
            encode_name=written,
            type=hints[name],
            default=said.default,
            default_factory=said.default_factory,
            required=_required(said),
        )


def modules() -> dict[str, types.ModuleType]:
    """Return the modules that stand where msgspec's stand elsewhere.

    >>> sorted(modules())
    ['msgspec', 'msgspec.structs']
    """
    outer, inner = types.ModuleType("msgspec"), types.ModuleType("msgspec.structs")
    vars(inner).update(replace=replace, asdict=asdict, astuple=astuple, force_setattr=force_setattr, fields=fields)
    vars(outer).update(
        Struct=Struct, StructMeta=StructMeta, field=field, Meta=Meta, UNSET=UNSET, UnsetType=UnsetType, NODEFAULT=NODEFAULT, structs=inner,
        __path__=[],
    )  # fmt: skip
    return {"msgspec": outer, "msgspec.structs": inner}
