"""The coverage gate: how much of an implementation the cell's suite reaches, counting branches.

Why: code that no test reaches was not judged by the suite, and a rewrite tends to bring such code along.
Figure: 95 per cent is a labelled default (a cell declares its own, `completeness`); a suite with full coverage still lets about one
mutant in six live, so this gate says where nothing looked, never that all is well.
Limit: the process that was measured holds the candidate, which could lie about it; what it may import for that, `policy` refuses.
Not here: running the suite (`suite`), whether what is reached is also judged (`mutation`).
"""

from collections.abc import Iterator

from planaria.gates.suite import suite_run, unmeasured
from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.prove.suite import Reached

GATE = "coverage"
CURE = "leave out what nothing asks for; or a person adds a test that reaches it to cells/{cell}/tests"


async def coverage(case: Case) -> Verdict:
    """Refuse an implementation of which the suite reaches too little."""
    least = case.limits.branches_percent_min
    if (verdict := unmeasured(case, GATE, least=least)) is not None:
        return verdict
    run = await suite_run(case)
    total = sum(one.total for one in run.reached)
    evidence = {"per_cent": round(run.per_cent, 1), "least": least, "candidate": case.candidate.digest}
    if not total:
        doubt = Finding(gate=GATE, level="doubt", what="nothing was measured", cure="see what the suite gate says")
        return decide(GATE, [doubt], checked=0, evidence=evidence)
    findings = [_finding(case, one, run.per_cent) for one in run.reached if one.covered < one.total] if run.per_cent < least else []
    return decide(GATE, findings, checked=total, evidence=evidence)


def _finding(case: Case, one: Reached, per_cent: float) -> Finding:
    least = case.limits.branches_percent_min
    what = f"the suite reaches {per_cent:.1f} % of the code, {least:g} % is the least; not "
    line = one.missed_lines[0] if one.missed_lines else one.missed_branches[0][0] if one.missed_branches else 0
    what, cure = what + "; ".join(_places(one)), CURE.format(cell=case.cell)
    return Finding(gate=GATE, level="refuse", what=what, cure=cure, file=one.file, line=line)


def _places(one: Reached) -> Iterator[str]:
    if one.missed_lines:
        yield f"lines {', '.join(_ranges(one.missed_lines))}"
    within = [pair for pair in one.missed_branches if pair[0] not in one.missed_lines and pair[1] not in one.missed_lines]
    if within:
        yield "branches " + ", ".join(f"{start} to {end or 'the end'}" for start, end in within)


def _ranges(lines: tuple[int, ...]) -> list[str]:
    """Write consecutive lines as ranges.

    >>> _ranges((1, 2, 3, 7))
    ['1-3', '7']
    """
    spans: list[list[int]] = []
    for line in lines:
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return [f"{first}-{last}" if last > first else str(first) for first, last in spans]
