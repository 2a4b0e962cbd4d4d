"""The store in memory and the one on disk keep the same promises."""

import asyncio

import pytest

from planaria.store import SqliteStore, StoreClosed
from planaria.testing import MemoryStore
from planaria.testing.conform import STORE_PROMISES, name_of


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    made = MemoryStore() if request.param == "memory" else SqliteStore.open(tmp_path / "store.sqlite")
    yield made
    await made.close()


@pytest.mark.parametrize("promise", STORE_PROMISES, ids=name_of)
async def test_a_store_keeps_its_promise(promise, store):
    await promise(store)


async def test_a_closed_store_refuses_and_may_be_closed_again(store):
    await store.close()
    with pytest.raises(StoreClosed):
        await store.read(lambda session: None)
    with pytest.raises(StoreClosed):
        await store.write(lambda session: None)
    await store.close()


async def test_a_store_runs_what_waits_before_it_closes(store):
    waiting = [asyncio.ensure_future(store.write(lambda session, number=number: number)) for number in range(5)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*waiting) == list(range(5))
