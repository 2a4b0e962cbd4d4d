import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from planaria.prove.harden.hardening import Added, Ask, Hardening, Question
from tests.cli.test_prove import ALSO, SOURCE, SURVIVED, proof_of

ADDED = Added(name="test_f", source="def test_f():\n    assert f(1) is \x1bFalse\n", kills=(SURVIVED.mutant,))
QUESTION = Question(mutant=ALSO.mutant, what="the text differs\x1b")
ASK = Ask(sources={"f.py": SOURCE}, survivors=("f.py:2\n- a\n+ b",), refused=("test_g: it kills nothing",), attempt=2, seconds=30.0)


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """Stand in the place of the engine: say what was asked, ask the proposer, give what was set."""
    (tmp_path / "f.py").touch()

    class Engine:
        asked, proposed, ask = None, "", ASK
        gives = Hardening(
            added=(ADDED,), questions=(QUESTION,), before=proof_of(SURVIVED, ALSO), file=tmp_path / "test_f.py", cpu_s=2.0,
            after=proof_of(replace(SURVIVED, verdict="killed"), ALSO),
        )  # fmt: skip

        async def harden(self, request, *, progress=None):
            self.asked = request
            progress("search", 1, 2)
            self.proposed = await request.proposer.propose(self.ask) if request.proposer else ""
            return self.gives

    made = Engine()
    monkeypatch.setattr("planaria.prove.harden.run.harden", made.harden)
    return made


def test_what_is_typed_is_what_is_asked(planaria, engine):
    assert planaria("harden", "f.py").code == 0
    assert (engine.asked.budget_s, engine.asked.file, engine.asked.proposer) == (600.0, None, None)
    typed = "harden . --tests f.py --jobs 2 --budget-s 9 --output test_more.py"
    assert planaria(*typed.split()).code == 0
    asked, proof = engine.asked, engine.asked.prove
    assert (proof.path, proof.tests, proof.jobs, proof.cache) == (Path(), (Path("f.py"),), 2, Path(".planaria/prove"))
    assert (asked.budget_s, asked.file) == (9.0, Path("test_more.py"))


def test_added_tests_questions_and_both_scores_are_told(planaria, engine, tmp_path):
    assert (
        planaria("harden", "f.py").out
        == f"""\
def test_f():
    assert f(1) is \\x1bFalse

cart.py:4  to be decided  the text differs\\x1b
  -     if len(lines) > 9:
  +     if len(lines) > 10:

score 0.0 % -> 50.0 %: 1 test in {tmp_path}/test_f.py kill 1 of 2 survivors; 0 are probably equivalent, 1 left; 2.0 CPU s
"""
    )
    told = json.loads(planaria("harden", "f.py", "--json").out)
    assert told["added"][0]["kills"][0]["diff"] == "-     if len(lines) > 9:\n+     if len(lines) >= 9:"
    assert (told["questions"][0]["operator"], told["questions"][0]["what"]) == ("off_by_one", QUESTION.what)
    assert (told["file"], told["score_percent"], told["survived"]["after"]) == (f"{tmp_path}/test_f.py", {"before": 0.0, "after": 50.0}, 1)
    engine.gives = replace(engine.gives, added=(ADDED,) * 22, questions=(QUESTION,) * 23)
    told = planaria("harden", "f.py").out
    assert f"and 2 tests more: {tmp_path}/test_f.py\n" in told
    assert "and 3 questions more: --json\n" in told


def test_a_dry_run_gives_the_engine_no_place_in_the_project(planaria, engine, tmp_path):
    ended = planaria("harden", "f.py", "--dry-run", "--output", "tests/test_more.py")
    place = engine.asked.file
    assert (place.name, place.parent.exists(), place.is_relative_to(tmp_path)) == ("test_more.py", False, False)
    assert ": 1 test kill 1 of" in ended.out
    assert ended.out.endswith("nothing was written: it was a dry run\n")
    assert json.loads(planaria("harden", "f.py", "--dry-run", "--json").out)["file"] is None


def test_a_program_proposes_in_a_folder_of_its_own(planaria, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PLANARIA_SECRET", "x")
    script = "import os, sys; open('left', 'w'); print('PLANARIA_SECRET' in os.environ); print(sys.stdin.read())"
    command = ("harden", "f.py", "--proposer", f'{sys.executable} -c "{script}"')
    assert planaria(*command).code == 0
    assert engine.proposed.startswith("False\n")
    assert engine.proposed.rstrip().endswith(
        "## changes\n\nf.py:2\n- a\n+ b\n\n## tests that were refused, and why\n\ntest_g: it kills nothing"
    )
    assert [one.name for one in tmp_path.iterdir()] == ["f.py"]
    engine.ask = replace(ASK, seconds=0.0)
    assert planaria(*command).code == 0
    assert engine.proposed == ""


@pytest.mark.parametrize(
    "options, cure",
    [("nowhere", "path"), ("f.py --output more.py", "test_"), ("f.py --proposer=", "name one"), ("f.py --proposer '", "quote"),
     ("f.py --proposer /no/program", "program")],
)  # fmt: skip
def test_trouble_is_two_with_a_cure(planaria, engine, options, cure):
    ended = planaria("harden", *options.split())
    assert (ended.code, ended.out, ended.err.partition(":")[0]) == (2, "", "PLN-U101")
    assert cure in ended.err.partition("fix:")[2]
