"""The suite gate: whether the cell's own tests pass under every placement, and where they and the candidate are apart.

Why: the suite is the cell's memory of what once went wrong. It is run from the original tests, confined, with the candidate in its
process; and then, since a candidate there could reach into whoever judges it, once more with the candidate in a sandbox of its own,
from which it neither sees nor alters a test. A test that is skipped has said nothing, and a suite without tests neither.
A cell that declares to touch the outside has the second round alone, with its rights: nothing else is confined and may reach that far.
Limit: a test that asks no cell (that imports the implementation, say) runs in the first round alone.
Not here: running it (`prove.suite`), how much it reaches (`coverage`), whether it would notice a mistake (`mutation`).
"""

from collections.abc import Iterator

from planaria.diff.behaviour import skipped_operations
from planaria.gates.verdict import Case, Finding, Level, Verdict, decide
from planaria.kernel.contract import describe
from planaria.prove.suite import APART, NOT_APART, NOT_CONFINED, TOGETHER, SuiteRun, run_suite

GATE = "suite"
SHOWN_MAX = 5
NO_TESTS = 5


async def suite_run(case: Case, *, apart: bool = False) -> SuiteRun:
    """Run the cell's suite once per candidate and round; the coverage gate reads the first round's run."""
    key = f"{GATE} {APART}" if apart else GATE
    if key not in case.measured:
        work, limits = case.scratch.parent / key.replace(" ", "_"), case.limits
        case.measured[key] = await run_suite(
            case.scratch, case.cell, command=case.workers.suite, work=work, apart=apart,
            timeout_s=limits.suite_timeout_s, memory_bytes=None if apart else limits.memory_bytes,
        )  # fmt: skip
    run: SuiteRun = case.measured[key]
    return run


def _is_outside(case: Case) -> bool:
    return case.workers.apart and bool(skipped_operations(describe(case.contract)))


def unmeasured(case: Case, gate: str, *, least: float) -> Verdict | None:
    """Return the verdict of a gate on how complete the suite is where it cannot be measured, or need not be; None elsewhere."""
    if least <= 0:
        what, cure = "the cell declares that nothing need be reached", "declare more in system.py, by `completeness`"
        return decide(gate, [Finding(gate=gate, level="note", what=what, cure=cure)], checked=1)
    if _is_outside(case):
        what = "it cannot be measured: the cell declares to touch the outside, and so runs apart from its suite"
        cure = "judge the suite by reading it, and declare completeness=dict(branches=0, mutants=0) in system.py"
        return decide(gate, [Finding(gate=gate, level="doubt", what=what, cure=cure)], checked=0)
    return None


async def suite(case: Case) -> Verdict:
    """Refuse an implementation that fails a test; leave open what no test says."""
    if not list((case.scratch / "cells" / case.cell / "tests").rglob("test_*.py")):
        return decide(GATE, [_doubt("the cell has no tests", f"write tests into cells/{case.cell}/tests")], checked=0)
    is_outside = _is_outside(case)
    run = await suite_run(case, apart=is_outside)
    counts = {result: run.count(result) for result in ("passed", "failed", "skipped")}
    placed = {placement: run.count("passed", placement) for placement in (*TOGETHER, APART)}
    findings = [*_findings(case, run, (APART,) if is_outside else TOGETHER)]
    if not findings and not is_outside:
        findings, placed[APART] = await _apart(case)
    evidence = {**counts, "passed_by_placement": placed, "exit": run.code, "candidate": case.candidate.digest}
    return decide(GATE, findings, checked=counts["passed"], evidence=evidence)


async def _apart(case: Case) -> tuple[list[Finding], int]:
    """Run the second round, and return what it found, and how many tests passed."""
    if not case.workers.apart:
        return [_doubt("it was not run apart from the candidate: judges run unconfined here", "see `planaria doctor`", "note")], 0
    run = await suite_run(case, apart=True)
    if run.code == NOT_APART:
        what = f"it could not be run apart from the candidate: {run.text.splitlines()[-1]}"
        return [_doubt(what, "place every cell so that a process can hold it", "note")], 0
    return [*_findings(case, run, (APART,))], run.count("passed", APART)


def _doubt(what: str, cure: str, level: Level = "doubt") -> Finding:
    return Finding(gate=GATE, level=level, what=what, cure=cure)


def _findings(case: Case, run: SuiteRun, placements: tuple[str, ...]) -> Iterator[Finding]:
    def refused(what: str, cure: str = "make the implementation pass them", file: str = "") -> Finding:
        return Finding(gate=GATE, level="refuse", what=what, cure=cure, file=file)

    if run.code == NOT_CONFINED:
        yield _doubt(run.text.splitlines()[0], "see `planaria doctor` for what is missing")
        return
    if run.code is None:
        what = f"the suite did not end within {case.limits.suite_timeout_s:.0f} s"
        yield refused(what, "let every operation end")
        return
    failed = [one for one in run.tests if one.result == "failed"]
    for one in failed[:SHOWN_MAX]:
        yield refused(f"test {one.name} fails: {one.text}", "make the implementation pass it", f"cells/{case.cell}/tests")
    if len(failed) > SHOWN_MAX:
        yield refused(f"{len(failed) - SHOWN_MAX} more tests fail")
    if run.code == 0 and not run.tests:
        yield refused("the process ended itself before the suite could report", "let the implementation load and return")
    elif run.code not in (0, NO_TESTS) and not failed:
        yield refused(f"the suite broke (exit {run.code}): {run.text}", "let the implementation load and return")
    yield from _doubts(case, run, placements) if not failed else ()


def _doubts(case: Case, run: SuiteRun, placements: tuple[str, ...]) -> Iterator[Finding]:
    """Yield what keeps a suite in which nothing fails from being a pass."""
    if run.code == NO_TESTS:
        yield _doubt("the suite holds no tests", f"write tests into cells/{case.cell}/tests")
    skipped = sorted({one.name for one in run.tests if one.result == "skipped"})
    if skipped:
        yield _doubt(f"skipped, which is not a pass: {', '.join(skipped)}", "let the test run, or delete it")
    for placement in placements:
        if run.tests and not run.count("passed", placement):
            yield _doubt(f"no test ran the cell under {placement}", "use the fixture `cells` of planaria.testing")
