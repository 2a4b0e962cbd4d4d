"""Scenarios of the digest: what it is told through the library's events."""

from datetime import UTC, date, datetime

import pytest

from cells.digest.contract import Count, Digest, NewPage
from cells.library.contract import Library, Page, Passage
from planaria import Refused

LONG_AGO = date(1999, 12, 31)


@pytest.fixture
def digest(cells):
    return cells.handle(Digest)


@pytest.fixture
def add(cells):
    async def added(name, *passages, title=""):
        kept = tuple(Passage("", heading, text) for heading, text in passages)
        await cells.handle(Library).add(Page(f"http://wiki/{name}", title or name, kept))
        await cells.settled()

    return added


async def today(digest, limit=20):
    """Give the latest day that the digest knows, so that no test asks the clock which day it is."""
    (day,) = await digest.days(1)
    return await digest.digest(day, limit)


async def test_lists_the_pages_of_the_day_by_title(digest, add):
    await add("one", ("", "text"), title="Zebra")
    await add("two", ("", "text"), title="Ant")
    assert (await today(digest)).pages == (NewPage("http://wiki/two", "Ant"), NewPage("http://wiki/one", "Zebra"))


async def test_counts_on_how_many_pages_a_section_stands(digest, add):
    await add("one", ("Classes", "a"), ("Functions", "b"), ("Functions", "c"))
    await add("two", ("Functions", "d"))
    assert (await today(digest)).sections == (Count("Functions", 2), Count("Classes", 1))


async def test_passages_without_a_heading_are_no_section(digest, add):
    await add("one", ("", "text"))
    assert (await today(digest)).sections == ()


async def test_counts_notable_words_by_pages_and_leaves_out_common_ones(digest, add):
    await add("one", ("", "coroutines and coroutines which would have been threads"))
    await add("two", ("", "these threads"))
    assert (await today(digest)).words == (Count("threads", 2), Count("coroutines", 1))


async def test_short_words_and_numbers_are_not_notable(digest, add):
    await add("one", ("", "tea 12345 c3po __init__ kettle"))
    assert [one.name for one in (await today(digest)).words] == ["init", "kettle"]


async def test_equal_counts_come_by_the_alphabet(digest, add):
    await add("one", ("", "walnut hazelnut chestnut"))
    assert [one.name for one in (await today(digest)).words] == ["chestnut", "hazelnut", "walnut"]


async def test_gives_at_most_the_limit_of_names_and_all_pages(digest, add):
    await add("one", ("A", "walnut"), ("B", "hazelnut"))
    await add("two", ("C", "chestnut"))
    day = await today(digest, 1)
    assert (len(day.sections), len(day.words), len(day.pages)) == (1, 1, 2)


async def test_a_page_that_comes_again_counts_with_its_last_text(digest, add):
    await add("one", ("Old", "walnut"), title="Before")
    await add("one", ("New", "hazelnut"), title="After")
    day = await today(digest)
    assert day.pages == (NewPage("http://wiki/one", "After"),)
    assert (day.sections, day.words) == ((Count("New", 1),), (Count("hazelnut", 1),))


async def test_a_removed_page_was_still_new_on_its_day(cells, digest, add):
    await add("one", ("", "text"))
    await cells.handle(Library).remove("http://wiki/one")
    assert len((await today(digest)).pages) == 1


async def test_the_same_page_again_is_no_news(digest, add):
    for _ in range(3):
        await add("one", ("", "text"))
    assert len((await today(digest)).pages) == 1


async def test_the_day_is_the_one_on_which_the_page_was_added(digest, add):
    before = datetime.now(UTC).date()
    await add("one", ("", "text"))
    assert before <= (await today(digest)).day <= datetime.now(UTC).date()


async def test_a_day_without_pages_is_empty_and_not_listed(digest, add):
    await add("one", ("", "text"))
    quiet = await digest.digest(LONG_AGO)
    assert (quiet.pages, quiet.sections, quiet.words) == ((), (), ())
    assert LONG_AGO not in await digest.days()


@pytest.mark.parametrize("limit", [0, 101])
async def test_refuses_a_limit_outside_the_contract(digest, limit):
    with pytest.raises(Refused):
        await digest.digest(LONG_AGO, limit)
