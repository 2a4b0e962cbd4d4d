from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from planaria.assemble.host import HostCell
from planaria.assemble.life import life_at
from planaria.kernel.life import Life
from planaria.kernel.loader import generation_at
from planaria.regen.contract import GenerationKept, Regeneration
from planaria.regen.error import GenerationMissing, NotACell, SwapRefused
from planaria.regen.host import DIRECTORY, host_of
from planaria.regen.shelf import Shelf
from tests.regen.shop import Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_in(tmp_path)


@pytest.fixture
async def life(shop: Shop) -> AsyncIterator[Life]:
    (shop.root / ".planaria").mkdir()
    own = HostCell(Regeneration, DIRECTORY, lambda life: host_of(shop.root, life))
    async with life_at(shop.root, hosts=(own,)) as life:
        yield life


def shelved(shop: Shop, text: str) -> str:
    folder = shop.root.parent / "other"
    folder.mkdir()
    (folder / "__init__.py").write_text((shop.impl / "__init__.py").read_text())
    (folder / "rebate.py").write_text(text)
    return Shelf(shop.root).keep("cart", folder).digest


async def test_a_running_system_swaps_to_a_generation_from_the_shelf(shop: Shop, life: Life) -> None:
    first = generation_at("cart", shop.impl).digest
    other = shelved(shop, "def per_cent(pieces):\n    return 7\n")
    regen = life.handle(Regeneration)
    assert await regen.generations("cart") == (GenerationKept(digest=other, running=False), GenerationKept(digest=first, running=True))
    assert await regen.swap("cart", other[:12]) == GenerationKept(digest=other, running=True)
    assert await life.call("cart", "rebate", (3,), caller="test") == 7
    assert [one.running for one in await regen.generations("cart")] == [True]
    assert await regen.swap("cart", other) == GenerationKept(digest=other, running=True)


async def test_a_generation_that_cannot_start_leaves_what_runs(shop: Shop, life: Life) -> None:
    wrong = shelved(shop, "per_cent = 1 / 0\n")
    with pytest.raises(SwapRefused) as caught:
        await life.handle(Regeneration).swap("cart", wrong)
    assert "division by zero" in str(caught.value)
    assert await life.call("cart", "rebate", (10,), caller="test") == 5


async def test_what_is_no_cell_or_not_on_the_shelf_is_refused(life: Life) -> None:
    for name in ("nothing", "regen", "../cart"):
        with pytest.raises(NotACell):
            await life.handle(Regeneration).generations(name)
    with pytest.raises(GenerationMissing):
        await life.handle(Regeneration).swap("cart", "9f2c")
