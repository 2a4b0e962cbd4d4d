import json
import re
import shutil
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
    scratch = shutil.copytree(ROOT, tmp_path / "whole")
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


# ---------------------------------------------------------------------------------------------------------------- gate


def replacing(cell, old, new, tmp_path):
    return candidate_of(cell, old, new, tmp_path)


async def test_the_gate_refuses_with_the_smallest_calls(tmp_path):
    candidate = replacing("account", "(name, limit)\n", "(name, limit + 1)\n", tmp_path)
    verdict = await behaviour(case_of("account", candidate, tmp_path))
    assert verdict.result == "fail"
    (finding,) = [one for one in verdict.findings if one.level == "refuse"]
    assert finding.witness is not None
    assert [one["call"] for one in finding.witness["calls"]] == ["open", "move", "move", "history"]
    assert "account.history(name=" in finding.what
    assert json.loads(json.dumps(verdict.plain())) == verdict.plain()


async def test_a_difference_that_the_intent_shows_is_allowed_and_another_is_not(tmp_path):
    old, new = 'return text.replace(word, f"[{word}]")', 'return text.replace(word, f"<{word}>")'
    intent = intent_of("Angular brackets.\n\n```pycon\n>>> await words.mark('banana', 'an')\n'b<an><an>a'\n```\n")
    candidate = replacing("words", old, new, tmp_path)
    subject = subject_of("words", candidate, tmp_path)
    meant = await compare(subject, Material(intent=intent.blocks, budget_s=60, sequences_max=60))
    assert not meant.differences
    assert meant.explained == {"mark": ("value",)}
    unmeant = await compare(subject, Material(budget_s=60, sequences_max=60))
    assert {one.operation for one in unmeant.differences} == {"mark"}


async def test_an_empty_cell_of_workers_is_inconclusive(tmp_path):
    candidate = replacing("account", "(name, limit)\n", "(name, limit)  # the same\n", tmp_path)
    case = replace(case_of("account", candidate, tmp_path), workers=Workers(judged=(sys.executable, "-c", "print('no')")))
    verdict = await behaviour(case)
    assert verdict.result == "inconclusive"
    assert "did not run" in verdict.findings[0].what


async def test_too_small_a_budget_is_inconclusive(tmp_path):
    candidate = replacing("account", "(name, limit)\n", "(name, limit)  # the same\n", tmp_path)
    verdict = await behaviour(case_of("account", candidate, tmp_path, limits=Limits(behaviour_timeout_s=0.001)))
    assert verdict.result == "inconclusive"
    compared = await compare(subject_of("account", candidate, tmp_path), Material(budget_s=0.0))
    assert decide("behaviour", findings(compared), checked=1).result == "inconclusive"


async def test_a_store_and_recordings_are_searched_too(tmp_path):
    from planaria.assemble.life import life_at

    store = tmp_path / "store.sqlite"
    async with life_at(ROOT, store_path=store) as life:
        await life.call("account", "open", ("zoe",), caller="test")
        for number in range(1, 4):
            await life.call("account", "move", ("zoe", number, ""), caller="test")
    recordings = tmp_path / "account.jsonl"
    lines = [
        {"call": "history", "arguments": {"name": "zoe", "limit": 3}},
        {"call": "gone", "arguments": {}},
        {"call": "open", "arguments": {}},
    ]
    recordings.write_text("\n".join(json.dumps(one) for one in lines) + '\n{"call"')
    candidate = replacing(
        "account",
        '_account WHERE name = ?", (name,))\n    if row',
        '_account WHERE name = ?", (name,))\n    if name == "zoe":\n        return 7, 7\n    if row',
        tmp_path,
    )
    verdict = await behaviour(case_of("account", candidate, tmp_path, store=store, recordings=recordings))
    assert verdict.result == "fail"
    assert any("zoe" in one.what for one in verdict.findings)


@pytest.mark.parametrize(
    "harm, told",
    [
        ("import os; os._exit(3)", "ended itself"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("while True: pass", "no answer in time"),
        ("import time; time.sleep(60)", "no answer in time"),
        ("raise SystemExit(0)", "SystemExit"),
        ("x = bytearray(4_000_000_000)", "MemoryError"),
    ],
)
async def test_a_candidate_that_harms_its_process_is_refused_and_nothing_hangs(tmp_path, harm, told):
    candidate = replacing("words", 'return text.replace(word, f"[{word}]")', f"{harm}\n        return text", tmp_path)
    compared = await compare(subject_of("words", candidate, tmp_path), Material(budget_s=60, sequences_max=24))
    texts = [one.witness.text() for one in compared.differences if one.operation == "mark"]
    assert texts
    assert told in texts[0]


async def test_what_a_candidate_prints_reaches_nobody(tmp_path):
    lines = ("import os, sys", "print('{}', flush=True)", "os.write(1, b'{}')", "sys.stderr.write('x' * 100_000)", "")
    noise = "\n        ".join(lines)
    candidate = replacing("words", 'return text.replace(word, f"[{word}]")', f'{noise}return text.replace(word, f"[{{word}}]")', tmp_path)
    compared = await compare(subject_of("words", candidate, tmp_path), Material(budget_s=60, sequences_max=36))
    assert compared.differences == ()
    assert compared.summary["sequences"] >= 36


async def test_a_candidate_that_forks_is_refused_the_child_and_seen_to_fail(tmp_path):
    fork = "import os\n        os.fork()\n        "
    candidate = replacing("words", 'return text.replace(word, f"[{word}]")', f'{fork}return text.replace(word, f"[{{word}}]")', tmp_path)
    compared = await compare(subject_of("words", candidate, tmp_path), Material(budget_s=60, sequences_max=12))
    assert {one.witness.candidate.error for one in compared.differences} == {"BlockingIOError"}


async def test_what_disagrees_with_itself_is_not_compared(tmp_path):
    source = (ROOT / "cells/words/impl/__init__.py").read_text()
    old = 'return text.replace(word, f"[{word}]")'
    now = source.replace(old, 'import uuid\n        return f"{text} {uuid.uuid4()}"')
    subject = subject_of("words", replacing("words", old, 'import uuid\n        return f"{uuid.uuid4()} {text}"', tmp_path), tmp_path)
    directory = tmp_path / "now" / "impl"
    directory.mkdir(parents=True)
    (directory / "__init__.py").write_text(now)
    compared = await compare(replace(subject, current=generation_at("words", directory)), Material(budget_s=60, sequences_max=24))
    assert compared.differences == ()
    assert {one["operation"] for one in compared.summary["not_comparable"]} == {"mark"}


def test_a_changed_operation_that_was_not_exercised_leaves_a_doubt():
    compared = Comparison(differences=(), explained={}, not_exercised={"send": "it touches the outside"}, changed=frozenset({"send"}))
    assert decide("behaviour", findings(compared), checked=5).result == "inconclusive"
    same = Comparison(differences=(), explained={}, not_exercised={"send": "it touches the outside"}, changed=frozenset())
    assert decide("behaviour", findings(same), checked=5).result == "pass"
    late = Comparison(differences=(), explained={}, not_exercised={}, changed=frozenset(), unfinished=frozenset({"send"}))
    assert decide("behaviour", findings(late), checked=5).result == "inconclusive"
