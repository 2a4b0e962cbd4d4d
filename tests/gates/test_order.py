"""Every gate on every case in tests/gates/cases/GATE/CASE; adding a case needs no Python.

A case is a folder with `expect.json` ({"verdict", "findings": [{"place", "what"}], and optionally "limits", "without", "no_tests", and
"more" where further findings may follow}); `candidate/` holds the files that differ from the shop's cart, as `current/` does;
`tests/`, `contract.py` and `intent.md` stand in the place of the shop's. A finding's `what` is a part of the text.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from planaria.assemble.system import system_at
from planaria.gates.intent import Intent, intent_of
from planaria.gates.order import GATES
from planaria.gates.verdict import Case, Limits, Verdict, Workers, judge
from planaria.kernel.loader import generation_at

CASES = Path(__file__).parent / "cases"
SHOP = CASES / "shop"
FOUND = sorted(path.parent for path in CASES.glob("*/*/expect.json"))
WORKERS = Workers(
    judged=(sys.executable, "-m", "planaria.assemble.judged"),
    exemplified=(sys.executable, "-m", "planaria.assemble.exemplified"),
    suite=(sys.executable, "-m", "planaria.assemble.tested"),
    proven=(sys.executable, "-m", "planaria.assemble.proven"),
)


def laid_out(folder: Path, case: Path, expected: dict[str, Any]) -> Path:
    """Make the shop with the case's files, and the current implementation beside it."""
    system = folder / "system"
    shutil.copytree(SHOP, system, ignore=shutil.ignore_patterns("__pycache__"))
    cart = system / "cells" / "cart"
    shutil.copytree(cart / "impl", folder / "current")
    if expected.get("no_tests"):
        shutil.rmtree(cart / "tests")
    for name, target in (("current", folder / "current"), ("candidate", cart / "impl"), ("tests", cart / "tests")):
        if (case / name).is_dir():
            shutil.copytree(case / name, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in expected.get("without", ()):
        (cart / "impl" / name).unlink()
    if (case / "contract.py").is_file():
        shutil.copyfile(case / "contract.py", cart / "contract.py")
    return system


def case_of(folder: Path, case: Path, expected: dict[str, Any]) -> Case:
    system = laid_out(folder, case, expected)
    plan = system_at(system).cells["cart"]
    intent = intent_of((case / "intent.md").read_text()) if (case / "intent.md").is_file() else Intent()
    return Case(
        root=system, scratch=system, cell="cart", contract=plan.contract, intent=intent, grants=plan.uses, workers=WORKERS,
        current=generation_at("cart", folder / "current"), candidate=generation_at("cart", system / "cells" / "cart" / "impl"),
        limits=Limits(**expected.get("limits", {})),
    )  # fmt: skip


async def verdict_on(folder: Path, case: Path, expected: dict[str, Any]) -> Verdict:
    return await judge(case.parent.name, dict(GATES)[case.parent.name], case_of(folder, case, expected))


@pytest.mark.parametrize("case", FOUND, ids=[f"{path.parent.name}-{path.name}" for path in FOUND])
async def test_a_gate_says_of_a_case_what_is_expected(case: Path, tmp_path: Path) -> None:
    expected = json.loads((case / "expect.json").read_text())
    verdict = await verdict_on(tmp_path, case, expected)
    told = [{"place": one.place, "what": one.what} for one in verdict.findings]
    wanted = expected.get("findings", [])
    told = told[: len(wanted)] if expected.get("more") else told
    assert (verdict.result, len(told)) == (expected["verdict"], len(wanted)), json.dumps(told, indent=2)
    for one, want in zip(told, wanted, strict=True):
        assert one["place"] == want["place"], one
        assert want["what"] in one["what"], one
    assert all(one.cure for one in verdict.findings)


def test_the_cheapest_gates_are_asked_first() -> None:
    assert [name for name, _ in GATES] == [
        "policy", "interface", "examples", "suite", "coverage", "behaviour", "properties", "mutation"
    ]  # fmt: skip


def test_every_gate_but_behaviour_has_cases_of_each_verdict_that_it_can_give() -> None:
    seen = {(path.parent.name, json.loads((path / "expect.json").read_text())["verdict"]) for path in FOUND}
    assert {(name, result) for name, _ in GATES if name != "behaviour" for result in ("pass", "fail")} <= seen
    assert {(name, "inconclusive") for name in ("examples", "properties", "suite", "coverage", "mutation")} <= seen
