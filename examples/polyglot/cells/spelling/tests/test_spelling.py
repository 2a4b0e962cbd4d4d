"""What holds for Spelling in any language."""

import pytest

from cells.spelling.contract import LONGEST, Match, Spelling, TooLong


async def test_a_word_needs_no_change_to_become_itself(cells):
    assert await cells.handle(Spelling).distance("planaria", "planaria") == 0


async def test_changes_are_insertions_deletions_and_replacements(cells):
    spelling = cells.handle(Spelling)
    assert [await spelling.distance(*pair) for pair in (("", ""), ("", "abc"), ("abc", ""), ("flaw", "lawn"), ("ab", "ba"))] == [
        0,
        3,
        3,
        2,
        2,
    ]


async def test_letters_are_characters_and_not_bytes(cells):
    spelling = cells.handle(Spelling)
    assert [await spelling.distance(*pair) for pair in (("straße", "strasse"), ("naïve", "naive"), ("🐛", "bug"))] == [2, 1, 3]


async def test_a_word_may_be_as_long_as_the_longest_and_no_longer(cells):
    spelling = cells.handle(Spelling)
    assert await spelling.distance("ä" * LONGEST, "") == LONGEST
    for one in (("ä" * (LONGEST + 1), ""), ("", "ä" * (LONGEST + 1))):
        with pytest.raises(TooLong) as caught:
            await spelling.distance(*one)
        assert caught.value.facts == {"size": LONGEST + 1}


async def test_the_first_of_equally_near_words_is_taken(cells):
    spelling = cells.handle(Spelling)
    assert await spelling.nearest("bat", ("cart", "cat", "hat")) == Match("cat", 1)
    assert await spelling.nearest("grün", ("grau", "grüne", "grün")) == Match("grün", 0)


async def test_nothing_is_near_where_all_need_too_many_changes(cells):
    spelling = cells.handle(Spelling)
    assert await spelling.nearest("aple", ("apple",), at_most=0) is None
    assert await spelling.nearest("aple", ()) is None


async def test_many_words_can_be_compared(cells):
    among = tuple(f"word{number}" for number in range(2_000))
    assert await cells.handle(Spelling).nearest("word1999x", among) == Match("word1999", 1)


async def test_a_suggestion_comes_from_the_lexicon(cells):
    spelling = cells.handle(Spelling)
    assert await spelling.suggest("strase") == Match("straße", 1)
    assert await spelling.suggest("xylophon") is None
