"""Scenarios and properties of the desk: every quote stands where it says."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cells.desk.contract import Desk
from cells.library.contract import Library, Page, Passage
from planaria import Refused

LIVE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SHELF = (
    Page(
        "http://wiki/heapq",
        "heapq",
        (
            Passage("", "Heaps", "A heap is a tree. It is kept in a list."),
            Passage("pop", "Functions", "heappop(heap)\nPop the smallest item off the heap. The rest stays a heap."),
            Passage("push", "Functions", "heappush(heap, item)\nPush an item onto the heap."),
        ),
    ),
    Page(
        "http://wiki/asyncio",
        "asyncio",
        (
            Passage("to_thread", "Functions", "Asynchronously run a function in a separate thread."),
            Passage("run", "Functions", "Execute the coroutine and return the result."),
        ),
    ),
    Page("http://wiki/queue", "queue", (Passage("", "", "A queue for threads: put an item, get the smallest item first."),)),
)


@pytest.fixture
async def desk(cells):
    for page in SHELF:
        await cells.handle(Library).add(page)
    return cells.handle(Desk)


async def test_quotes_the_passage_that_holds_the_rare_words_with_its_anchor(desk):
    answer = await desk.answer("How do I pop the smallest item off a heap?", 1)
    (quote,) = answer.quotes
    assert quote.text == "Pop the smallest item off the heap. The rest stays a heap."
    assert (quote.title, quote.heading, quote.address) == ("heapq", "Functions", "http://wiki/heapq#pop")


async def test_a_passage_without_an_anchor_is_cited_by_the_page(desk):
    (quote,) = (await desk.answer("queue for threads", 1)).quotes
    assert quote.address == "http://wiki/queue"


async def test_asks_for_fewer_words_if_no_passage_holds_all(desk):
    (quote,) = (await desk.answer("run a function in a separate thread tomorrow", 1)).quotes
    assert quote.address == "http://wiki/asyncio#to_thread"


async def test_asks_for_single_words_if_no_two_stand_together(desk):
    assert {one.title for one in (await desk.answer("coroutine heappush zebra")).quotes} == {"asyncio", "heapq"}


async def test_gives_back_the_question_as_it_was_asked(desk):
    assert (await desk.answer("  What IS a heap? ")).question == "  What IS a heap? "


async def test_a_question_of_common_words_alone_is_asked_as_it_is(desk):
    assert (await desk.answer("is it in a list", 1)).quotes[0].address == "http://wiki/heapq"


async def test_knows_nothing_of_what_no_page_holds(desk):
    assert (await desk.answer("zebra crossing")).quotes == ()


async def test_a_question_without_words_has_no_quotes(desk):
    assert (await desk.answer("?!")).quotes == ()


async def test_a_word_inside_another_word_is_no_reason_to_quote(cells):
    await cells.handle(Library).add(Page("a", "cat", (Passage("", "", "concatenate"), Passage("", "", "nothing"))))
    assert (await cells.handle(Desk).answer("cat")).quotes == ()


async def test_words_close_together_are_quoted_before_words_far_apart(cells):
    filler = "other words stand between " * 10
    far = Passage("far", "", f"walnut {filler} hazelnut")
    near = Passage("near", "", f"walnut hazelnut {filler}")
    await cells.handle(Library).add(Page("http://wiki/nuts", "nuts", (far, near)))
    quotes = (await cells.handle(Desk).answer("walnut hazelnut")).quotes
    assert [one.address for one in quotes] == ["http://wiki/nuts#near", "http://wiki/nuts#far"]


async def test_words_in_the_heading_count(cells):
    passages = (Passage("a", "Other", "walnut and more"), Passage("b", "Walnut", "walnut and more"))
    await cells.handle(Library).add(Page("http://wiki/nuts", "nuts", passages))
    assert (await cells.handle(Desk).answer("walnut", 1)).quotes[0].address == "http://wiki/nuts#b"


async def test_a_long_sentence_is_cut_at_a_word_and_marked(cells):
    await cells.handle(Library).add(Page("a", "long", (Passage("", "", "walnut " + "word " * 200),)))
    (quote,) = (await cells.handle(Desk).answer("walnut")).quotes
    assert len(quote.text) <= 420
    assert quote.text.endswith("word…")


async def test_a_quote_ends_before_it_gets_too_long(cells):
    text = "A walnut is a nut. " + " ".join(f"This is sentence {number} of many." for number in range(40))
    await cells.handle(Library).add(Page("a", "nuts", (Passage("", "", text),)))
    (quote,) = (await cells.handle(Desk).answer("walnut")).quotes
    assert quote.text.startswith("A walnut is a nut. This is sentence 0")
    assert 300 < len(quote.text) <= 420


@LIVE
@given(
    words=st.lists(st.sampled_from("heap item thread queue run the smallest list function zebra".split()), min_size=1),
    quotes=st.integers(1, 10),
)
async def test_every_quote_stands_on_its_page(cells, desk, words, quotes):
    answer = await desk.answer(" ".join(words), quotes)
    assert len(answer.quotes) <= quotes
    assert len(set(answer.quotes)) == len(answer.quotes)
    for quote in answer.quotes:
        page = await cells.handle(Library).page(quote.address.partition("#")[0])
        texts = [" ".join(one.text.split()) for one in page.passages if one.heading == quote.heading]
        assert any(quote.text in text for text in texts)


@pytest.mark.parametrize("question, quotes", [(" ", 3), ("a", 0), ("a", 11), ("a" * 401, 3)])
async def test_refuses_what_the_contract_refuses(desk, question, quotes):
    with pytest.raises(Refused):
        await desk.answer(question, quotes)
