from typing import Any

from planaria.gates.mutation import findings
from planaria.gates.verdict import decide
from planaria.prove.mutant import Mutant
from planaria.prove.proof import FileReach, Proof, Proven

FILE = "cells/cart/impl/__init__.py"
ONE = Mutant(
    id=1, file=FILE, operator="boundary", function="f", line=1, column=0, end_line=1, end_column=5, text="a <= b", key="f:1"
)  # fmt: skip
REACH = FileReach(file=FILE, source="a < b\n", lines=(1,), missed_lines=(), branches=0, missed_branches=())


def said(*verdicts: Any, least: float = 90):
    mutants = tuple(Proven(mutant=ONE, verdict=one) for one in verdicts)
    found = list(findings(Proof(files=(REACH,), tests=(), mutants=mutants, findings=(), cpu_s=0, seconds=0), "cart", least=least))
    return decide("mutation", found, checked=1).result, [one.what for one in found]


def test_mutants_that_are_probably_equivalent_or_came_to_no_verdict_count_for_nothing() -> None:
    assert said(*["killed"] * 9, "survived", "probably_equivalent", "inconclusive") == ("pass", [])


def test_too_many_that_live_refuse_with_the_change_that_nobody_notices() -> None:
    result, (what, *_) = said(*["killed"] * 8, "survived", "unreached")
    assert (result, what) == (
        "fail", "the suite kills 80.0 % of 10 mutants, 90 % is the least; such as no test notices this (boundary):\n- a < b\n+ a <= b"
    )  # fmt: skip
    assert said(*["killed"] * 8, "survived", "unreached", least=80)[0] == "pass"


def test_where_most_came_to_no_verdict_there_is_none() -> None:
    assert said("killed", "inconclusive", "inconclusive") == ("inconclusive", ["2 of 3 mutants came to no verdict"])
