"""Told values: the literal that one is, and what of it is the same in every run.

Why: a witness must be small and must not be chance, and both are seen in the values that actors tell.
Not here: playing scripts (`distinction`).
"""

from collections.abc import Callable
from typing import Any

from planaria.witness.plain import KIND, OF
from planaria.witness.script.form import Form
from planaria.witness.script.likeness import Told

END: Told = {KIND: "other …", OF: "…"}
PLAIN: dict[str, Callable[..., Form]] = {"list": list, "tuple": tuple, "set": set, "dict": dict}


def plainly(value: Any) -> tuple[Form] | None:
    """Return the literal that a told value is, in a tuple of one; None where it is none.

    >>> plainly({"$": "list", "of": [1, ["a"]]})
    ([1, ('a',)],)
    """
    if not isinstance(value, (list, dict)):
        return (value,)
    kind, of = ("tuple", value) if isinstance(value, list) else (value[KIND], value[OF])
    if kind not in PLAIN:
        return None
    inner = [plainly(one) for one in of]
    try:
        return None if None in inner else (PLAIN[kind](one[0] for one in inner if one),)
    except TypeError:
        return None


def steady(one: Told, other: Told) -> Told:
    """Return an outcome without what is otherwise in another run: attributes, the whole value, the text.

    >>> steady({"k": "completed", "value": 1}, {"k": "completed", "value": 2})["value"]
    {'$': 'other …', 'of': '…'}
    """
    if one["k"] != other["k"]:
        return {**one, "k": "unknown"}
    kept = {name: each for name, each in one.items() if name in ("k", "value", "kinds", "meant") or other.get(name) == each}
    return {**kept, "value": like(one["value"], other.get("value"))} if "value" in one else kept


def like(one: Any, other: Any) -> Any:
    """Return a value without the attributes that differ from another of its kind, or have no counterpart there."""
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict) and one[KIND] == other[KIND] and isinstance(one[OF], dict):
        return {KIND: one[KIND], OF: {name: each for name, each in one[OF].items() if other[OF].get(name) == each}}
    return END
