"""Answers: whether what an actor says has the shape of an outcome or of a sum.

Why: it shares its process with the code of strangers, so what comes from there may be anything; what passes here can be compared,
written and added up without a further look.
Not here: whose answer it is (`actor`), the shape of values (`told`).
"""

from collections.abc import Mapping
from typing import Any

from planaria.witness.stage.told import is_told

TEXTS = {"completed": (), "failed": ("error", "text"), "stop": ("error", "text"), "outside": (), "unknown": ("code",)}


def are(values: Any, kind: type[Any]) -> bool:
    """Say whether it is a list of values of a kind.

    >>> are([1, 2], int), are(1, int)
    (True, False)
    """
    return isinstance(values, list) and all(isinstance(one, kind) for one in values)


def outcomes_in(answer: Mapping[str, Any], steps: int) -> tuple[Mapping[str, Any], ...] | None:
    """Return the outcomes that an answer tells of a script, or None where they are not such as an actor gives.

    >>> outcomes_in({"outcomes": [{"k": "completed", "value": 1}], "news": 0}, 1)
    ({'k': 'completed', 'value': 1},)
    """
    outcomes = answer.get("outcomes")
    is_sound = isinstance(answer.get("news"), int) and isinstance(outcomes, list) and len(outcomes) <= steps
    return tuple(outcomes) if is_sound and all(map(_is_outcome, outcomes or ())) else None  # type: ignore[arg-type]  # a list, if sound


def _is_outcome(one: Any) -> bool:
    texts = TEXTS.get(str(one.get("k"))) if isinstance(one, dict) else None
    if texts is None or not are([*(one.get(name) for name in texts), one.get("out", "")], str):
        return False
    return are(one.get("kinds", []), str) and isinstance(one.get("after", []), list) and is_told([one.get("value"), *one.get("after", ())])


def sum_in(told: Any) -> dict[str, Any]:
    """Return what an actor says of itself, in the shape that it should have.

    >>> sum_in({"looked": {"sys._getframe": 1}, "seen": 7})["seen"]
    {}
    """
    told = told if isinstance(told, dict) else {}
    arcs, seen, looked = told.get("arcs"), told.get("seen"), told.get("looked")
    return {
        "arcs": [tuple(one) for one in arcs if isinstance(one, list) and [*map(type, one)] == [str, int, int]]
        if isinstance(arcs, list)
        else [],
        "seen": {name: one for name, one in seen.items() if _are_counts(one)} if isinstance(seen, dict) else {},
        "looked": looked if _are_counts(looked) else {},
        **{name: told[name] if are(told.get(name), str) else [] for name in ("changed", "absent")},
    }


def _are_counts(one: Any) -> bool:
    return isinstance(one, dict) and are([*one.values()], int)
