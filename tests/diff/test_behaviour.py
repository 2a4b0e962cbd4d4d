import re
import sys
from pathlib import Path

import pytest

from planaria.assemble.system import system_at
from planaria.diff.behaviour import CUT, Material, Subject, compare, skipped_operations
from planaria.gates.intent import intent_of
from planaria.kernel.contract import Contract, describe, operation
from planaria.kernel.effect import Chance, Clock, Connects
from planaria.kernel.loader import generation_at

ROOM = Path(__file__).parent.parent.parent / "examples" / "readingroom"
WORKER = (sys.executable, "-m", "planaria.assemble.judged")
FILE = re.compile(r"```python impl/(\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def subject_of(cell, candidate, tmp_path):
    contract = system_at(ROOM).cells[cell].contract
    current = generation_at(cell, ROOM / "cells" / cell / "impl")
    return Subject(
        root=ROOM,
        cell=cell,
        contract=contract,
        current=current,
        candidate=candidate or current,
        command=WORKER,
        scratch=tmp_path / "scratch",
    )


def attempt(number, tmp_path):
    text = (ROOM / "proposals" / "phrases.md").read_text().split("## Attempt ")[number]
    directory = tmp_path / "candidate" / "impl"
    directory.mkdir(parents=True)
    for name, content in FILE.findall(text):
        (directory / name).write_text(content)
    return generation_at("library", directory)


def attempted(number, tmp_path):
    return subject_of("library", attempt(number, tmp_path), tmp_path)


@pytest.fixture
def phrases():
    return intent_of((ROOM / "intents" / "phrases.md").read_text()).blocks


async def test_the_first_attempt_at_phrases_is_shown_with_a_question_that_holds_a_mark(tmp_path, phrases):
    compared = await compare(attempted(1, tmp_path), Material(intent=phrases, budget_s=90, sequences_max=600))
    (found,) = compared.differences
    assert (found.operation, found.places) == ("search", ("outcome",))
    assert found.witness.calls[-1].arguments["question"] == '"'
    assert found.witness.text().startswith("library.search(question='\"'")


async def test_the_second_attempt_at_phrases_differs_only_as_it_is_meant_to(tmp_path, phrases):
    compared = await compare(attempted(2, tmp_path), Material(intent=phrases, budget_s=90, sequences_max=240))
    assert [one.witness.text() for one in compared.differences] == []
    assert compared.explained == {"search": ("[*].snippet", "order")}
    assert compared.summary["excused"][CUT] >= 1
    assert compared.summary["explained"] != []
    assert compared.not_exercised == {}
    assert compared.changed == {"search"}


async def test_a_change_that_no_example_shows_is_a_difference(tmp_path):
    compared = await compare(attempted(2, tmp_path), Material(budget_s=90, sequences_max=240))
    assert {one.operation for one in compared.differences} == {"search"}


async def test_what_touches_the_outside_is_left_alone_and_said(tmp_path):
    compared = await compare(subject_of("intake", None, tmp_path), Material(budget_s=90, sequences_max=36))
    assert set(compared.not_exercised) == {"fetch", "shelve"}
    assert compared.summary["calls_by_operation"].keys() == {"parse"}
    assert compared.differences == ()


@pytest.mark.parametrize("cell", ["digest", "desk"])
async def test_handlers_and_cells_that_use_others_are_compared_too(tmp_path, cell):
    compared = await compare(subject_of(cell, None, tmp_path), Material(budget_s=90, sequences_max=24))
    assert compared.differences == ()
    assert compared.not_exercised == {}
    assert compared.summary["calls"] > 50


class Dice(Contract):
    """Dice."""

    @operation(effects=(Chance(),))
    async def roll(self) -> int:
        """Roll."""
        raise NotImplementedError

    @operation(effects=(Clock(), Connects("host:1")))
    async def tell(self) -> int:
        """Tell."""
        raise NotImplementedError


def test_an_operation_that_connects_is_skipped_and_one_of_chance_is_not():
    assert list(skipped_operations(describe(Dice))) == ["tell"]
