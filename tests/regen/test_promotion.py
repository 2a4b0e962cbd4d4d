import sys
from pathlib import Path

import pytest

from planaria.kernel.loader import generation_at
from planaria.ledger import Ledger, make_key, verify
from planaria.prove.child import run_child
from planaria.regen.error import GenerationMissing, NoGenerationBefore, SwapRefused
from planaria.regen.promotion import Place, alone, history, promote, recover, roll_back
from tests.regen.shop import Noted, Shop, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return shop_in(tmp_path)


def candidate(shop: Shop, text: str) -> Path:
    folder = shop.root.parent / "candidate" / text
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"'''{text}'''\n")
    return folder


async def promoted(shop: Shop, text: str, swap=None) -> str:
    (shop.root / ".planaria").mkdir(exist_ok=True)
    return (await promote(shop.place(swap), generation_at("cart", candidate(shop, text)), {})).digest


async def test_promoting_puts_both_generations_on_the_shelf_and_one_into_the_tree(shop: Shop) -> None:
    place = shop.place()
    before = place.current("cart").digest
    after = await promoted(shop, "one")
    assert place.current("cart").digest == after
    assert set(place.shelf.digests("cart")) == {before, after}
    assert not (shop.impl / "rebate.py").exists()
    assert shop.is_clean()


async def test_a_candidate_that_changed_after_it_was_judged_is_not_promoted(shop: Shop) -> None:
    (shop.root / ".planaria").mkdir()
    judged = generation_at("cart", candidate(shop, "one"))
    (judged.directory / "__init__.py").write_text("another = 1\n")
    before = shop.place().current("cart").digest
    with pytest.raises(GenerationMissing):
        await promote(shop.place(), judged, {})
    assert shop.place().current("cart").digest == before
    assert shop.book.kinds == []


async def test_rolling_back_goes_back_step_by_step_and_then_refuses(shop: Shop) -> None:
    place = shop.place()
    first = place.current("cart").digest
    second = await promoted(shop, "two")
    await promoted(shop, "three")
    assert (await roll_back(place, "cart")).digest == second
    assert (await roll_back(place, "cart")).digest == first
    with pytest.raises(NoGenerationBefore) as caught:
        await roll_back(place, "cart")
    assert caught.value.code == "PLN-R104"
    assert place.current("cart").digest == first


async def test_what_was_edited_by_hand_is_on_the_shelf_after_a_roll_back(shop: Shop) -> None:
    await promoted(shop, "two")
    (shop.impl / "__init__.py").write_text("'''by hand'''\n")
    edited = shop.place().current("cart").digest
    await roll_back(shop.place(), "cart")
    assert edited in shop.place().shelf.digests("cart")


async def test_a_running_system_is_swapped_forth_and_back(shop: Shop) -> None:
    seen = []

    async def swap(cell, generation):
        seen.append((cell, generation.digest, generation.directory.parent.name))

    first = shop.place().current("cart").digest
    second = await promoted(shop, "two", swap)
    await roll_back(shop.place(swap), "cart")
    assert seen == [("cart", second, "cart"), ("cart", first, "cart")]
    assert shop.book.kinds == ["generation.promoted", "generation.swapped", "generation.rolled_back", "generation.swapped"]


async def test_a_roll_back_that_the_running_system_refuses_changes_nothing(shop: Shop) -> None:
    async def swap(cell, generation):
        raise NoGenerationBefore(cell=cell)

    second = await promoted(shop, "two")
    with pytest.raises(SwapRefused):
        await roll_back(shop.place(swap), "cart")
    assert shop.place().current("cart").digest == second
    assert len(history(shop.book.noted, "cart")) == 1
    assert shop.is_clean()


async def test_a_ledger_that_cannot_be_written_leaves_the_tree_as_it_was(shop: Shop) -> None:
    before = shop.place().current("cart").digest
    shop.book.breaks_at = "generation.promoted"
    with pytest.raises(OSError, match="no space"):
        await promoted(shop, "two")
    assert shop.place().current("cart").digest == before
    assert shop.is_clean()


