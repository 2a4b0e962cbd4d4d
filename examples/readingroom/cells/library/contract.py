"""The library's contract: pages are kept, found and counted.

Why: this cell owns what the team has read. A page is text in passages, never HTML, so nothing that came from outside
can act inside, and every answer can be cited by address and anchor.
Not here: fetching and parsing (`cells.intake`), choosing what to quote (`cells.desk`).
"""

from datetime import date

import msgspec

from planaria import CellError, Clock, Contract, event, operation, requires

PASSAGES_MAX = 20_000
QUESTION_CHARACTERS_MAX = 400
HITS_MAX = 50
SURROGATES = ("\ud800", "\udfff")


class Passage(msgspec.Struct, frozen=True):
    """A piece of a page that can be cited: its anchor (empty at the top of the page), the heading above it, its text."""

    anchor: str
    heading: str
    text: str


class Page(msgspec.Struct, frozen=True):
    """A page as it was read: plain text in passages, and the addresses that it links to."""

    address: str
    title: str
    passages: tuple[Passage, ...]
    links: tuple[str, ...] = ()


class PageSummary(msgspec.Struct, frozen=True):
    """What is kept of a page, in figures."""

    address: str
    title: str
    passages: int
    words: int


class Hit(msgspec.Struct, frozen=True):
    """A page that answers a question, and a piece of its best passage; there is no score, since the order says it."""

    address: str
    title: str
    snippet: str


class PageAdded(msgspec.Struct, frozen=True):
    """A page was added, or came again with another text; it carries its day, so that a later delivery counts the same."""

    address: str
    title: str
    day: date
    headings: tuple[str, ...]
    words: tuple[str, ...]


class NoSuchPage(CellError):
    """The library has no page with that address."""

    code = "ROOM-1"
    what = "no page has the address {address}"
    why = "it was never added, or it was removed"
    fix = "search for it, or shelve it first"


def is_text(*texts: str) -> bool:
    """Say whether every text can be written as UTF-8, which lone surrogates cannot.

    >>> is_text("plain"), is_text(chr(0xD800))
    (True, False)
    """
    return not any(SURROGATES[0] <= character <= SURROGATES[1] for text in texts for character in text)


def is_page_text(page: Page) -> bool:
    """Say whether every text of a page can be written as UTF-8.

    >>> is_page_text(Page("a", "b", ()))
    True
    """
    parts = (text for one in page.passages for text in (one.anchor, one.heading, one.text))
    return is_text(page.address, page.title, *parts, *page.links)


class Library(Contract):
    """The team's pages. Why: one place answers what we have read, by words, with a passage to cite.

    Addresses are opaque keys here. Search looks for passages that hold every word of the question, in any case and
    without regard to accents; whatever a visitor types is words, never query syntax.
    """

    events = (event(PageAdded, key="address"),)

    @operation(idempotent=True, deadline_s=10, effects=(Clock(),))
    @requires("the page has an address", lambda page: page.address.strip() != "")
    @requires("the page has 1 to 20,000 passages", lambda page: 1 <= len(page.passages) <= PASSAGES_MAX)
    @requires("the page's text is valid Unicode", is_page_text)
    async def add(self, page: Page) -> PageSummary:
        """Keep a page, in the place of an earlier one with the same address; the same page again changes nothing.

        Emits `PageAdded` in the same transaction, if anything changed. Words are counted between spaces.

        >>> heaps = Page("http://wiki/heapq", "Heaps", (Passage("push", "Functions", "Push an item onto the heap."),))
        >>> await library.add(heaps)
        PageSummary(address='http://wiki/heapq', title='Heaps', passages=1, words=6)
        >>> await library.add(heaps)
        PageSummary(address='http://wiki/heapq', title='Heaps', passages=1, words=6)
        >>> await library.count()
        1
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=5)
    @requires("the question is not blank", lambda question: question.strip() != "")
    @requires("the question has at most 400 characters", lambda question: len(question) <= QUESTION_CHARACTERS_MAX)
    @requires("the question is valid Unicode", lambda question: is_text(question))
    @requires("the limit is 1 to 50", lambda limit: 1 <= limit <= HITS_MAX)
    async def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        """Find pages with a passage that holds every word of the question, the best first.

        A page is one hit, by its best passage; words count in the title, in the heading and in the text, in this order
        of weight. A question of punctuation alone finds nothing.

        >>> tasks = Passage("tasks", "Tasks", "Run two coroutines at once.")
        >>> streams = Passage("", "", "Coroutines that read and write.")
        >>> _ = await library.add(Page("http://wiki/tasks", "Tasks", (tasks,)))
        >>> _ = await library.add(Page("http://wiki/streams", "Streams", (streams,)))
        >>> await library.search("two coroutines")
        (Hit(address='http://wiki/tasks', title='Tasks', snippet=...),)
        >>> [hit.address for hit in await library.search("COROUTINES")]
        ['http://wiki/streams', 'http://wiki/tasks']
        >>> await library.search("coroutines", 1) == (await library.search("coroutines"))[:1]
        True
        >>> await library.search("threads")
        ()
        >>> await library.search("?!")
        ()
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=5, errors=(NoSuchPage,))
    @requires("the address is valid Unicode", lambda address: is_text(address))
    async def page(self, address: str) -> Page:
        """Give a page as it was added.

        >>> await library.page("http://wiki/queue")
        Traceback (most recent call last):
        NoSuchPage: ROOM-1: no page has the address http://wiki/queue...
        >>> _ = await library.add(Page("http://wiki/queue", "Queues", (Passage("", "", "First in, first out."),)))
        >>> await library.page("http://wiki/queue")
        Page(address='http://wiki/queue', title='Queues', passages=(Passage(anchor='', heading='', text='First in, first out.'),), links=())
        """
        raise NotImplementedError

    @operation(deadline_s=5)
    @requires("the address is valid Unicode", lambda address: is_text(address))
    async def remove(self, address: str) -> bool:
        """Take a page out; false where there was none.

        >>> _ = await library.add(Page("http://wiki/old", "Old", (Passage("", "", "No longer true."),)))
        >>> await library.remove("http://wiki/old"), await library.count(), await library.search("true")
        (True, 0, ())
        >>> await library.remove("http://wiki/old")
        False
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=5)
    async def count(self) -> int:
        """Count the pages.

        >>> await library.count()
        0
        """
        raise NotImplementedError
