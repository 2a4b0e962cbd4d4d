"""Equivalents: survivors that no call tells from the code, set apart from those that a test could kill.

Why: a mutant that means the same is no hole in a suite, and the score should not fall by it; for one that does not, the call that tells
it apart is worth showing. What was found is kept as verdicts are.
Limit: the operations of a cell cannot be called here, so the survivors of cells stay as they are.
Not here: the search (`distinction`), tests (`run`), equivalence that needs no search (`prove.equivalence`).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from planaria.prove.cache import PYTHON, Cache, digest
from planaria.prove.harden.distinction import Distinction, distinguish
from planaria.prove.harden.project import Project
from planaria.prove.proof import Proof, Proven
from planaria.prove.run import Request
from planaria.prove.subject import subject_at
from planaria.witness.stage.actor import StageFailed

EACH_S, EACH_MOST_S, WALL_TIMES, SHOWN_MAX = 0.5, 2.0, 1.5, 100
ALIKE = "no call that was tried tells it from the code"


async def without_equivalents(
    proof: Proof, request: Request, *, budget_s: float, confined: bool = True, progress: Callable[[str, int, int], None] | None = None
) -> Proof:
    """Return a proof in which survivors that nothing tells from the code are probably equivalent, within CPU seconds for all of them.

    What cannot be run here stays a survivor. Raises: NothingToCompare: PLN-D102.
    """
    subject = subject_at(request.path, request.tests)
    open_ = [one for one in proof.mutants if one.verdict == "survived"]
    if subject.cell or not open_ or budget_s <= 0:
        return proof
    cache = Cache(request.cache / "alike" if request.cache else None)
    code = digest([PYTHON, *(f"{one.file} {one.source}" for one in proof.files)])
    keys = {one.mutant.key: digest([code, one.mutant.key, one.mutant.text]) for one in open_}
    told = {key: known[0] for key, name in keys.items() if (known := cache.get(name)) is not None}
    left = [one.mutant for one in open_ if one.mutant.key not in told]
    each_s, spent_s = min(EACH_MOST_S, max(EACH_S, budget_s / max(1, len(left)))), 0.0
    began = perf_counter()
    found: Any = distinguish(Project(subject.root, tests=_given(request)), left, budget_s=budget_s, each_s=each_s, confined=confined)
    try:
        async for one in found:
            told[one.mutant.key] = _why(one)
            spent_s += one.cpu_s
            if progress is not None:
                progress("equivalents", len(told), len(open_))
            if spent_s > budget_s or perf_counter() - began > WALL_TIMES * budget_s:
                break  # the others were not looked at for long enough, and stay survivors
    except StageFailed:
        return proof
    finally:
        await found.aclose()
    for key, why in told.items():
        cache.put(keys[key], [why])
    cache.write()
    return replace(proof, mutants=tuple(_settled(one, told.get(one.mutant.key, "")) for one in proof.mutants))


def _given(request: Request) -> tuple[Path, ...]:
    return tuple(Path(str(one).partition("::")[0]) for one in request.tests)


def _why(one: Distinction) -> str:
    """Say what was found: the last call of a witness, that there is none, or nothing where it could not be tried."""
    if one.witness is None:
        return ALIKE if one.is_alike else ""
    text = " ".join(one.witness.script.lines[-1].split())
    return "told apart by " + (text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…")


def _settled(one: Proven, why: str) -> Proven:
    if one.verdict != "survived" or not why:
        return one
    return replace(one, verdict="probably_equivalent" if why == ALIKE else "survived", why=why)
