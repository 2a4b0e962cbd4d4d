"""Comparison: where two outcomes differ, as places with their indexes left out.

Why: a place (`[*].snippet`, `order`) says what kind of change it is, so that many differences become one finding and an
intended change can be told from others.
Not here: which differences are allowed (`diff.behaviour`).
"""

import datetime as dt
import math
from collections import Counter
from typing import Any, Literal

from planaria.witness.call import Outcome
from planaria.witness.plain import KIND, OF, TEMPORAL, canonical

Slack = Literal["exact", "time", "shape", "equal"]
NEAR, NEARLY_NOTHING = 1e-9, 1e-12
BEYOND = ("MemoryError", "RecursionError")
CONDITION = "PLN-C202"


def places(current: Outcome, candidate: Outcome, slack: Slack = "exact") -> frozenset[str]:
    """Return the places in which two outcomes of one call differ; none where they are alike.

    With the slack `time`, values of time are alike; with `shape`, all single values of one type are.

    >>> places(Outcome(kind="completed", value=[1, 2]), Outcome(kind="completed", value=[2, 1]))
    frozenset({'order'})
    """
    found: set[str] = set()
    if current.kind != candidate.kind:
        found.add("outcome")
    elif current.kind == "completed":
        found |= _differences(current.value, candidate.value, "", slack)
    elif (current.code, current.error) != (candidate.code, candidate.error):
        found.add("error")
    elif current.code == CONDITION and current.text != candidate.text:
        found.add("condition")
    elif slack != "shape":
        facts = _differences(dict(current.facts), dict(candidate.facts), "", slack)
        found |= {f"error{one}" for one in facts}
    if current.mutated != candidate.mutated:
        found.add("arguments")
    return frozenset(found | _events(list(current.events), list(candidate.events), slack))


def differences(one: Any, other: Any, *, slack: Slack = "exact") -> set[str]:
    """Return the places in which two plain values differ; the value as a whole is the place `value`.

    >>> differences([1, True], [1.0, 1], slack="equal")
    set()
    """
    return {place or "value" for place in _differences(one, other, "", slack)}


def is_beyond(current: Outcome) -> bool:
    """Say whether the current implementation itself found no answer with what it may use, so nothing can be compared.

    >>> is_beyond(Outcome(kind="unknown", code="late"))
    True
    """
    return (current.kind == "unknown" and current.code in ("late", "ended")) or current.error in BEYOND


def _events(current: list[Any], candidate: list[Any], slack: Slack) -> set[str]:
    if [one[KIND] for one in current] != [one[KIND] for one in candidate]:
        return {"events"}
    found: set[str] = set()
    for one, other in zip(current, candidate, strict=True):
        name = one[KIND].partition(" ")[2]
        found |= {f"event {name}{place if place.startswith(('.', '[')) else ': ' + place}" for place in _differences(one, other, "", slack)}
    if found and slack == "exact" and Counter(map(canonical, current)) == Counter(map(canonical, candidate)):
        return {"events: order"}
    return found


def _at(path: str, word: str) -> str:
    return f"{path}: {word}" if path else word


def _differences(one: Any, other: Any, path: str, slack: Slack) -> set[str]:
    if isinstance(one, list) and isinstance(other, list):
        return _of_lists(one, other, path, slack)
    if isinstance(one, dict) and isinstance(other, dict):
        return _of_records(one, other, path, slack)
    if _alike(one, other, slack):
        return set()
    return {path or ("value" if type(one) is type(other) else "type")}


def _alike(one: Any, other: Any, slack: Slack) -> bool:
    if type(one) is not type(other):
        numbers = all(type(each) in ((int, float, bool) if slack == "equal" else (int, float)) for each in (one, other))
        return numbers and (slack == "shape" or math.isclose(one, other, rel_tol=NEAR, abs_tol=NEARLY_NOTHING))
    if one == other:
        return True
    if slack == "shape" and not isinstance(one, bool):
        return True
    if type(one) is float:
        return math.isclose(one, other, rel_tol=NEAR, abs_tol=NEARLY_NOTHING)
    return slack == "time" and isinstance(one, str) and _is_moment(one) and _is_moment(other)


