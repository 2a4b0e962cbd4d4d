"""The recorded attempts at `intents/phrases.md`: both do what the intent shows, and only the second answers everything."""

import re
from pathlib import Path

import pytest

from cells.library.contract import Library, Page, Passage
from planaria import Failed
from planaria.gates.intent import intent_from
from planaria.kernel.contract import describe
from planaria.prove.example import run_examples
from planaria.testing.cells import cells_at

ROOT = Path(__file__).parents[2] / "examples" / "readingroom"
FILE = re.compile(r"^```python (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELF = (
    Page("http://wiki/disk", "Disks", (Passage("", "", 'A 5" disk, and a disk of 5 inches.'),)),
    Page("http://wiki/size", "Sizes", (Passage("", "", "The disk is 5 cm, said the label."),)),
)
ODD = ('"', '5"', '5" disk', '"5 disk', '""', "disk\0", "NEAR(disk 5)", "title:disk", "disk*", "-disk", "(", "?!", "5 disk 5 disk")


def attempts():
    texts = (ROOT / "proposals" / "phrases.md").read_text().split("\n## ")[1:]
    return [dict(FILE.findall(text)) for text in texts]


def written(number, folder):
    for path, content in attempts()[number - 1].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder / "impl"


@pytest.fixture(params=[1, 2])
def attempt(request, tmp_path):
    return written(request.param, tmp_path / "candidate")


async def answers(store_path, generations):
    async with cells_at(ROOT, store_path=store_path, generations=generations) as cells:
        library = cells.handle(Library)
        for page in SHELF:
            await library.add(page)
        return [sorted(hit.address for hit in await library.search(question)) for question in ODD]


def test_each_attempt_holds_the_whole_implementation():
    current = {f"impl/{path.name}" for path in (ROOT / "cells" / "library" / "impl").glob("*.py")}
    assert [set(one) for one in attempts()] == [current, current]


async def test_the_intents_examples_hold_for_each_attempt_and_not_before(tmp_path, attempt):
    (examples,) = intent_from("intents/phrases.md", ROOT).blocks
    for generations, holds in (({"library": attempt}, True), ({}, False)):
        async with cells_at(ROOT, store_path=tmp_path / f"{holds}.sqlite", generations=generations) as cells:
            namespace = {"library": cells.handle(Library), "Page": Page, "Passage": Passage}
            assert (await run_examples(examples, namespace) == []) is holds


async def test_the_contracts_examples_hold_for_each_attempt(tmp_path, attempt):
    for operation in describe(Library).operations:
        async with cells_at(ROOT, store_path=tmp_path / f"{operation.name}.sqlite", generations={"library": attempt}) as cells:
            assert await cells.mismatches(Library, operation.name) == []


async def test_the_first_attempt_fails_on_a_quotation_mark(tmp_path):
    generations = {"library": written(1, tmp_path)}
    async with cells_at(ROOT, store_path=tmp_path / "store.sqlite", generations=generations) as cells:
        with pytest.raises(Failed):
            await cells.handle(Library).search('5" disk')


async def test_the_second_attempt_finds_the_same_pages_as_before_for_any_question(tmp_path):
    after = await answers(tmp_path / "after.sqlite", {"library": written(2, tmp_path / "candidate")})
    assert after == await answers(tmp_path / "before.sqlite", {})
