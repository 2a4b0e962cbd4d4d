"""JSON schemas of value types, exactly as the codec reads and writes them.

Why: a document that describes other types than the codec takes would be worse than none, so both come from one source.
Not here: documents made of them (`derive`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from planaria.kernel.value import walk
from planaria.placement.union import Choice, Shadow, StandIn, travelling

REFERENCES = "#/components/schemas/{name}"
Schema = dict[str, Any]
UNKNOWN: Schema = {"description": "any value"}


def schemas_of(types_: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Return the schema of each type, and the named schemas that they refer to.

    >>> schemas_of([tuple[int, ...]])
    ([{'type': 'array', 'items': {'type': 'integer'}}], {})
    """
    shadows: dict[Any, Any] = {}
    asked = [travelling(one, shadows) for one in types_]
    inside = list(dict.fromkeys(_inside(asked)))
    known: dict[Any, Schema] = {}
    for _ in range(3):  # names first, then choices, then choices inside choices
        found, named = msgspec.json.schema_components([*asked, *inside], schema_hook=_hook(known), ref_template=REFERENCES)
        known = dict(zip(inside, found[len(asked) :], strict=True))
    return list(found[: len(asked)]), dict(sorted(named.items()))


def _hook(known: Mapping[Any, Schema]) -> Callable[[Any], Schema]:
    def describe(stand_in: Any) -> Schema:
        if issubclass(stand_in, Shadow):
            return known.get(stand_in.struct, UNKNOWN)
        return {"anyOf": [known.get(part, UNKNOWN) for part in _parts(stand_in)]}

    return describe


def _parts(choice: Any) -> list[Any]:
    records = [one.struct if _is_stand_in(one) else one for one in choice.records]
    return records if choice.others is None else [*records, choice.others]


def _inside(types_: Iterable[Any], seen: set[Any] | None = None) -> Iterator[Any]:
    """Yield every type that stands behind a choice or a shadow."""
    seen = set() if seen is None else seen
    for part in (each for one in types_ for each in walk(one)):
        if _is_stand_in(part) and part not in seen:
            seen.add(part)
            behind = _parts(part) if issubclass(part, Choice) else [part.struct]
            yield from behind
            yield from _inside(behind, seen)


def _is_stand_in(type_: Any) -> bool:
    return type(type_) is StandIn
