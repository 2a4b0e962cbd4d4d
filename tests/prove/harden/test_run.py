"""Small projects with holes in their suites, hardened for real."""

import asyncio
import hashlib
import os
import subprocess
import sys

import pytest

from planaria.prove.harden.equivalent import without_equivalents
from planaria.prove.harden.hardening import HardenRequest
from planaria.prove.harden.run import harden, proposed
from planaria.prove.run import Request, prove

CODE = """
def fee(days, members=False):
    if days > 30 and not members:
        return 2 * days - 30
    return days


class Shelf:
    def __init__(self):
        self.items = []

    def put(self, name):
        if not name:
            raise ValueError("a name is needed")
        self.items.append(name)
        return len(self.items)

    def take(self):
        return self.items.pop() if self.items else None
"""
TESTS = """
from shop import Shelf, fee


def test_fee():
    assert fee(10) == 10
    assert fee(40) == 50


def test_shelf():
    shelf = Shelf()
    shelf.put("a")
    assert shelf.items == ["a"]
"""
PROPOSED = """
from shop import Shelf, fee


def test_taking_gives_the_last():
    shelf = Shelf()
    shelf.put("a")
    shelf.put("b")
    assert shelf.take() == "b"


def test_that_is_wrong():
    assert fee(31) == 1


def test_that_kills_nothing():
    assert fee(1) == 1


LEFT_OVER = 1
"""


def project(root):
    root.mkdir()
    (root / "shop.py").write_text(CODE)
    (root / "test_shop.py").write_text(TESTS)
    return root


def request_of(root, **more):
    asked = Request(path=root, environment=dict(os.environ), jobs=1)
    return HardenRequest(prove=asked, budget_s=6.0, confined=False, **more)


def tree(root):
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in root.iterdir() if one.is_file()}


class Fixed:
    """Proposes one file, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    async def propose(self, ask):
        self.asked.append(ask)
        return PROPOSED


@pytest.fixture(scope="module")
def hardened(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("hardened") / "shop")
    before = tree(root)
    done = asyncio.run(harden(request_of(root)))
    return root, before, done


def test_what_was_there_stays_as_it_was(hardened):
    root, before, done = hardened
    assert {name: digest for name, digest in tree(root).items() if name != done.file.name} == before


def test_every_test_that_was_added_passes_and_kills(hardened):
    root, _, done = hardened
    assert done.added
    assert all(one.kills for one in done.added)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", done.file.name)
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert f"{len(done.added)} passed" in ended.stdout, ended.stdout


def test_the_score_that_is_told_is_the_one_that_a_proof_gives(hardened):
    root, _, done = hardened
    again = asyncio.run(prove(Request(path=root, environment=dict(os.environ), rounds=False)))
    assert {one.mutant.key for one in again.mutants if one.verdict == "killed"} == {
        one.mutant.key for one in done.after.mutants if one.verdict == "killed"
    }
    assert done.after.score_percent > done.before.score_percent


def test_names_say_the_fact_and_a_mutant_is_named(hardened):
    _, _, done = hardened
    text = done.file.read_text()
    assert "fee(" in text
    assert "# Fails if `" in text
    assert all(one.name.startswith("test_") and one.source.startswith("def test_") for one in done.added)


def test_what_no_call_tells_apart_is_set_apart(hardened):
    _, _, done = hardened
    alike = {one.mutant.text for one in done.after.mutants if one.verdict == "probably_equivalent"}
    assert "days >= 30" in {one.strip("()") for one in alike}


async def test_a_second_run_keeps_what_the_first_added(tmp_path):
    root = project(tmp_path / "shop")
    first = await harden(request_of(root))
    text = first.file.read_text()
    (root / "shop.py").write_text(CODE + "\n\ndef doubled(value):\n    return value * 2\n")
    second = await harden(request_of(root))
    assert {one.name for one in second.added} & {one.name for one in first.added} == set()
    assert all(one.name in second.file.read_text() for one in (*first.added, *second.added)), text
    assert any("doubled" in one.source for one in second.added)


async def test_a_proposer_s_tests_pass_the_same_filter(tmp_path):
    root, proposer = project(tmp_path / "shop"), Fixed()
    done = await harden(HardenRequest(
        prove=Request(path=root, environment=dict(os.environ), jobs=1), budget_s=0.01, confined=False, proposer=proposer, attempts=1
    ))  # fmt: skip
    names = {one.name for one in done.added}
    assert "test_taking_gives_the_last" in names
    assert not {"test_that_is_wrong", "test_that_kills_nothing"} & names
    assert "shop.py" in proposer.asked[0].sources
    assert proposer.asked[0].survivors


def test_a_proposal_that_is_no_python_is_refused():
    assert proposed("def test_(:")[0] == []


async def test_equivalents_are_taken_out_of_the_score(tmp_path):
    root = project(tmp_path / "shop")
    asked = Request(path=root, environment=dict(os.environ), rounds=False, cache=tmp_path / "cache")
    proof = await prove(asked)
    settled = await without_equivalents(proof, asked, budget_s=20.0, confined=False)
    verdicts = {one.mutant.text: (one.verdict, one.why) for one in settled.mutants if one.mutant.function == "fee"}
    assert verdicts["days >= 30"][0] == "probably_equivalent"
    assert verdicts["days > 30"][0] == "survived"
    assert "told apart by" in verdicts["days > 30"][1]
    assert await without_equivalents(proof, asked, budget_s=0.001, confined=False) == settled
