"""The digest on SQLite: one row for each page, heading and word of a day."""

from datetime import date

from cells.digest.contract import Count, Day, Digest, NewPage
from planaria import State, state

TOP = """
SELECT name, count(*) AS pages FROM digest__count WHERE day = ? AND kind = ?
GROUP BY name ORDER BY pages DESC, name LIMIT ?
"""


class DigestCell(Digest):
    kept: State = state()

    async def note(self, added):
        day = added.day.isoformat()
        names = [("section", one) for one in added.headings] + [("word", one) for one in added.words]

        def body(tx):
            tx.change("DELETE FROM digest__count WHERE day = ? AND address = ?", (day, added.address))
            tx.change("INSERT OR REPLACE INTO digest__page VALUES (?, ?, ?)", (day, added.address, added.title))
            for kind, name in names:
                tx.change("INSERT OR IGNORE INTO digest__count VALUES (?, ?, ?, ?)", (day, added.address, kind, name))

        await self.kept.write(body)

    async def digest(self, day, limit=20):
        on = day.isoformat()

        def body(tx):
            pages = tx.rows("SELECT address, title FROM digest__page WHERE day = ? ORDER BY title, address", (on,))
            tops = [tx.rows(TOP, (on, kind, limit)) for kind in ("section", "word")]
            return pages, *tops

        pages, sections, words = await self.kept.read(body)
        return Day(
            day=day,
            pages=tuple(NewPage(*row) for row in pages),
            sections=tuple(Count(*row) for row in sections),
            words=tuple(Count(*row) for row in words),
        )

    async def days(self, limit=30):
        query = "SELECT DISTINCT day FROM digest__page ORDER BY day DESC LIMIT ?"
        rows = await self.kept.read(lambda tx: tx.rows(query, (limit,)))
        return tuple(date.fromisoformat(day) for (day,) in rows)
