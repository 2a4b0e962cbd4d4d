"""The intake: bytes from a declared source in, plain text out."""

import asyncio

from cells.intake.contract import SOURCES, Intake, NotAPage, NothingToRead
from cells.library.contract import Library, Page
from planaria import uses

from .document import UnknownEncoding, decoded, read
from .web import get


class IntakeCell(Intake):
    library: Library = uses(Library)

    async def fetch(self, address):
        address, html, charset = await get(address, SOURCES)
        return await self._parsed(address, html, charset)

    async def parse(self, address, html, charset=""):
        return await self._parsed(address, html, charset)

    async def shelve(self, address):
        return await self.library.add(await self.fetch(address))

    async def _parsed(self, address, html, charset):
        try:
            title, passages, links = await asyncio.to_thread(lambda: read(address, decoded(html, charset)))
        except UnknownEncoding as problem:
            raise NotAPage(address=address, problem=str(problem)) from None
        if not passages:
            raise NothingToRead(address=address)
        return Page(address=address, title=title, passages=passages, links=links)
