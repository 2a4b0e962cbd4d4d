"""Likeness: where two outcomes of one step differ, and whether they can be compared at all.

Why: a place (`value`, `error`, `arguments[0]`, `output`) says what kind of difference it is, so that many become one finding.
What is equal in Python (`True == 1 == 1.0`, a tuple and a named tuple) is alike; an error that the old version did not mean to raise says
that the input was outside what it is for.
Not here: differences of contracts' values, which are compared by the same rules (`witness.comparison`).
"""

from collections.abc import Mapping
from typing import Any

from planaria.witness.comparison import differences

Told = Mapping[str, Any]
BEYOND = ("MemoryError", "RecursionError", "OverflowError", "ModuleNotFoundError")


def is_outside(old: Told, *, given: bool) -> bool:
    """Say whether the old version has no answer to compare with: a condition does not hold, it failed by accident, it did not end.

    What a person gave (`given`) is compared also where it fails by accident.

    >>> is_outside({"k": "failed", "error": "KeyError", "meant": False}, given=False)
    True
    """
    if old["k"] in ("outside", "stop", "unknown"):
        return True
    return old["k"] == "failed" and (old["error"] in BEYOND or not (old["meant"] or given))


def places(old: Told, new: Told) -> frozenset[str]:
    """Return the places in which two outcomes of one step differ; none where they are alike.

    >>> places({"k": "completed", "value": True}, {"k": "completed", "value": 1})
    frozenset()
    >>> places({"k": "completed", "value": 1}, {"k": "failed", "error": "KeyError", "kinds": ["KeyError"]})
    frozenset({'outcome'})
    """
    if old["k"] != new["k"]:
        return frozenset(("outcome",))
    found: set[str] = set()
    if old["k"] == "failed":
        if old["error"] not in new.get("kinds", ()):
            found.add("error")
    elif old["k"] == "completed":
        found |= {one or "value" for one in differences(old.get("value"), new.get("value"), slack="equal")}
    if old.get("after") != new.get("after") and differences(old.get("after"), new.get("after"), slack="equal"):
        found.add("arguments")
    if old.get("out", "").strip() != new.get("out", "").strip():
        found.add("output")
    return frozenset(found)


def shown(outcome: Told) -> dict[str, Any]:
    """Return an outcome as a witness holds it, with its text.

    >>> shown({"k": "completed", "value": [1, "a"]})["text"]
    "(1, 'a')"
    """
    from planaria.witness.plain import shown as written

    if outcome["k"] == "completed":
        text = written(outcome.get("value"))
        data: dict[str, Any] = {"kind": "completed", "value": outcome.get("value")}
    elif outcome["k"] == "failed":
        text = f"{outcome['error']}: {outcome.get('text', '')}".rstrip(": ")
        data = {"kind": "failed", "error": outcome["error"]}
    else:
        code = str(outcome.get("code", outcome["k"]))
        text = {"late": "no answer in time", "outside": "a condition does not hold"}.get(code) or str(outcome.get("text", "it ended"))
        data = {"kind": "unknown", "code": code}
    if "after" in outcome:
        data["arguments"] = outcome["after"]
        text += f"; its arguments are then {', '.join(map(written, outcome['after']))}"
    if outcome.get("out"):
        data["output"] = outcome["out"]
        text += f"; it printed {outcome['out'].rstrip()!r}"
    return {**data, "text": text[:2000]}
