"""The mutation gate: whether the cell's suite would notice if the implementation were wrong.

Why: a suite that reaches every line may still assert little; each mutant that lives is a mistake that a rewrite may make unseen. Code
that the suite does not pin down is refused in a candidate, and it is asked of the current implementation before any candidate is.
Mutants that came to no verdict count for nothing, unless they are most.
Limit: as in `coverage`, what was measured could lie, as it is in the process that measures.
Figure: 90 per cent is a labelled default (a cell declares its own, `completeness`).
Not here: making and running mutants (`prove.run`, in the confined program whose command is given in), killing more (`planaria harden`).
"""

import asyncio
from collections.abc import Iterator

from planaria.gates.suite import unmeasured
from planaria.gates.verdict import Case, Finding, Level, Verdict, decide
from planaria.kernel.error import PlanariaError
from planaria.prove.child import clean_environment
from planaria.prove.proof import Proof, Proven
from planaria.prove.run import Request, prove

GATE = "mutation"
SHOWN_MAX = 10
CURE = "leave out what nothing asks for; or complete the suite: `planaria harden cells/{cell}`"


async def mutation(case: Case) -> Verdict:
    """Refuse an implementation of which the suite lets too many mutants live."""
    if (verdict := unmeasured(case, GATE, least=case.limits.mutants_percent_min)) is not None:
        return verdict
    assert case.workers.proven, "without a command the program would run free"
    home = case.scratch.parent / GATE
    home.mkdir(exist_ok=True)
    request = Request(
        path=case.scratch / "cells" / case.cell, program=case.workers.proven, rounds=False,
        environment=clean_environment(home, PYTHONPATH=str(case.scratch)),
    )  # fmt: skip
    try:
        async with asyncio.timeout(case.limits.mutation_timeout_s):
            proof = await prove(request)
    except PlanariaError as error:
        told = error.plain()
        return decide(GATE, [_told("doubt", told["what"], told["fix"])], checked=0)
    except TimeoutError:
        what = f"its mutants did not come to an end within {case.limits.mutation_timeout_s:.0f} s"
        return decide(GATE, [_told("doubt", what, "give it more time; or declare fewer in system.py, by `completeness`")], checked=0)
    evidence = {
        "per_cent": round(proof.score_percent, 1), "least": case.limits.mutants_percent_min, "mutants": len(proof.mutants),
        "killed": proof.count("killed"), "survived": len(proof.survivors), "inconclusive": proof.count("inconclusive"),
        "probably_equivalent": proof.count("probably_equivalent"), "cpu_s": round(proof.cpu_s, 1), "candidate": case.candidate.digest,
    }  # fmt: skip
    return decide(GATE, findings(proof, case.cell, least=case.limits.mutants_percent_min), checked=len(proof.tests), evidence=evidence)


def findings(proof: Proof, cell: str, *, least: float) -> Iterator[Finding]:
    """Say what a proof means for a cell whose suite must kill at least so many per cent.

    >>> [one.what for one in findings(Proof(files=(), tests=(), mutants=(), findings=(), cpu_s=0, seconds=0), "cart", least=90)]
    ['there is nothing in it that could be made wrong']
    """
    failed = [one.name for one in proof.tests if one.result == "failed"]
    judged, open_ = proof.count("killed") + len(proof.survivors), proof.count("inconclusive")
    if failed:
        yield _told("doubt", f"{len(failed)} tests fail on the code as it is, such as {failed[0]}", "mend the code or the tests first")
    elif open_ > judged:
        yield _told("doubt", f"{open_} of {len(proof.mutants)} mutants came to no verdict", f"see `planaria prove cells/{cell}`")
    elif not judged:
        yield _told("note", "there is nothing in it that could be made wrong", "nothing")
    elif proof.score_percent < least:
        sources = {one.file: one.source for one in proof.files}
        summary = f"the suite kills {proof.score_percent:.1f} % of {judged} mutants, {least:g} % is the least; such as "
        for number, one in enumerate(proof.survivors[:SHOWN_MAX]):
            what = f"no test {'reaches' if one.verdict == 'unreached' else 'notices'} this ({one.mutant.operator})"
            yield _survivor(one, cell, f"{'' if number else summary}{what}:\n{one.mutant.diff(sources[one.mutant.file])}")


def _survivor(one: Proven, cell: str, what: str) -> Finding:
    file = one.mutant.file.removeprefix(f"cells/{cell}/")
    return Finding(gate=GATE, level="refuse", what=what, cure=CURE.format(cell=cell), file=file, line=one.mutant.line)


def _told(level: Level, what: str, cure: str) -> Finding:
    return Finding(gate=GATE, level=level, what=what, cure=cure)
