"""Texts: how one is changed so that careless code notices.

Why: what callers type holds quotation marks, operators, blanks, other alphabets and far too much; most honest bugs of
text are about one of these.
Not here: other types (`generator`).
"""

from random import Random

MARKS = "\"'`*%_-+:;,.()[]{}<>^~|&!?#@$\\/= \t\n\r\0"
LETTERS = "aAzZ09éßİıÀñжΩ中あ\u0301\u200b\u00a0\ufeff\u2028ﬁ😀"
WHOLE = (
    "", " ", "\t\n", '"', "'", "''", '""', "\\", "%", "_", "*", "a*", "^", "(", ")", "NOT", "AND", "OR", "NEAR", "a AND b", "a OR b",
    "NOT a", "a:b", "-a", "0", "1", "-1", "1.5", "1e3", "null", "None", "true", "a,b", "a;b", "a\nb", "../a", "<b>a</b>", "{a}", "%s", "\0",
    "A", "a", "aa", "ß", "é", "e\u0301", "İ", "中文", "😀", "a" * 33, "a b" * 400,
)  # fmt: skip
LONG_TIMES = 60


def changed(text: str, chance: Random, words: list[str]) -> str:
    """Return a text near to `text`.

    >>> changed("two words", Random(3), ["other"]) != changed("two words", Random(4), ["other"])
    True
    """
    return _CHANGES[int(chance.random() * len(_CHANGES))](text, chance, words)


def _insert(text: str, chance: Random, words: list[str]) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(MARKS) + text[place:]


def _letter(text: str, chance: Random, words: list[str]) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(LETTERS) + text[place + chance.randint(0, 1) :]


def _drop(text: str, chance: Random, words: list[str]) -> str:
    place = chance.randint(0, max(0, len(text) - 1))
    return text[:place] + text[place + 1 :]


def _cut(text: str, chance: Random, words: list[str]) -> str:
    first, last = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    return text[first:last]


def _wrap(text: str, chance: Random, words: list[str]) -> str:
    mark = chance.choice(MARKS)
    return chance.choice((f"{mark}{text}{mark}", f"{mark}{text}", f"{text}{mark}"))


def _case(text: str, chance: Random, words: list[str]) -> str:
    return chance.choice((text.upper(), text.lower(), text.swapcase(), text.title()))


def _space(text: str, chance: Random, words: list[str]) -> str:
    return chance.choice((f" {text}", f"{text} ", text.replace(" ", "  "), text.replace(" ", ""), f"\t{text}\n", text.strip()))


def _words(text: str, chance: Random, words: list[str]) -> str:
    own = text.split(" ")
    place = chance.randrange(len(own))
    many = (own[::-1], own[:place] + own[place + 1 :], [*own, own[place]], [*own[:place], chance.choice(words or [""]), *own[place + 1 :]])
    return " ".join(chance.choice(many))


def _twice(text: str, chance: Random, words: list[str]) -> str:
    return chance.choice((text + text, f"{text} {text}", text[::-1]))


def _other(text: str, chance: Random, words: list[str]) -> str:
    return chance.choice(words) if words and chance.random() < 0.5 else chance.choice(WHOLE)


def _operator(text: str, chance: Random, words: list[str]) -> str:
    return f"{text} {chance.choice(('AND', 'OR', 'NOT', 'NEAR', '-', '+', '|', '&'))} {chance.choice(words or ['a'])}"


def _long(text: str, chance: Random, words: list[str]) -> str:
    return (text or "a") * LONG_TIMES if chance.random() < 0.2 else _insert(text, chance, words)


_CHANGES = (_insert, _insert, _letter, _drop, _cut, _wrap, _case, _space, _words, _words, _twice, _other, _other, _operator, _long)
