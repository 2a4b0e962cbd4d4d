from pathlib import Path

from planaria.gates.verdict import Case, Finding, Limits, Verdict, Workers, decide, judge
from planaria.kernel.contract import Contract
from planaria.kernel.loader import Generation


def finding(level) -> Finding:
    return Finding(gate="policy", level=level, what="it is so", cure="change it", file="impl/a.py", line=3)


NOTHING = Generation(cell="cart", digest="00", directory=Path())
CASE = Case(root=Path(), scratch=Path(), cell="cart", contract=Contract, current=NOTHING, candidate=NOTHING)


def test_a_refusal_fails_and_outweighs_a_doubt() -> None:
    verdict = decide("policy", [finding("doubt"), finding("refuse"), finding("note")], checked=3)
    assert (verdict.result, verdict.passed, len(verdict.findings)) == ("fail", False, 3)


def test_a_doubt_leaves_the_verdict_open() -> None:
    assert decide("policy", [finding("doubt"), finding("note")], checked=3).result == "inconclusive"


def test_a_note_decides_nothing() -> None:
    verdict = decide("policy", [finding("note")], checked=1, evidence={"files": 1})
    assert (verdict.result, verdict.passed, verdict.evidence) == ("pass", True, {"checked": 1, "files": 1})


def test_nothing_checked_is_no_pass_and_says_so() -> None:
    verdict = decide("policy", [finding("note")], checked=0)
    assert verdict.result == "inconclusive"
    assert verdict.findings[-1].what == "there was nothing to judge by"


def test_a_refusal_without_anything_checked_still_fails() -> None:
    verdict = decide("policy", [finding("refuse")], checked=0)
    assert (verdict.result, len(verdict.findings)) == ("fail", 1)


async def test_a_gate_that_breaks_is_inconclusive_and_names_the_error() -> None:
    async def broken(case: Case) -> Verdict:
        raise OSError("no space")

    verdict = await judge("suite", broken, CASE)
    assert (verdict.gate, verdict.result) == ("suite", "inconclusive")
    assert "OSError: no space" in verdict.findings[0].what


async def test_judging_measures_the_time_and_keeps_the_verdict() -> None:
    async def passing(case: Case) -> Verdict:
        return decide("suite", [], checked=1)

    verdict = await judge("suite", passing, CASE)
    assert verdict.passed
    assert verdict.seconds > 0


def test_findings_and_verdicts_become_plain_data() -> None:
    one = finding("refuse")
    assert one.place == "impl/a.py:3"
    assert Finding(gate="g", level="note", what="w", cure="c", file="impl").place == "impl"
    plain = Verdict(gate="policy", result="fail", findings=(one,), evidence={"files": 1}, seconds=1.23456).plain()
    assert plain == {"gate": "policy", "verdict": "fail", "findings": [one.plain()], "evidence": {"files": 1}, "seconds": 1.235}
    assert one.plain() == {
        "gate": "policy", "level": "refuse", "what": "it is so", "cure": "change it", "file": "impl/a.py", "line": 3, "witness": None
    }  # fmt: skip


def test_limits_and_workers_have_defaults_that_start_nothing() -> None:
    limits = Limits()
    assert (limits.branches_percent_min, limits.mutants_percent_min) == (95.0, 90.0)
    assert Workers() == Workers(judged=(), exemplified=(), suite=(), proven=())