async def test_a_generation_that_left_the_shelf_cannot_be_rolled_back_to(shop: Shop) -> None:
    first = shop.place().current("cart").digest
    await promoted(shop, "two")
    (shop.place().shelf.folder("cart") / first / "rebate.py").write_text("changed")
    with pytest.raises(GenerationMissing) as caught:
        await roll_back(shop.place(), "cart")
    assert "its files were changed" in str(caught.value)


def test_history_counts_only_the_cell_and_only_what_stands() -> None:
    def noted(kind: str, before: str, cell: str = "cart") -> Noted:
        return Noted(f"generation.{kind}", cell, {"before": before})

    entries = [noted("rolled_back", "?"), noted("promoted", "a"), noted("promoted", "x", "stock"), noted("swapped", "a")]
    assert history(entries, "cart") == ["a"]
    assert history([*entries, noted("promoted", "b"), noted("rolled_back", "c")], "cart") == ["a"]


# A process that ends itself, without a word, at the Nth time that something becomes durable.
CRASHING = """
import asyncio, os, sys
from pathlib import Path
from planaria.kernel.loader import generation_at
from planaria.ledger import Ledger
from planaria.regen.promotion import Place, alone, promote

class Noon:
    def now(self): return 43200.0

root, folder, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def counted(function):
    def run(*arguments, **more):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return function(*arguments, **more)
    return run

async def main():
    place = Place(root=root, book=Ledger.open(root / "ledger", root.parent / "key.pem", clock=Noon()))
    with alone(root):
        Path.rename, Path.replace, Path.unlink = counted(Path.rename), counted(Path.replace), counted(Path.unlink)
        await promote(place, generation_at("cart", folder), {})

asyncio.run(main())
"""


class Noon:
    def now(self) -> float:
        return 43200.0


async def test_after_a_crash_at_any_moment_tree_ledger_and_running_system_agree(shop: Shop) -> None:
    make_key(shop.root.parent / "key.pem")
    ledger = Ledger.open(shop.root / "ledger", shop.root.parent / "key.pem", clock=Noon())
    ledger.append("regen.started", {})
    first = shop.place().current("cart").digest
    outcomes = []
    for moment in range(1, 100):
        folder = candidate(shop, str(moment))
        command = [sys.executable, "-c", CRASHING, str(shop.root), str(folder), str(moment)]
        code = (await run_child(command, cwd=shop.root, environment={}, timeout_s=60)).code
        swapped: list[str] = []

        async def swap(cell, generation, swapped=swapped):
            swapped.append(generation.digest)

        place = Place(root=shop.root, book=ledger, swap=swap)
        with alone(shop.root):
            await recover(place)
        after, stack = generation_at("cart", folder).digest, history(ledger.entries(), "cart")
        assert place.current("cart").digest == (after if stack else first)
        assert swapped in ([], [place.current("cart").digest])
        assert [one for one in verify(shop.root / "ledger") if one.broken] == []
        assert not place.journal.exists()
        outcomes.append(bool(stack))
        if stack:
            await roll_back(place, "cart")
        if code == 0:
            break
        assert code == 9
    assert code == 0
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


async def test_a_change_that_was_decided_and_that_the_running_system_refuses_is_taken_back(shop: Shop) -> None:
    first = shop.place().current("cart").digest
    after = await promoted(shop, "two")
    shop.place().journal.write_text(f'{{"cell": "cart", "before": "{first}", "after": "{after}"}}')

    async def swap(cell, generation):
        raise OSError("it did not start")

    with alone(shop.root):
        await recover(shop.place(swap))
    assert shop.place().current("cart").digest == first
    assert shop.book.kinds[-2:] == ["generation.rolled_back", "generation.recovered"]
    assert shop.is_clean()


async def test_a_change_that_was_not_decided_waits_for_a_system_that_takes_it_back(shop: Shop) -> None:
    first = shop.place().current("cart").digest
    await promoted(shop, "two")
    third = shop.place().shelf.keep("cart", candidate(shop, "three")).digest
    shop.place().journal.write_text(f'{{"cell": "cart", "before": "{first}", "after": "{third}"}}')

    async def swap(cell, generation):
        raise OSError("it is gone")

    with alone(shop.root), pytest.raises(OSError, match="it is gone"):
        await recover(shop.place(swap))
    assert shop.place().journal.exists()
