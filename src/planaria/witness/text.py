"""Texts: how one is made and changed so that careless code notices.

Why: what callers type holds quotation marks, operators, blanks, other alphabets and far too much; most honest bugs of
text are about one of these.
Not here: other types (`generator`).
"""

from random import Random

MARKS = "\"'`*%_-+:;,.()[]{}<>^~|&!?#@$\\/= \t\n\r\0"
LETTERS = "aAzZ09é\u00df\u0130\u0131\u00c0\u00f1\u0436\u03a9\u4e2d\u3042\u0301\u200b\u00a0\ufeff\u2028\ufb01\U0001f600"
WHOLE = (
    "", " ", "\t\n", '"', "'", "''", '""', '" "', "\\", "%", "_", "*", "a*", "^", "(", ")", ".", "-", "+", "NOT", "AND", "OR", "NEAR",
    "a AND b", "a OR b", "NOT a", "a:b", "-a", "0", "1", "-1", "1.5", "1e3", "null", "None", "true", "a,b", "a;b", "a\nb", "../a",
    "<b>a</b>", "{a}", "%s", "\0", "A", "a", "aa", "aaa", "aba", "ab", " a ", "\u00df", "\u00e9", "e\u0301", "\u0130", "\u4e2d\u6587",
    "\U0001f600", "a" * 33, "a b " * 300,
)  # fmt: skip
OPERATORS = ("AND", "OR", "NOT", "NEAR", "-", "+", "|", "&")
LONG_TIMES = 60
LENGTH_MAX = 3000


class Texts:
    """Make and change texts of a few words, with signs that the code itself names.

    >>> texts = Texts(Random(3))
    >>> texts.words = ["two", "words"]
    >>> len({texts.changed("two words") for _ in range(50)}) > 20
    True
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.words: list[str] = []
        self.tokens: list[str] = []
        self.lengths: list[int] = []
        self.recent: list[str] = []
        self.changes = (
            self._insert, self._insert, self._letter, self._drop, self._cut, self._wrap, self._case, self._space,
            self._reword, self._reword, self._twice, self._other, self._operate, self._stretch,
        )  # fmt: skip

    def made(self) -> str:
        """Return a text: of the few words, a piece of a recent one, one that hurts, of a telling length, of signs."""
        chance, at = self.chance, self.chance.random()
        if at < 0.45:
            return " ".join(chance.choice(self.words or ["a", "b"]) for _ in range(chance.choice((1, 1, 2, 3, 6))))
        if at < 0.60 and self.recent:
            return self._piece(chance.choice(self.recent))
        if at < 0.80:
            return chance.choice(WHOLE)
        if at < 0.85 and self.lengths:
            length = chance.choice(self.lengths) + chance.choice((-1, 0, 1))
            return (chance.choice(self.words or ["ab"]) * (length + 1))[: max(0, length)]
        return "".join(self._sign() if chance.random() < 0.5 else chance.choice(LETTERS + "abc") for _ in range(chance.randint(1, 8)))

    def changed(self, text: str) -> str:
        """Return a text near to `text`."""
        return self.chance.choice(self.changes)(text)

    def _sign(self) -> str:
        at = self.chance.random()
        if at < 0.4 and self.tokens:
            return self.chance.choice(self.tokens)
        return " " if at < 0.5 else self.chance.choice(MARKS)

    def _piece(self, text: str) -> str:
        if self.chance.random() < 0.5 and text.split():
            return self.chance.choice(text.split())
        return self._cut(text[:60])

    def _insert(self, text: str) -> str:
        place = self.chance.randint(0, len(text))
        return text[:place] + self._sign() + text[place:]

    def _letter(self, text: str) -> str:
        place = self.chance.randint(0, len(text))
        return text[:place] + self.chance.choice(LETTERS) + text[place + self.chance.randint(0, 1) :]

    def _drop(self, text: str) -> str:
        place = self.chance.randint(0, max(0, len(text) - 1))
        return text[:place] + text[place + 1 :]

    def _cut(self, text: str) -> str:
        first, last = sorted((self.chance.randint(0, len(text)), self.chance.randint(0, len(text))))
        return text[first:last]

    def _wrap(self, text: str) -> str:
        mark = self._sign()
        return self.chance.choice((f"{mark}{text}{mark}", f"{mark}{text}", f"{text}{mark}"))

    def _case(self, text: str) -> str:
        return self.chance.choice((text.upper(), text.lower(), text.swapcase(), text.title()))

    def _space(self, text: str) -> str:
        return self.chance.choice((f" {text}", f"{text} ", text.replace(" ", "  "), text.replace(" ", ""), f"\t{text}\n", text.strip()))

    def _reword(self, text: str) -> str:
        own = text.split(" ")
        place = self.chance.randrange(len(own))
        other = self.chance.choice(self.words or [""])
        many = (own[::-1], own[:place] + own[place + 1 :], [*own, own[place]], [*own[:place], other, *own[place + 1 :]])
        return " ".join(self.chance.choice(many))

    def _twice(self, text: str) -> str:
        return self.chance.choice((text + text, f"{text} {text}", text[::-1]))

    def _other(self, text: str) -> str:
        return self.made() or text

    def _operate(self, text: str) -> str:
        return f"{text} {self.chance.choice(OPERATORS)} {self.chance.choice(self.words or ['a'])}"

    def _stretch(self, text: str) -> str:
        if self.lengths and self.chance.random() < 0.5:
            length = self.chance.choice(self.lengths) + self.chance.choice((-1, 0, 1))
            return ((text or "a") * (length + 1))[: max(0, length)]
        return (text or "a") * LONG_TIMES if self.chance.random() < 0.2 else self._insert(text)
