from cells.lexicon.contract import Lexicon

WORDS = (
    "anchor apple arrow banana bottle kitchen kitten knight lemon letter mountain orange planaria planet river sitting straße table".split()
)


class Words(Lexicon):
    async def words(self, initial):
        return tuple(word for word in WORDS if word[0] == initial)