def _is_moment(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= len("2026-01-01")


def _of_records(one: dict[str, Any], other: dict[str, Any], path: str, slack: Slack) -> set[str]:
    if KIND not in one:
        return {place for name in {**one, **other} for place in _differences(one.get(name), other.get(name), f"{path}.{name}", slack)}
    if one[KIND] != other[KIND]:
        return {path or "value"} if _is_large(one) and _is_large(other) else {_at(path, "type")}
    kind, inside, others = one[KIND], one[OF], other[OF]
    if isinstance(inside, dict):
        common = [name for name in inside if name in others]
        if inside.keys() != others.keys() and (slack != "equal" or not common):
            return {_at(path, "type")}
        return {place for name in common for place in _differences(inside[name], others[name], f"{path}.{name}", slack)}
    if kind == "dict":
        return _of_mappings(inside, others, path, slack)
    if kind in ("list", "iterator", "deque", "array"):
        return _of_lists(inside, others, path, slack)
    if kind in ("set", "frozenset"):
        keys = [sorted(_key(each, slack) for each in side) for side in (inside, others)]
        same = len(inside) == len(others) if slack == "shape" else keys[0] == keys[1]
        return set() if same else {_at(path, "length" if len(inside) != len(others) else "membership")}
    if inside == others or slack == "shape" or (slack == "time" and kind in TEMPORAL):
        return set()
    return {path or "value"}


def _is_large(data: dict[str, Any]) -> bool:
    return bool(data[KIND].startswith("large "))


def _of_mappings(one: list[Any], other: list[Any], path: str, slack: Slack) -> set[str]:
    values, others = ({_key(key, slack): each for key, each in pairs} for pairs in (one, other))
    if values.keys() != others.keys():
        same = slack == "shape" and len(values) == len(others)
        return set() if same else {_at(path, "keys")}
    return {place for key in values for place in _differences(values[key], others[key], f"{path}{{*}}", slack)}


def _key(data: Any, slack: Slack) -> str:
    return canonical(_levelled(data) if slack == "equal" else data)


def _levelled(data: Any) -> Any:
    """Return plain data in which numbers that are equal are the same."""
    if isinstance(data, list):
        return list(map(_levelled, data))
    return int(data) if isinstance(data, (bool, float)) and data == int(data) else data


def _of_lists(one: list[Any], other: list[Any], path: str, slack: Slack) -> set[str]:
    if len(one) != len(other):
        return {_at(path, "length")}
    if one == other and canonical(one) == canonical(other):
        return set()
    pairwise = {place for a, b in zip(one, other, strict=True) for place in _differences(a, b, f"{path}[*]", slack)}
    if not pairwise or slack == "shape":
        return pairwise
    if Counter(map(canonical, one)) == Counter(map(canonical, other)):
        return {_at(path, "order")}
    matched = _matched(one, other)
    if matched is None:
        return {_at(path, "membership")} if f"{path}[*]" in pairwise or (len(one) > 0 and not _are_records(one, other)) else pairwise
    changed = {place for a, b in matched for place in _differences(a, b, f"{path}[*]", slack)}
    in_order = all(a is c for (_, a), c in zip(matched, other, strict=True))
    return changed if in_order else changed | {_at(path, "order")}


def _are_records(one: list[Any], other: list[Any]) -> bool:
    kinds = {each.get(KIND) if isinstance(each, dict) and isinstance(each.get(OF), dict) else None for each in (*one, *other)}
    return len(kinds) == 1 and None not in kinds


def _matched(one: list[Any], other: list[Any]) -> list[tuple[Any, Any]] | None:
    """Pair the records of two lists by the fields whose values are the same on both sides, as far as these tell records apart."""
    if not _are_records(one, other):
        return None
    texts = [[{name: canonical(each) for name, each in record[OF].items()} for record in records] for records in (one, other)]
    names = [name for name in texts[0][0] if Counter(each[name] for each in texts[0]) == Counter(each.get(name) for each in texts[1])]
    keys = [[tuple(each[name] for name in names) for each in side] for side in texts]
    if not names or len(set(keys[0])) < len(one) or set(keys[0]) != set(keys[1]):
        return None
    by_key = dict(zip(keys[1], other, strict=True))
    return [(record, by_key[key]) for record, key in zip(one, keys[0], strict=True)]
