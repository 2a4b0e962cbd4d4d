"""The digest's contract: what came in on a day.

Why: a team wants to know what is new without asking; the digest only listens, so the library need not know of it.
Not here: which pages exist now (`cells.library`): a page that was removed later was still new on its day.
"""

from datetime import date

import msgspec

from cells.library.contract import PageAdded
from planaria import Contract, handles, operation, requires

DAYS_MAX = 366
NAMES_MAX = 100


class NewPage(msgspec.Struct, frozen=True):
    """A page that came in, or came again with another text."""

    address: str
    title: str


class Count(msgspec.Struct, frozen=True):
    """On how many of the day's pages a heading or a word stands."""

    name: str
    pages: int


class Day(msgspec.Struct, frozen=True):
    """A day: its pages by title, its sections (headings that pages share) and its notable words, most frequent first."""

    day: date
    pages: tuple[NewPage, ...]
    sections: tuple[Count, ...]
    words: tuple[Count, ...]


class Digest(Contract):
    """What was new, day by day.

    Why the day comes with the event and is never asked of a clock: a delivery that is late, or repeated after a crash,
    must count for the day on which the page came.
    """

    @handles(PageAdded)
    async def note(self, added: PageAdded) -> None:
        """Count a page for its day; when it comes again on the same day, the last text counts."""
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=5)
    @requires("the limit is 1 to 100", lambda limit: 1 <= limit <= NAMES_MAX)
    async def digest(self, day: date, limit: int = 20) -> Day:
        """Give a day: all of its pages, and at most `limit` sections and words.

        >>> await digest.digest(date(2026, 1, 2))
        Day(day=datetime.date(2026, 1, 2), pages=(), sections=(), words=())
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=5)
    @requires("the limit is 1 to 366", lambda limit: 1 <= limit <= DAYS_MAX)
    async def days(self, limit: int = 30) -> tuple[date, ...]:
        """List the days on which pages came in, the latest first.

        >>> await digest.days()
        ()
        """
        raise NotImplementedError
