"""Scenarios and properties of the library, beyond the examples of its contract."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cells.library.contract import Library, NoSuchPage, Page, Passage
from planaria import PlanariaError, Refused

LIVE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=12)
PAGES = st.builds(
    Page,
    address=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12),
    title=TEXTS,
    passages=st.lists(st.builds(Passage, TEXTS, TEXTS, TEXTS), min_size=1, max_size=4).map(tuple),
    links=st.lists(TEXTS, max_size=3).map(tuple),
)


def page(name, *texts, title=""):
    return Page(f"http://wiki/{name}", title or name, tuple(Passage("", "", text) for text in texts))


def unmarked(snippet):
    return snippet.replace("[", "").replace("]", "")


@pytest.fixture
def library(cells):
    return cells.handle(Library)


async def found(library, question, limit=10):
    return [hit.address.removeprefix("http://wiki/") for hit in await library.search(question, limit)]


@LIVE
@given(kept=PAGES)
async def test_gives_back_every_page_as_it_was_added(library, kept):
    summary = await library.add(kept)
    assert await library.page(kept.address) == kept
    assert (summary.address, summary.title, summary.passages) == (kept.address, kept.title, len(kept.passages))


@LIVE
@given(kept=PAGES)
async def test_adding_the_same_page_again_changes_nothing(library, kept):
    first = await library.add(kept)
    count = await library.count()
    assert await library.add(kept) == first
    assert await library.count() == count


@LIVE
@given(word=WORDS, other=WORDS)
async def test_finds_a_page_by_each_of_its_words(library, word, other):
    await library.add(page("words", f"{word} {other}"))
    for question in (word, other, f"{other} {word}"):
        assert "words" in await found(library, question, 50)
    await library.remove("http://wiki/words")


@LIVE
@given(question=st.lists(WORDS, min_size=1, max_size=8).map(" ".join), limit=st.integers(1, 50))
async def test_never_gives_more_hits_than_asked_for(library, question, limit):
    assert len(await library.search(question, limit)) <= limit


@pytest.mark.parametrize(
    "question", ["AND", "event OR", "NOT loop", "NEAR(event loop)", "title:event", "event*", "-loop", "^event", "(", "a + b"]
)
async def test_reads_query_syntax_as_words(library, question):
    await library.add(page("loop", "The event loop."))
    assert await library.search(question) == await library.search(question.lower())


async def test_query_syntax_finds_the_pages_that_hold_it(library):
    await library.add(page("logic", "A NOT gate inverts; NEAR the title: it says so."))
    assert await found(library, "NOT") == ["logic"]
    assert await found(library, "NEAR title:") == ["logic"]


async def test_wants_all_words_in_one_passage(library):
    await library.add(page("apart", "The event came.", "The loop ran."))
    await library.add(page("together", "After the event the loop ran."))
    assert await found(library, "event loop") == ["together"]


async def test_ranks_a_word_in_the_title_above_one_in_the_text(library):
    await library.add(page("text", "heap heap heap and more about the heap", title="Trees"))
    await library.add(page("title", "an ordered tree", title="Heap"))
    assert await found(library, "heap") == ["title", "text"]


async def test_gives_a_page_once_however_many_passages_match(library):
    await library.add(page("many", "one heap", "another heap", "a third heap"))
    assert await found(library, "heap") == ["many"]


async def test_equal_pages_come_in_the_order_of_their_addresses(library):
    for name in "cab":
        await library.add(page(name, "the same text", title="same"))
    assert await found(library, "text") == ["a", "b", "c"]


async def test_ignores_case_and_accents(library):
    await library.add(page("cafe", "Un café à Genève"))
    assert await found(library, "CAFE geneve") == ["cafe"]


async def test_the_snippet_is_a_piece_of_the_passage_that_holds_the_words(library):
    text = " ".join(["before"] * 60 + ["needle"] + ["after"] * 60)
    await library.add(page("hay", text, "another passage"))
    (hit,) = await library.search("needle")
    assert "needle" in unmarked(hit.snippet)
    assert unmarked(hit.snippet).strip("…") in text
    assert len(hit.snippet) < len(text) / 2


async def test_another_text_takes_the_place_of_the_old_one(library):
    await library.add(page("a", "old words"))
    await library.add(page("a", "new words"))
    assert (await found(library, "old"), await found(library, "new"), await library.count()) == ([], ["a"], 1)


async def test_a_new_title_or_new_links_count_as_a_change(library):
    before = page("a", "words")
    await library.add(before)
    for after in (msgspec.structs.replace(before, title="Other"), msgspec.structs.replace(before, links=("http://b",))):
        await library.add(after)
        assert await library.page("http://wiki/a") == after


async def test_a_removed_page_is_neither_found_nor_given(library):
    await library.add(page("a", "words"))
    assert await library.remove("http://wiki/a")
    assert await found(library, "words") == []
    with pytest.raises(NoSuchPage) as caught:
        await library.page("http://wiki/a")
    assert caught.value.facts == {"address": "http://wiki/a"}


@pytest.mark.parametrize("question, limit", [(" ", 10), ("", 10), ("a", 0), ("a", 51), ("a" * 401, 10)])
async def test_refuses_what_the_contract_refuses(library, question, limit):
    with pytest.raises(Refused):
        await library.search(question, limit)


@pytest.mark.parametrize("wrong", [Page(" ", "", (Passage("", "", "x"),)), Page("a", "", ())])
async def test_refuses_a_page_that_cannot_be_kept(library, wrong):
    with pytest.raises(Refused):
        await library.add(wrong)


async def test_text_that_cannot_be_written_is_not_taken(library):
    with pytest.raises(PlanariaError):
        await library.search("\ud800")
    with pytest.raises(PlanariaError):
        await library.add(page("a", "\udfff"))
    assert await library.count() == 0


async def test_a_question_may_be_as_long_as_the_contract_says(library):
    await library.add(page("a", "b " * 600))
    for question in ("b " * 200, "".join(".,;:!?"[number % 6] + "b " for number in range(133)), "é è ê ë e " * 40):
        await library.add(page("b", question))
        assert "b" in await found(library, question)


async def test_tells_of_a_page_when_it_comes_and_when_it_changes(cells, library):
    from cells.digest.contract import Digest

    days = {datetime.now(UTC).date()}
    for text in ("heaps heaps trees", "heaps heaps trees", "queues", "queues"):
        await library.add(page("a", text))
        await cells.settled()
    days.add(datetime.now(UTC).date())
    (told,) = [await cells.handle(Digest).digest(day) for day in await cells.handle(Digest).days(1)]
    assert told.day in days
    assert [one.name for one in told.words] == ["queues"]
