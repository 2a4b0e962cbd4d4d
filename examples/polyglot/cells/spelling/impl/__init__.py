from cells.lexicon.contract import Lexicon
from cells.spelling.contract import LONGEST, Match, Spelling, TooLong
from planaria import uses


class Words(Spelling):
    lexicon: Lexicon = uses(Lexicon)

    async def distance(self, one, other):
        for word in (one, other):
            if len(word) > LONGEST:
                raise TooLong(size=len(word))
        row = list(range(len(other) + 1))
        for at, letter in enumerate(one, start=1):
            diagonal, row[0] = row[0], at
            for to, against in enumerate(other, start=1):
                diagonal, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, diagonal + (letter != against))
        return row[-1]

    async def nearest(self, word, among, at_most):
        found = [Match(one, await self.distance(word, one)) for one in among]
        best = min(found, key=lambda one: one.edits, default=None)
        return best if best and best.edits <= at_most else None

    async def suggest(self, word):
        return await self.nearest(word, await self.lexicon.words(word[0]), LONGEST)
