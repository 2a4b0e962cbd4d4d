"""The slow tier: inputs from symbolic execution of both versions, for what the search has not told apart.

Why: `x * 7 == 3577` is met by no example and no mutation; a solver solves it. What it proposes is played like any other input, so
nothing rests on its word.
Limit: single modules, functions whose parameters are annotated.
Not here: the solver (CrossHair, extra `symbolic`), which runs where the versions do, in an actor; playing its inputs (`search`).
"""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from planaria.diff.version import Version
from planaria.kernel.error import PlanariaError
from planaria.witness.script.scope import scope_of
from planaria.witness.script.statement import Reader
from planaria.witness.script.step import Script
from planaria.witness.script.subject import Function, Subjects
from planaria.witness.stage.actor import Actor, Order, Stage

GIVEN = re.compile(r"^Given: \((.*)\),?$", re.MULTILINE)
EACH_S, MEMORY_MB = 8.0, 8192
PROGRAM = """
from crosshair.main import main
try:
    main(["diffbehavior", "{old}.{name}", "{new}.{name}", "--per_condition_timeout", "{seconds:.0f}"])
except SystemExit:
    pass
"""


class SolverMissing(PlanariaError):
    """The slow tier was asked for where its solver is not installed."""

    code = "PLN-D105"
    what = "the slow tier cannot run: CrossHair is not installed"
    why = "it finds inputs by symbolic execution, with a solver that most do not need"
    fix = "install it beside planaria: pip install 'planaria[symbolic]'; or leave out --symbolic"


def symbolic_seeds(
    stage: Stage, folder: Path, versions: tuple[Version, Version], subjects: Subjects, symbols: Iterable[str]
) -> list[Script]:
    """Return the inputs on which a solver says that functions of the two versions differ, as scripts to be played.

    Raises:
        SolverMissing: PLN-D105; StageFailed: PLN-W102.
    """
    if importlib.util.find_spec("crosshair") is None:
        raise SolverMissing
    functions = [one for symbol in symbols if (one := subjects.functions.get(symbol)) is not None and _is_typed(one)]
    if subjects.dotted or not functions:
        return []
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    names = []
    for role, version in zip(("old", "new"), versions, strict=True):
        ((module, path),) = version.modules.items()
        names.append(f"{module}_{role}")
        (folder / f"{module}_{role}.py").write_bytes(version.files[path])
    actor = Actor(stage, Order(role="symbolic", folder=folder, modules=(), writable=scratch, memory_mb=MEMORY_MB, warm=("crosshair.main",)))
    try:
        return [script for one in functions for script in _solved(actor, one, names, subjects)]
    finally:
        actor.stop()


def _is_typed(function: Function) -> bool:
    return bool(function.parameters) and all(one.annotation is not None for one in function.parameters if one.is_required)


def _solved(actor: Actor, function: Function, names: list[str], subjects: Subjects) -> Iterator[Script]:
    program = PROGRAM.format(old=names[0], new=names[1], name=function.symbol, seconds=EACH_S)
    actor.send([{"steps": [["do", "", "", program, "", ""]]}], call_s=3 * EACH_S, traced=False)
    (played,) = actor.collect()
    for text in GIVEN.findall(str(played.outcomes[-1].get("out", ""))):
        reader = Reader(scope_of(subjects))
        try:
            reader.read(ast.parse(f"{function.symbol}({text})").body)
        except SyntaxError:
            continue  # a value that it could not write as Python
        made = reader.script("solver")
        if made is not None:
            yield made
