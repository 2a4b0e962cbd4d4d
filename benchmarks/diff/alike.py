"""Run two versions of a function on a data set's own inputs; status 0 when every outcome is the same, and some were compared.

Why: a rewrite counts as one only when the tests of whoever wrote the task say so too. Started in a process of its own under limits,
in a folder with `old.py`, `new.py` and `calls.json`; it decides what goes into the corpus and judges nothing of planaria.
Not here: the search for witnesses (`planaria.witness`), which is what the corpus measures.
"""

import copy
import json
import runpy
import signal
import sys
from pathlib import Path
from time import process_time
from typing import Any

ALARM_S, ENOUGH_S = 8, 1.5
DEEP = 9


def tuples(value: Any, depth: int) -> Any:
    """Return a value with its outer lists as tuples, which JSON cannot tell from lists."""
    if isinstance(value, list):
        return tuple(tuples(one, depth - 1) for one in value) if depth else value
    return value


def outcome(function: Any, arguments: list[Any]) -> tuple[str, Any, Any]:
    """Return the name of what was raised, or the value and what became of the arguments."""
    arguments = copy.deepcopy(arguments)
    try:
        value = function(*arguments)
    except Exception as error:
        return type(error).__name__, None, None
    return "", value, arguments


def same(one: Any, other: Any) -> bool:
    """Say whether two values are of one type and equal, or look the same."""
    return type(one) is type(other) and (one == other or repr(one) == repr(other))


def main() -> str | int:
    """Compare, and return the status."""
    signal.alarm(ALARM_S)
    asked = json.loads(Path("calls.json").read_text(encoding="utf-8"))
    old, new = runpy.run_path("old.py"), runpy.run_path("new.py")
    compared = 0
    for given in [eval(one, dict(old)) for one in asked["texts"]] + asked["inputs"]:  # the data set's own
        if compared and process_time() > ENOUGH_S:
            break
        ways = [list(given), [tuples(one, 1) for one in given], [tuples(one, DEEP) for one in given]]
        if given:
            ways += [
                [given[0], *ways[2][1:]],
                [ways[2][0], *given[1:]],
                [[tuples(one, DEEP) for one in each] if isinstance(each, list) else each for each in given],
            ]
        for way in ways:
            expected = outcome(old[asked["entry"]], way)
            if expected[0] in ("AssertionError", "RecursionError"):
                continue
            found = outcome(new[asked["entry"]], way)
            if not all(map(same, expected, found)):
                return f"{way!r} gave {expected} and {found}"
            if not expected[0]:
                compared += 1
                break
    return int(not compared)


if __name__ == "__main__":
    sys.exit(main())
