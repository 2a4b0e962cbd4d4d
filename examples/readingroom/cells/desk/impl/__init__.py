"""The desk: ask the library in fewer and fewer words, then choose among the passages of what it finds."""

import asyncio

from cells.desk.contract import Answer, Desk
from cells.library.contract import Library, NoSuchPage
from planaria import uses

from .passages import best_quotes
from .question import key_words, relaxed

PAGES_READ_MAX = 4


class DeskCell(Desk):
    library: Library = uses(Library)

    async def answer(self, question, quotes=3):
        words = key_words(question)
        addresses = await self._addresses(words, min(quotes + 1, PAGES_READ_MAX))
        pages = [page for page in await asyncio.gather(*map(self._page, addresses)) if page is not None]
        if not pages:
            return Answer(question=question, quotes=())
        return Answer(question=question, quotes=await asyncio.to_thread(best_quotes, pages, words, quotes))

    async def _addresses(self, words, wanted):
        """Collect pages, those that hold most of the words first."""
        found = {}
        for fewer in relaxed(words):
            for hit in await self.library.search(" ".join(fewer), wanted):
                found.setdefault(hit.address)
            if len(found) >= wanted:
                break
        return list(found)[:wanted]

    async def _page(self, address):
        """Read a page, which someone may have removed since the search."""
        try:
            return await self.library.page(address)
        except NoSuchPage:
            return None
