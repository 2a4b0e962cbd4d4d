import shutil
import sys
from pathlib import Path

import pytest

from planaria.prove.suite import Reached, SuiteRun, SuiteToolsMissing, TestResult, run_suite

TESTED = (sys.executable, "-m", "planaria.assemble.tested")
SHOP = Path(__file__).parent.parent / "gates" / "cases" / "shop"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__")))


async def test_a_suite_tells_of_every_test_in_every_placement_and_of_every_branch(shop: Path, tmp_path: Path) -> None:
    run = await run_suite(shop, "cart", command=TESTED, work=tmp_path / "work", timeout_s=60)
    assert (run.code, run.count("passed"), run.count("passed", "inprocess"), run.count("passed", "copying")) == (0, 8, 4, 4)
    assert [one.file for one in run.reached] == ["impl/__init__.py", "impl/rebate.py"]
    assert run.per_cent == 100.0


async def test_apart_every_cell_is_in_a_process_of_its_own_and_nothing_is_measured(shop: Path, tmp_path: Path) -> None:
    (shop / "cells/cart/tests/test_inside.py").write_text("def test_it_imports():\n    from cells.cart.impl.rebate import per_cent\n")
    run = await run_suite(shop, "cart", command=TESTED, work=tmp_path / "work", timeout_s=60, apart=True)
    assert (run.code, run.count("passed"), run.count("passed", "process"), run.reached) == (0, 4, 4, ())


@pytest.mark.parametrize("report", ["{}", '{"files": {"/elsewhere/a.py": {}}}', '{"files": [1]}', "none"])
async def test_a_report_that_was_forged_badly_measures_nothing(report: str, shop: Path, tmp_path: Path) -> None:
    script = (sys.executable, "-c", f"import sys; open(sys.argv[3] + '/coverage.json', 'w').write({report!r})")
    assert (await run_suite(shop, "cart", command=script, work=tmp_path / "work", timeout_s=60)).reached == ()


async def test_an_interpreter_without_the_tools_is_told_apart_from_a_suite_that_fails(shop: Path, tmp_path: Path) -> None:
    lacking = (sys.executable, "-c", "raise ModuleNotFoundError(\"No module named 'coverage'\")")
    with pytest.raises(SuiteToolsMissing) as caught:
        await run_suite(shop, "cart", command=lacking, work=tmp_path / "work", timeout_s=60)
    assert "planaria[test]" in caught.value.fix


async def test_a_report_that_is_not_there_or_broken_tells_of_no_test(shop: Path, tmp_path: Path) -> None:
    (shop / "cells/stock/tests").mkdir(exist_ok=True)
    (shop / "cells/stock/tests/test_stock.py").write_text("import os\nos._exit(7)\n")
    run = await run_suite(shop, "stock", command=TESTED, work=tmp_path / "work", timeout_s=60)
    assert (run.code, run.tests, run.reached, run.per_cent) == (7, (), (), 0.0)


def test_counts_are_by_result_and_placement() -> None:
    seen = [("copying", "passed"), ("", "failed")]
    tests = tuple(TestResult(name=placement, placement=placement, result=result) for placement, result in seen)
    reached = (Reached(file="a", total=4, covered=1, missed_lines=(), missed_branches=()),)
    run = SuiteRun(tests=tests, reached=reached, code=1, text="", seconds=0.1)
    assert (run.count("passed"), run.count("passed", "inprocess"), run.count("failed"), run.per_cent) == (1, 0, 1, 25.0)
