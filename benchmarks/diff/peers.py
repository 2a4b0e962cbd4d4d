"""What people would use instead: CrossHair's `diffbehavior`, and Hypothesis with strategies from types.

Why: a figure says something only beside another one, on the same cases and the same machine.
Each runs with its own means in a process of its own: CrossHair searches symbolically for some seconds; Hypothesis draws arguments from
the annotations (and from a mixture of plain types where there is none) and compares results, exceptions and arguments.
Not here: which cases (`behaviour`).
"""

import ast
import copy
import importlib
import importlib.util
import inspect
import json
import signal
import sys
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

CROSSHAIR_S, DRAWS_MAX, DRAW_S = 7, 300, 1
DIFFERS, SAME = "DIFFERENT", "SAME"


def entry_of(folder: Path) -> str:
    """Return the dotted name, below the side, of the function that a case is about; "" where it is in no function of the top level."""
    told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    if "package_name" not in told:
        return str(told["entry"])
    inside = f"{told['package_name']}/{told['path']}"
    tree = ast.parse((folder / "new" / inside).read_text(encoding="utf-8"))
    line = told["line"]
    name = next((one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.lineno < line <= (one.end_lineno or 0)), "")
    return f"{inside.removesuffix('.py').replace('/', '.')}.{name}" if name else ""


def crosshair(folder: Path) -> list[str]:
    """Return the command that lets CrossHair compare a case; it is run in the folder of the case."""
    entry = entry_of(folder)
    limits = ["--per_condition_timeout", str(CROSSHAIR_S)]
    return [sys.executable, "-m", "crosshair", "diffbehavior", f"old.{entry}", f"new.{entry}", *limits]


def hypothesis(folder: Path) -> list[str]:
    """Return the command that lets Hypothesis compare a case."""
    return [sys.executable, str(Path(__file__).resolve()), entry_of(folder)]


COMMANDS: Mapping[str, Callable[[Path], list[str]]] = {"CrossHair, 7 s": crosshair, "Hypothesis from types": hypothesis}
MODULES = {"CrossHair, 7 s": "crosshair", "Hypothesis from types": "hypothesis"}


def is_here(peer: str) -> bool:
    """Say whether a peer is installed."""
    return importlib.util.find_spec(MODULES[peer]) is not None


def found(peer: str, text: str) -> bool:
    """Say whether a peer told of a difference."""
    return DIFFERS in text if peer.startswith("Hypothesis") else "Given:" in text


def outcome(function: Callable[..., Any], arguments: list[Any]) -> Any:
    """Return what a call did, as text that can be compared."""
    given = copy.deepcopy(arguments)
    signal.alarm(DRAW_S)
    try:
        value = function(*given)
        if inspect.isgenerator(value) or hasattr(value, "__next__"):
            value = [one for one, _ in zip(value, range(50), strict=False)]
        return repr(value), repr(given)
    except TimeoutError:
        return "time", ""
    except Exception as error:
        return type(error).__name__, repr(given)
    finally:
        signal.alarm(0)


def _late(_: int, __: Any) -> None:
    raise TimeoutError


def main(entry: str) -> str:
    """Compare `old` and `new` in this folder on drawn arguments; return what to print."""
    import hypothesis as drawing
    from hypothesis import strategies

    sys.path.insert(0, str(Path.cwd()))
    signal.signal(signal.SIGALRM, _late)
    module, _, name = entry.rpartition(".")
    old, new = (getattr(importlib.import_module(f"{side}.{module}".strip(".")), name) for side in ("old", "new"))
    plain = strategies.one_of(
        strategies.integers(), strategies.text(), strategies.floats(), strategies.booleans(), strategies.lists(strategies.integers()),
        strategies.lists(strategies.text()), strategies.none(), strategies.dictionaries(strategies.text(), strategies.integers()),
    )  # fmt: skip
    try:
        hints = typing.get_type_hints(old)
    except (NameError, TypeError):
        hints = {}
    wanted = [one for one in inspect.signature(old).parameters.values() if one.kind < one.VAR_POSITIONAL]
    drawn = [strategies.from_type(hints[one.name]) if one.name in hints else plain for one in wanted]
    differing: list[str] = []

    @drawing.seed(1)
    @drawing.settings(
        max_examples=DRAWS_MAX,
        deadline=None,
        database=None,
        suppress_health_check=list(drawing.HealthCheck),
        phases=(drawing.Phase.generate,),
    )
    @drawing.given(strategies.tuples(*drawn))
    def compare(given: tuple[Any, ...]) -> None:
        arguments = list(given)
        if outcome(old, arguments) != outcome(new, arguments):
            differing.append(repr(arguments))
            raise AssertionError(repr(arguments))

    try:
        compare()
    except BaseException as error:
        return f"{DIFFERS if differing else type(error).__name__} {differing[-1:]}"
    return SAME


if __name__ == "__main__":
    print(main(sys.argv[1]))
