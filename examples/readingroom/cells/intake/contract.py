"""The intake's contract: pages come in from outside and become plain text.

Why: this is the only cell that touches what strangers wrote, so it has the narrowest rights: one declared source, no
state of its own, and text as its only result. It is the first cell to move to a sandbox.
Not here: keeping and searching (`cells.library`).
"""

from cells.library.contract import Page, PageSummary
from planaria import CellError, Connects, Contract, operation, requires

SOURCES = ("127.0.0.1",)
"""The hosts that pages may come from, redirects included. A team writes its wiki here, and a reviewer sees it."""

DOCUMENT_BYTES_MAX = 4_000_000
ADDRESS_CHARACTERS_MAX = 2_000


class AddressRefused(CellError):
    """The address may not be fetched."""

    code = "ROOM-2"
    what = "the address {address} is refused: {problem}"
    why = "pages come only from the sources that the intake's contract names: {sources}"
    fix = "use an http or https address at one of them, or name the host in SOURCES and have it reviewed"


class Unreachable(CellError):
    """The source did not answer, or did not answer in time."""

    code = "ROOM-3"
    what = "the page {address} did not come: {problem}"
    why = "the source did not answer as a web server does"
    fix = "see whether the address opens in a browser, then try again"


class NotAPage(CellError):
    """The source answered, with something that is no readable page."""

    code = "ROOM-4"
    what = "{address} is no page: {problem}"
    why = "only HTML of at most 4,000,000 bytes, in a known encoding, is taken in"
    fix = "give the address of the page itself"


class NothingToRead(CellError):
    """The document holds no text."""

    code = "ROOM-5"
    what = "there is nothing to read at {address}"
    why = "the document has no text outside scripts, styles and forms"
    fix = "if a script writes the text, find the address that the script loads"


def is_web_address(address: str) -> bool:
    """Say whether an address is absolute, http or https, names a host, and holds neither spaces nor a fragment.

    >>> is_web_address("http://wiki/a"), is_web_address("file:///etc/passwd"), is_web_address("http://wiki/a#b")
    (True, False, False)
    """
    scheme, separator, rest = address.partition("://")
    host = rest.split("/")[0].split("?")[0]
    plain = address.isprintable() and " " not in address and "#" not in address and "\\" not in address
    return scheme.lower() in {"http", "https"} and separator != "" and host != "" and plain


class Intake(Contract):
    """The way in. Why: fetching and parsing are apart, so that parsing is pure and can be tried on anything."""

    @operation(
        idempotent=True,
        deadline_s=30,
        effects=(Connects("127.0.0.1:*"),),
        errors=(AddressRefused, Unreachable, NotAPage, NothingToRead),
    )
    @requires("the address has at most 2,000 characters", lambda address: len(address) <= ADDRESS_CHARACTERS_MAX)
    async def fetch(self, address: str) -> Page:
        """Fetch a page and parse it; follows at most 3 redirects, each to an allowed source.

        >>> await intake.fetch("file:///etc/passwd")
        Traceback (most recent call last):
        AddressRefused: ROOM-2: ...
        >>> await intake.fetch("http://169.254.169.254/latest/meta-data")
        Traceback (most recent call last):
        AddressRefused: ROOM-2: ...
        """
        raise NotImplementedError

    @operation(idempotent=True, deadline_s=20, errors=(NotAPage, NothingToRead))
    @requires("the address is a web address without a fragment", is_web_address)
    @requires("the document has at most 4,000,000 bytes", lambda html: len(html) <= DOCUMENT_BYTES_MAX)
    async def parse(self, address: str, html: bytes, charset: str = "") -> Page:
        r"""Turn a document into a page: its title, its text in passages, its links.

        A passage begins at a heading or at an anchor; lines are kept, other white space is one space. Scripts, styles,
        forms and rows of mere links are no text. Links are absolute, without fragments, http or https, each once.
        The charset is the one of the transport; without it the document's own, then UTF-8.

        >>> await intake.parse("http://wiki/a", b"<title>Tea</title><h2 id=how>How</h2><p>Warm the pot.<script>x()</script>")
        Page(address='http://wiki/a', title='Tea', passages=(Passage(anchor='how', heading='How', text='Warm the pot.'),), links=())
        >>> page = await intake.parse("http://wiki/a/", b"<p>See <a href='../b#c'>b</a>, <a href='mailto:x'>write</a>, rest.")
        >>> page.links, page.passages[0].text
        (('http://wiki/b',), 'See b, write, rest.')
        >>> await intake.parse("http://wiki/empty", b"<script>document.write('hello')</script>")
        Traceback (most recent call last):
        NothingToRead: ROOM-5: there is nothing to read at http://wiki/empty...
        >>> (await intake.parse("http://wiki/latin", b"<p>caf\xe9", "latin-1")).passages[0].text
        'café'
        """
        raise NotImplementedError

    @operation(
        idempotent=True,
        deadline_s=30,
        effects=(Connects("127.0.0.1:*"),),
        errors=(AddressRefused, Unreachable, NotAPage, NothingToRead),
    )
    @requires("the address has at most 2,000 characters", lambda address: len(address) <= ADDRESS_CHARACTERS_MAX)
    async def shelve(self, address: str) -> PageSummary:
        """Fetch a page and add it to the library.

        >>> await intake.shelve("ftp://wiki/a")
        Traceback (most recent call last):
        AddressRefused: ROOM-2: ...
        """
        raise NotImplementedError
