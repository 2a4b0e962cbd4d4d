"""Lexicon: the words there are."""

from planaria import Contract, operation


class Lexicon(Contract):
    """Knows words.

    Why: who corrects words should not also keep them.
    """

    @operation(idempotent=True, deadline_s=2)
    async def words(self, initial: str) -> tuple[str, ...]:
        """Give the words that begin with a letter, in order.

        >>> await lexicon.words("k")
        ('kitchen', 'kitten', 'knight')
        """
        raise NotImplementedError
