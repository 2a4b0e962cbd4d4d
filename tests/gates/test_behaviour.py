import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from planaria.assemble.system import system_at
from planaria.diff.behaviour import Comparison, Material, Subject, compare
from planaria.gates.behaviour import behaviour, findings
from planaria.gates.intent import intent_of
from planaria.gates.verdict import Case, Limits, Workers, decide
from planaria.kernel.loader import generation_at

ROOT = Path(__file__).parent / "cases" / "behaviour"
WORKER = (sys.executable, "-m", "planaria.assemble.judged")
CASE = re.compile(r"^## (bug|right): ([^\n]+)\n```python\n(.*?)```\n```python\n(.*?)```", re.DOTALL | re.MULTILINE)
CELLS = ("account", "words", "booking")


def cases(kind):
    return list(_cases(kind))


def _cases(kind):
    for cell in CELLS:
        for found in CASE.finditer((ROOT / "cells" / cell / "cases.md").read_text()):
            if found[1] == kind:
                yield pytest.param(cell, found[3], found[4], id=f"{cell}: {found[2]}")


def candidate_of(cell, old, new, tmp_path):
    source = (ROOT / "cells" / cell / "impl" / "__init__.py").read_text()
    old, new = (old.rstrip("\n"), new.rstrip("\n")) if new else (old, new)
    assert source.count(old) == 1
    directory = tmp_path / "candidate" / "impl"
    directory.mkdir(parents=True)
    (directory / "__init__.py").write_text(source.replace(old, new))
    return generation_at(cell, directory)


def subject_of(cell, candidate, tmp_path):
    contract = system_at(ROOT).cells[cell].contract
    current = generation_at(cell, ROOT / "cells" / cell / "impl")
    return Subject(
        root=ROOT, cell=cell, contract=contract, current=current, candidate=candidate, command=WORKER, scratch=tmp_path / "scratch"
    )


def case_of(cell, candidate, tmp_path, **given):
    subject = subject_of(cell, candidate, tmp_path)
    limits = given.pop("limits", Limits(behaviour_timeout_s=60))
    scratch = tmp_path / "candidate"
    return Case(
        root=ROOT, scratch=scratch, cell=cell, contract=subject.contract, current=subject.current, candidate=candidate,
        workers=Workers(judged=WORKER), limits=limits, **given,
    )  # fmt: skip


def test_there_are_at_least_twenty_bugs_and_twenty_right_rewrites():
    assert len(cases("bug")) >= 20
    assert len(cases("right")) >= 20


@pytest.mark.parametrize("cell, old, new", cases("bug"))
async def test_an_honest_bug_is_shown_with_a_witness(cell, old, new, tmp_path):
    subject = subject_of(cell, candidate_of(cell, old, new, tmp_path), tmp_path)
    compared = await compare(subject, Material(budget_s=90, sequences_max=1500))
    assert compared.differences
    witness = compared.differences[0].witness
    assert 1 <= len(witness.calls) <= 6
    assert witness.current != witness.candidate


@pytest.mark.parametrize("cell, old, new", cases("right"))
async def test_a_right_rewrite_is_not_refused(cell, old, new, tmp_path):
    subject = subject_of(cell, candidate_of(cell, old, new, tmp_path), tmp_path)
    compared = await compare(subject, Material(budget_s=90, sequences_max=120))
    assert [one.witness.text() for one in compared.differences] == []
    assert compared.not_exercised == {}
    assert compared.summary["sequences"] >= 120
