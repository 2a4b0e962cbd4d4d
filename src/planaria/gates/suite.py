"""The suite gate: whether the cell's own tests pass under every placement.

Why: the suite is the cell's memory of what once went wrong. It is run from the original tests, in a process of its own; a
test that is skipped has said nothing, and a suite without tests neither.
Not here: running it (`prove.suite`), how much it reaches (`coverage`).
"""

from collections.abc import Iterator

from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.prove.suite import SuiteRun, run_suite

GATE = "suite"
PLACEMENTS = ("inprocess", "copying")
SHOWN_MAX = 5
NO_TESTS = 5


async def suite_run(case: Case) -> SuiteRun:
    """Run the cell's suite once per candidate; the coverage gate reads the same run."""
    if GATE not in case.measured:
        work, limits = case.scratch.parent / "suite", case.limits
        case.measured[GATE] = await run_suite(
            case.scratch, case.cell, interpreter=case.workers.suite, work=work,
            timeout_s=limits.suite_timeout_s, memory_bytes=limits.memory_bytes,
        )  # fmt: skip
    run: SuiteRun = case.measured[GATE]
    return run


async def suite(case: Case) -> Verdict:
    """Refuse an implementation that fails a test; leave open what no test says."""
    if not list((case.scratch / "cells" / case.cell / "tests").rglob("test_*.py")):
        cure = f"write tests into cells/{case.cell}/tests"
        return decide(GATE, [Finding(gate=GATE, level="doubt", what="the cell has no tests", cure=cure)], checked=0)
    run = await suite_run(case)
    counts = {result: run.count(result) for result in ("passed", "failed", "skipped")}
    placed = {placement: run.count("passed", placement) for placement in PLACEMENTS}
    evidence = {**counts, "passed_by_placement": placed, "exit": run.code, "candidate": case.candidate.digest}
    return decide(GATE, _findings(case, run), checked=counts["passed"], evidence=evidence)


def _findings(case: Case, run: SuiteRun) -> Iterator[Finding]:
    def refused(what: str, cure: str = "make the implementation pass them", file: str = "") -> Finding:
        return Finding(gate=GATE, level="refuse", what=what, cure=cure, file=file)

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
    yield from _doubts(case, run) if not failed else ()


def _doubts(case: Case, run: SuiteRun) -> Iterator[Finding]:
    """Yield what keeps a suite in which nothing fails from being a pass."""
    if run.code == NO_TESTS:
        yield Finding(gate=GATE, level="doubt", what="the suite holds no tests", cure=f"write tests into cells/{case.cell}/tests")
    skipped = sorted({one.name for one in run.tests if one.result == "skipped"})
    if skipped:
        cure = "let the test run, or delete it"
        yield Finding(gate=GATE, level="doubt", what=f"skipped, which is not a pass: {', '.join(skipped)}", cure=cure)
    for placement in PLACEMENTS:
        if run.tests and not run.count("passed", placement):
            cure = "use the fixture `cells` of planaria.testing"
            yield Finding(gate=GATE, level="doubt", what=f"no test ran the cell under {placement}", cure=cure)
