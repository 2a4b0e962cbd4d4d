from collections.abc import Mapping
from pathlib import Path

import pytest

from planaria.kernel.cell import SwapFailed
from planaria.kernel.loader import Generation
from planaria.regen.cell import RegenerationCell
from planaria.regen.contract import GenerationKept
from planaria.regen.error import NotACell, SwapRefused
from planaria.regen.shelf import Shelf


class Host:
    """A system with one cell, that swaps unless it is told not to."""

    def __init__(self, root: Path) -> None:
        self.root, self.digest, self.wrong = root, "running", ""

    def running(self) -> Mapping[str, str]:
        return {"cart": self.digest}

    async def swap(self, cell: str, generation: Generation) -> None:
        if self.wrong:
            raise SwapFailed(cell=cell, current=self.digest, candidate=generation.digest, text=self.wrong)
        self.digest = generation.digest


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def cell(host: Host) -> RegenerationCell:
    made = RegenerationCell()
    vars(made)["host"] = host
    return made


@pytest.fixture
def kept(host: Host, tmp_path: Path) -> str:
    (tmp_path / "impl").mkdir()
    (tmp_path / "impl" / "__init__.py").write_text("")
    return Shelf(host.root).keep("cart", tmp_path / "impl").digest


async def test_what_runs_is_listed_even_if_it_is_not_on_the_shelf(cell: RegenerationCell, kept: str) -> None:
    assert await cell.generations("cart") == (GenerationKept(digest=kept, running=False), GenerationKept(digest="running", running=True))


async def test_a_swap_to_what_runs_already_is_done(cell: RegenerationCell, host: Host, kept: str) -> None:
    first = await cell.swap("cart", kept)
    host.wrong = "it would fail now"
    assert await cell.swap("cart", kept[:9]) == first == GenerationKept(digest=kept, running=True)


async def test_a_swap_that_fails_says_why(cell: RegenerationCell, host: Host, kept: str) -> None:
    host.wrong = "it did not start"
    with pytest.raises(SwapRefused) as caught:
        await cell.swap("cart", kept)
    assert "it did not start" in str(caught.value)


async def test_a_cell_that_does_not_run_is_refused(cell: RegenerationCell) -> None:
    with pytest.raises(NotACell):
        await cell.swap("card", "9f2c")
