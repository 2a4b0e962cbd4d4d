"""The reading room as a whole: its contracts' examples, and real pages from fetching to citing."""

from pathlib import Path

import corpus
import pytest

from cells.desk.contract import Desk
from cells.digest.contract import Digest
from cells.intake.contract import AddressRefused, Intake
from cells.library.contract import Library
from planaria.assemble.system import system_at
from planaria.kernel.contract import describe
from planaria.placement.right import rights_of
from planaria.testing.cells import PLACEMENTS, cells_at

ROOT = Path(__file__).parents[2] / "examples" / "readingroom"
CONTRACTS = (Library, Intake, Digest, Desk)
EXAMPLES = [(contract, one.name) for contract in CONTRACTS for one in describe(contract).operations]
PAGES = ("heapq.html", "asyncio.html", "json.html", "builtins.html", "topic?key=LOOPING")


@pytest.mark.parametrize(
    "placement", [one for one in PLACEMENTS if one != "wasm"]
)  # the library reads JSON with msgspec, which no guest has
@pytest.mark.parametrize("contract, operation", EXAMPLES)
async def test_every_example_of_the_contracts_holds(tmp_path, contract, operation, placement):
    async with cells_at(ROOT, store_path=tmp_path / "store.sqlite", placement=placement) as cells:
        assert await cells.mismatches(contract, operation) == []


def test_every_operation_has_an_example():
    assert [one.name for contract in CONTRACTS for one in describe(contract).operations if not one.examples] == []


async def test_real_pages_are_fetched_found_cited_and_listed(tmp_path):
    async with cells_at(ROOT, store_path=tmp_path / "store.sqlite") as cells:
        with corpus.served() as served:
            kept = [await cells.handle(Intake).shelve(served.root + name) for name in PAGES]
        assert all(one.words > 100 for one in kept)
        (first, *_) = await cells.handle(Library).search("heap invariant")
        assert first.address == served.root + "heapq.html"
        answer = await cells.handle(Desk).answer("How do I run a blocking function in a separate thread?")
        assert answer.quotes[0].address == served.root + "asyncio.html#-to_thread"
        await cells.settled()
        (day,) = await cells.handle(Digest).days()
        assert len((await cells.handle(Digest).digest(day)).pages) == len(PAGES)
        assert cells.complaints == []


async def test_the_intake_reads_real_pages_where_it_has_no_network_of_its_own(tmp_path):
    async with cells_at(ROOT, store_path=tmp_path / "store.sqlite", placement="process") as cells:
        with corpus.served() as served:
            kept = [await cells.handle(Intake).shelve(served.root + name) for name in PAGES[:2]]
        assert all(one.words > 100 for one in kept)
        with pytest.raises(AddressRefused):
            await cells.handle(Intake).fetch("http://169.254.169.254/latest/meta-data")
        assert cells.complaints == []


def test_the_line_that_places_the_intake_gives_what_its_contract_declares_and_no_more():
    placed = system_at(ROOT).cells["intake"]
    assert placed.placement == "process"
    assert rights_of("intake", Intake, placed.limits) == rights_of("intake", Intake, {"memory_mb": 256, "cpu_s_per_call": 10})
