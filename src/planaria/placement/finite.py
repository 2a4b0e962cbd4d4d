"""Floats that are no numbers: found in a value that is about to travel, and named.

Why: JSON has no word for infinity or for what is not a number, and the library writes `null` for both: a value would change
in silence, which is worse than an error.
Decision D-130: a float that is not finite is no value, and each placement that carries values refuses it by its name. Because
one rule for all is the only one a cell can rely on when it moves, and HTTP cannot carry them. In the process itself nothing is
looked at, so there they pass. Revisit when values cross no border as JSON any more.
Not here: the encoding (`codec`, `packing`).
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

from planaria.kernel.value import fields_of, walk

PLAIN = (str, bytes, int, bool, type(None))


def names_in(type_: Any) -> tuple[str, ...]:
    """Return the names of a record's fields; of anything else, none.

    >>> names_in(int)
    ()
    """
    return tuple(getattr(type_, "__struct_fields__", getattr(type_, "__dataclass_fields__", ())))


def unfinite_in(value: Any) -> float | None:
    """Return the first float inside a value that is not finite, or None.

    >>> unfinite_in((1.0, {"a": float("inf")}))
    inf
    """
    kind: Any = type(value)
    left = [value] if _may_hold_floats(kind) else []
    while left:
        one = left.pop()
        if isinstance(one, float):
            if not math.isfinite(one):
                return one
        elif isinstance(one, Mapping):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, (tuple, list, frozenset, set)):
            left += one
        else:
            left += [getattr(one, name) for name in names_in(type(one))]
    return None


@functools.cache
def _may_hold_floats(type_: Any) -> bool:
    if fields_of(type_) is not None:
        return any(part in (float, Any) for part in walk(type_))
    return not issubclass(type_, PLAIN)
