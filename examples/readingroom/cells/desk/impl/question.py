"""What a question asks for: its key words, and weaker forms of it."""

import re

KEY_WORDS_MAX = 6
WORD = re.compile(r"\w+")
EMPTY = frozenset(
    "a about all am an and any are as at be been but by can could did do does for from get had has have how i if in into"
    " is it its make me my of on or our should so some that the their them then there these they this those to use used"
    " using was way we were what when where which while who why will with would you your".split()
)


def key_words(question):
    """Give the words that carry the question, each once; if none does, all of them."""
    words = list(dict.fromkeys(WORD.findall(question.casefold())))
    return tuple([word for word in words if word not in EMPTY][:KEY_WORDS_MAX] or words[:KEY_WORDS_MAX])


def relaxed(words):
    """Give all words, then all but one, then single words, the longest first: ever weaker questions."""
    if words:
        yield words
    if len(words) > 2:
        yield from (words[:index] + words[index + 1 :] for index in range(len(words) - 1, -1, -1))
    if len(words) > 1:
        yield from ((word,) for word in sorted(words, key=lambda word: (-len(word), word)))
