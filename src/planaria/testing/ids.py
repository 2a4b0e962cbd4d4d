"""Identifiers that count.

Why: a test that prints or compares an identifier must see the same one in every run.
Not here: unguessable ones (`assemble`).
"""

from itertools import count


class CountingIds:
    """Give `id-1`, `id-2` and so on.

    >>> ids = CountingIds()
    >>> ids.new(), ids.new()
    ('id-1', 'id-2')
    """

    def __init__(self, prefix: str = "id") -> None:
        self._prefix, self._numbers = prefix, count(1)

    def new(self) -> str:
        """Return an identifier that was not given before."""
        return f"{self._prefix}-{next(self._numbers)}"
