"""The behaviour gate: whether a candidate does what the current implementation does, but for what the intent shows.

Why: examples and a suite show what somebody thought of. Here both implementations get the same calls, thousands of them,
and each difference that the intent's examples do not explain refuses the candidate with the smallest calls that show it.
Not here: the search (`witness`), what explains a difference (`diff.behaviour`).
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planaria.diff.behaviour import Comparison, Material, Subject, compare
from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.witness.search import Difference
from planaria.witness.worker import WorkerFailed

GATE = "behaviour"
SEARCH_SHARE = 1 / 3


async def behaviour(case: Case) -> Verdict:
    """Refuse a candidate that behaves otherwise than the current implementation where the intent does not show it."""
    subject = Subject(
        root=case.scratch, cell=case.cell, contract=case.contract, current=case.current, candidate=case.candidate,
        command=case.workers.judged, scratch=case.scratch.parent / "behaviour",
    )  # fmt: skip
    budget_s = case.limits.behaviour_timeout_s * SEARCH_SHARE
    recordings = _read(case.recordings)
    material = Material(intent=case.intent.blocks, recordings=recordings, store=case.store, budget_s=budget_s, seed=case.limits.seed)
    try:
        async with asyncio.timeout(case.limits.behaviour_timeout_s):
            compared = await compare(subject, material)
    except WorkerFailed as error:
        return decide(GATE, [_doubt(error.plain()["what"], error.plain()["fix"])], checked=0)
    except TimeoutError:
        what = f"the comparison did not end within {case.limits.behaviour_timeout_s:.0f} s"
        return decide(GATE, [_doubt(what, "give it more time")], checked=0)
    evidence = {**compared.summary, "current": case.current.digest, "candidate": case.candidate.digest, "meant": dict(compared.explained)}
    return decide(GATE, findings(compared), checked=int(compared.summary["calls"]), evidence=evidence)


def findings(compared: Comparison) -> list[Finding]:
    """Say what a comparison means: differences refuse, and what was not exercised leaves a doubt where it has changed.

    >>> findings(Comparison(differences=(), explained={}, not_exercised={"send": "it touches the outside"}, changed=frozenset()))[0].level
    'note'
    """
    found = [_difference(one) for one in sorted(compared.differences, key=lambda one: -one.seen)]
    if compared.seeds_left:
        found.append(_doubt("the budget was spent before the contract's examples and the recordings were tried", "give it more time"))
    late = "seemed to differ, and there was no time left to be sure"
    found += (_doubt(f"'{name}' {late}", "give it more time") for name in sorted(compared.unfinished))
    for name, why in compared.not_exercised.items():
        if name in compared.changed:
            found.append(_doubt(f"'{name}' was changed and not exercised: {why}", "judge it by its suite and by reading it"))
        else:
            found.append(
                Finding(gate=GATE, level="note", what=f"'{name}' was not exercised: {why}", cure="nothing that it reaches was changed")
            )
    for one in compared.summary.get("not_comparable", ()):
        what = f"'{one['operation']}' could not be compared {one['seen']} times: {one['why']}"
        found.append(_note(what, "declare Clock() or Chance() where it depends on them"))
    return found


def _difference(one: Difference) -> Finding:
    what = f"'{one.operation}' behaves otherwise ({', '.join(one.places)}):\n{one.witness.text()}"
    cure = "do here what the current implementation does; or, if the change is meant, show it by an example in the intent"
    return Finding(gate=GATE, level="refuse", what=what, cure=cure, witness=one.witness.plain())


def _doubt(what: str, cure: str) -> Finding:
    return Finding(gate=GATE, level="doubt", what=what, cure=cure)


def _note(what: str, cure: str) -> Finding:
    return Finding(gate=GATE, level="note", what=what, cure=cure)


def _read(recordings: Path | None) -> tuple[Mapping[str, Any], ...]:
    """Read recorded calls; a line that is cut off is left out."""
    found = []
    for line in recordings.read_text().splitlines() if recordings is not None and recordings.is_file() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return tuple(one for one in found if isinstance(one, dict))
