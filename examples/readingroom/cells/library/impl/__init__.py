"""The library on SQLite: passages in a full-text index, ranked by scattered words."""

from datetime import UTC, datetime

import msgspec

from cells.library.contract import Hit, Library, NoSuchPage, Page, PageAdded, PageSummary, Passage
from planaria import State, state

from .search import hits
from .words import headings_of, notable_words, print_of, words_in


class LibraryCell(Library):
    pages: State = state()

    async def add(self, page):
        day = datetime.now(UTC).date()
        fingerprint, words = print_of(page), words_in(page)
        event = PageAdded(address=page.address, title=page.title, day=day, headings=headings_of(page), words=notable_words(page))

        def body(tx):
            known = tx.row("SELECT print FROM library__page WHERE address = ?", (page.address,))
            if known == (fingerprint,):
                return
            erase(tx, page.address)
            write(tx, page, words, fingerprint)
            tx.emit(event)

        await self.pages.write(body)
        return PageSummary(address=page.address, title=page.title, passages=len(page.passages), words=words)

    async def search(self, question, limit=10):
        return await self.pages.read(lambda tx: tuple(Hit(*row) for row in hits(tx, question, limit)))

    async def page(self, address):
        found = await self.pages.read(lambda tx: read(tx, address))
        if found is None:
            raise NoSuchPage(address=address)
        return found

    async def remove(self, address):
        return await self.pages.write(lambda tx: erase(tx, address))

    async def count(self):
        return await self.pages.read(lambda tx: tx.row("SELECT count(*) FROM library__page")[0])


def read(tx, address):
    row = tx.row("SELECT id, title, links FROM library__page WHERE address = ?", (address,))
    if row is None:
        return None
    number, title, links = row
    passages = tx.rows("SELECT anchor, heading, text FROM library__passage WHERE page = ? ORDER BY position", (number,))
    return Page(
        address=address,
        title=title,
        passages=tuple(Passage(*passage) for passage in passages),
        links=msgspec.json.decode(links, type=tuple[str, ...]),
    )


def erase(tx, address):
    row = tx.row("SELECT id FROM library__page WHERE address = ?", (address,))
    if row is None:
        return False
    tx.change("DELETE FROM library__passage WHERE page = ?", row)
    tx.change("DELETE FROM library__page WHERE id = ?", row)
    return True


def write(tx, page, words, fingerprint):
    links = msgspec.json.encode(page.links).decode()
    tx.change(
        "INSERT INTO library__page (address, title, links, words, print) VALUES (?, ?, ?, ?, ?)",
        (page.address, page.title, links, words, fingerprint),
    )
    (number,) = tx.row("SELECT id FROM library__page WHERE address = ?", (page.address,))
    for position, passage in enumerate(page.passages):
        tx.change(
            "INSERT INTO library__passage (page, position, anchor, heading, text) VALUES (?, ?, ?, ?, ?)",
            (number, position, passage.anchor, passage.heading, passage.text),
        )
