"""The desk's contract: a question gets an answer in the words of the library's pages.

Why: an answer that cannot be checked is worth little, so the desk only quotes, and every quote says where it stands.
Not here: finding pages (`cells.library`). A thought engine may later write the answer; the quotes stay its evidence.
"""

import msgspec

from cells.library.contract import QUESTION_CHARACTERS_MAX, is_text
from planaria import Contract, operation, requires

QUOTES_MAX = 10


class Quote(msgspec.Struct, frozen=True):
    """Words of a page as they stand there, and where: title, heading, and the address with its anchor."""

    text: str
    title: str
    heading: str
    address: str


class Answer(msgspec.Struct, frozen=True):
    """The question and the passages that answer it best; no passages if the library knows nothing of it."""

    question: str
    quotes: tuple[Quote, ...]


class Desk(Contract):
    """Where one asks. Why apart from the library: choosing what to quote is a matter of taste and will change often."""

    @operation(idempotent=True, deadline_s=10)
    @requires("the question is not blank", lambda question: question.strip() != "")
    @requires("the question has at most 400 characters", lambda question: len(question) <= QUESTION_CHARACTERS_MAX)
    @requires("the question is valid Unicode", lambda question: is_text(question))
    @requires("1 to 10 quotes are asked for", lambda quotes: 1 <= quotes <= QUOTES_MAX)
    async def answer(self, question: str, quotes: int = 3) -> Answer:
        """Quote the passages that answer a question best, at most one of each passage, the best first.

        Words like "how" and "the" count for nothing. If no passage holds all other words, fewer are asked for.

        >>> await desk.answer("How do I run a coroutine?")
        Answer(question='How do I run a coroutine?', quotes=())
        """
        raise NotImplementedError
