"""The troubles of the store in memory; what it has in common with the real one is in tests/conformance."""

import asyncio

import pytest

from planaria.store import MigrationFailed, StoreClosed, StoreFailed
from planaria.testing import MemoryStore
from planaria.testing.store import NoTrouble


class Trouble(NoTrouble):
    next_fault = ""
    wait_s = 0.0
    size = 99

    def fault(self):
        return self.next_fault

    def delay_s(self, stage):
        return self.wait_s

    def group(self, waiting):
        return min(self.size, waiting)


@pytest.fixture
def trouble():
    return Trouble()


@pytest.fixture
def store(trouble):
    made = MemoryStore(trouble)
    made.define("till", "create table till__sale (number integer);")
    return made


def sell(number):
    return lambda session: session.execute("till", "insert into till__sale values (?)", (number,))


def sold(store):
    return [number for (number,) in store.rows("select number from till__sale")]


async def test_a_full_disk_before_the_commit_loses_what_it_refuses(store, trouble):
    trouble.next_fault = "before"
    with pytest.raises(StoreFailed):
        await store.write(sell(1))
    assert sold(store) == []


async def test_a_full_disk_after_the_commit_keeps_what_it_refuses(store, trouble):
    trouble.next_fault = "after"
    with pytest.raises(StoreFailed):
        await store.write(sell(1))
    assert sold(store) == [1]


async def test_an_error_of_a_body_is_told_before_one_of_the_disk(store, trouble):
    trouble.next_fault = "before"
    with pytest.raises(ZeroDivisionError):
        await store.write(lambda session: 1 // 0)


async def test_a_crash_loses_what_was_not_committed_and_keeps_the_rest(store):
    await store.write(sell(1))
    lost = [asyncio.ensure_future(store.write(sell(2))), asyncio.ensure_future(store.read(sold))]
    await asyncio.sleep(0)
    store.crash()
    assert all(isinstance(one, StoreClosed) for one in await asyncio.gather(*lost, return_exceptions=True))
    await asyncio.sleep(0)
    await store.write(sell(3))
    assert sold(store) == [1, 3]


async def test_bodies_share_a_commit_as_the_trouble_says(store, trouble):
    await asyncio.gather(*(store.write(sell(number)) for number in range(6)))
    assert store.commits == 1
    trouble.size = 2
    await asyncio.gather(*(store.write(sell(number)) for number in range(6)))
    assert store.commits == 4


async def test_a_delay_is_waited_out(store, trouble):
    trouble.wait_s = 0.001
    assert await store.write(lambda session: 1) == await store.read(lambda session: 1) == 1


async def test_a_cancelled_write_that_waits_is_skipped(store):
    write = asyncio.ensure_future(store.write(sell(1)))
    read = asyncio.ensure_future(store.read(lambda session: 1))
    await asyncio.sleep(0)
    write.cancel()
    read.cancel()
    await asyncio.gather(write, read, return_exceptions=True)
    await store.write(sell(2))
    assert sold(store) == [2]


async def test_tables_that_cannot_be_made_are_refused_whole(store):
    with pytest.raises(MigrationFailed):
        store.define("till", "create table till__other (x); create table desk__other (x);")
    assert store.rows("select name from sqlite_master where name like '%other'") == []
