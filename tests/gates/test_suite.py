"""What the suite gate says where its rounds cannot be run."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from planaria.gates.completeness import PROOF
from planaria.gates.suite import suite
from planaria.gates.verdict import Case, Workers
from tests.gates.test_order import CASES, SHOP, WORKERS, case_of


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return case_of(tmp_path, CASES / "suite" / "plain", {})


async def test_a_suite_that_cannot_be_confined_is_not_run_and_leaves_a_doubt(case: Case) -> None:
    refusing = (sys.executable, "-c", "import sys; sys.stderr.write('PLN-L220: a candidate cannot be judged here'); sys.exit(70)")
    verdict = await suite(replace(case, workers=Workers(suite=refusing)))
    assert (verdict.result, [one.what for one in verdict.findings]) == ("inconclusive", ["PLN-L220: a candidate cannot be judged here"])


async def test_where_judges_run_unconfined_the_suite_has_one_round_and_that_is_told(case: Case) -> None:
    command = ("env", "PLANARIA_JUDGE=unconfined", *WORKERS.suite)
    verdict = await suite(replace(case, workers=replace(WORKERS, suite=command, apart=False)))
    assert (verdict.result, [one.level for one in verdict.findings]) == ("pass", ["note"])
    assert verdict.evidence["passed_by_placement"] == {"inprocess": 4, "copying": 4, "process": 0}


async def test_a_system_whose_cells_no_process_can_hold_has_one_round_and_that_is_told(case: Case) -> None:
    system = case.scratch / "system.py"
    system.write_text(system.read_text() + "\nsystem.place(Cart, 'wasm', fuel_per_call=10**9)\n")
    verdict = await suite(case)
    assert (verdict.result, [one.level for one in verdict.findings]) == ("pass", ["note"])
    assert "fuel_per_call" in verdict.findings[0].what


def outside(folder: Path) -> Case:
    text = (SHOP / "cells/cart/contract.py").read_text()
    text = text.replace("import CellError,", "import CellError, Connects,").replace(
        "NoSuchArticle,))", "NoSuchArticle,), effects=Connects('a:1'))"
    )
    (folder / "given").mkdir()
    (folder / "given" / "contract.py").write_text(text)
    return case_of(folder, folder / "given", {})


async def test_the_suite_of_a_cell_that_touches_the_outside_runs_apart_from_it_alone(tmp_path: Path) -> None:
    verdict = await suite(outside(tmp_path))
    assert verdict.result == "pass"
    assert verdict.evidence["passed_by_placement"] == {"inprocess": 0, "copying": 0, "process": 4}


@pytest.mark.parametrize("name, gate", PROOF)
async def test_how_complete_the_suite_is_of_a_cell_that_touches_the_outside_cannot_be_measured(name: str, gate, tmp_path: Path) -> None:
    verdict = await gate(outside(tmp_path))
    assert (verdict.gate, verdict.result) == (name, "inconclusive")
    assert "completeness=dict(branches=0, mutants=0)" in verdict.findings[0].cure
