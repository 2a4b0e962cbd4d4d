"""Stock: what is known of the inputs of a version: forms seen and given, constants of its code; and plain values drawn from it.

Why: a difference hides near the inputs that people gave, at the constants that the code itself names, and at ends.
Not here: which kinds fit (`kind`), forms near to a form (`change`), whole arguments (`making`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from planaria.witness.script.form import Form, parts
from planaria.witness.script.subject import Subjects

Key = tuple[str, str]
KEPT_MAX, ITEMS_MAX, WORD_MAX = 120, 60, 60
COUNTS, LENGTHS = (0, 1, 1, 2, 2, 3, 4, 5, 6, 8), (1, 2, 3, 4, 5, 7, 10, 20)
INTEGERS = (0, 1, -1, 2, 3, 4, 5, 7, 10, 12, 16, 50, 99, 100, 101, 255, 1000, 10**6, -2, -7, -10, 2**31, 10**12, 2**63)
FLOATS = (0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 0.1, 99.99, 1e-7, 1e9, -3.7, 2.675)
TEXTS = (
    "", " ", "a", "A", "ab", "aa", "aba", "abc", "Abc", "a b", "a  b", " a", "a ", "0", "1", "10", "-1", "1.5", "a1", "é", "ß", "a\nb",
    "a,b", "(", "()", "_", "%", "None", "a-b", "a.b", "xyz" * 5,
)  # fmt: skip


def _lists() -> defaultdict[Any, list[Form]]:
    return defaultdict(list)


@dataclass(frozen=False, slots=True)
class Stock:
    """Forms by the parameter (`Key`: symbol and name) that took them, `named` by its name alone, constants by their type.

    Of the names in the code, `sought` are looked up in something that may not hold them, `may_be_none` are compared with None,
    and of what `asked` stand for the type is asked.

    >>> stock = Stock(Random(1), Subjects())
    >>> stock.learn_constants([100, "ab"])
    >>> stock.constants["int"], type(stock.integer()).__name__, type(stock.text(("f", "x"))).__name__
    ([100, 99, 101], 'int', 'str')
    """

    chance: Random
    subjects: Subjects
    seen: defaultdict[Key, list[Form]] = field(default_factory=_lists)
    given: defaultdict[Key, list[Form]] = field(default_factory=_lists)
    named: defaultdict[str, list[Form]] = field(default_factory=_lists)
    constants: defaultdict[str, list[Form]] = field(default_factory=_lists)
    alphabet: dict[Key, str] = field(default_factory=dict)
    sought: set[str] = field(default_factory=set)
    may_be_none: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    wide: bool = False

    def learn_constants(self, constants: Iterable[Any]) -> None:
        """Keep the constants of code: numbers with their neighbours, texts."""
        for one in constants:
            if one is None:
                keep(self.constants["none"], None)
            elif isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**70:
                for near in (one, one - 1, one + 1):
                    keep(self.constants["int"], near)
            elif isinstance(one, float) or (isinstance(one, str) and 0 < len(one) <= WORD_MAX):
                keep(self.constants[type(one).__name__], one)

    def learn_questions(self, trees: Iterable[ast.AST]) -> None:
        """Keep what the code asks of the values that names stand for."""
        everything = [node for tree in trees for node in ast.walk(tree)]
        for call in (one for one in everything if isinstance(one, ast.Call) and len(one.args) > 1):
            if ast.unparse(call.func) in ("isinstance", "hasattr"):
                about = call.args[0].value if isinstance(call.args[0], ast.Subscript) else call.args[0]
                self.asked |= {about.id} if isinstance(about, ast.Name) else set()
        for tried in (one for one in everything if isinstance(one, ast.Try)):
            if any(one.type is not None and re.search("TypeError|AttributeError", ast.unparse(one.type)) for one in tried.handlers):
                self.asked |= {one.id for part in tried.body for one in ast.walk(part) if isinstance(one, ast.Name)}
        for node in (one for one in everything if isinstance(one, ast.Compare)):
            name = getattr(node.left, "id", getattr(node.left, "attr", ""))
            if isinstance(node.left, ast.Call) and ast.unparse(node.left.func) in ("iter", "type") and node.left.args:
                self.asked.add(ast.unparse(node.left.args[0]))
            if isinstance(node.ops[0], (ast.In, ast.NotIn)):
                self.sought.add(name)
            elif isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None:
                self.may_be_none.add(name)

    def count(self) -> int:
        """Return how many items something is to have."""
        at = self.chance.random()
        telling = [one for one in self.constants["int"] if 0 < one < ITEMS_MAX]
        if telling and at < 0.1:
            return int(self.chance.choice(telling))
        return self.chance.choice(COUNTS) if at < 0.95 else self.chance.randint(9, 30)

    def integer(self) -> int:
        """Return an integer, mostly small or telling."""
        chance, at = self.chance, self.chance.random()
        if at < 0.25 and self.constants["int"]:
            return int(chance.choice(self.constants["int"]))
        if at < 0.75:
            return chance.randint(0, 12) if at < 0.5 else chance.randint(-20, 120)
        return chance.choice(INTEGERS) if at < 0.9 else chance.randint(0, 3000)

    def decimal(self) -> float:
        """Return a number with a point, mostly small or telling."""
        chance, at = self.chance, self.chance.random()
        if at < 0.2 and self.constants["float"]:
            return float(chance.choice(self.constants["float"]))
        return chance.choice(FLOATS) if at < 0.4 else round(chance.uniform(-20, 120), chance.choice((0, 1, 2, 2, 5)))

    def signs(self, key: Key) -> str:
        """Return the characters of the texts that people gave for a parameter; where there are none, telling ones."""
        if key not in self.alphabet:
            texts = [one for form in self.given.get(key, ()) for one, _ in parts(form) if isinstance(one, str)]
            short = dict.fromkeys("".join(one for one in self.constants["str"] if len(one) < 4))
            self.alphabet[key] = "".join(dict.fromkeys("".join(texts)[:2000])) or "".join(short) + "abAB 1"
        return self.alphabet[key]

    def text(self, key: Key) -> str:
        """Return a text of a parameter's characters, or a telling one."""
        chance, at = self.chance, self.chance.random()
        if at < 0.15 and self.constants["str"]:
            one = str(chance.choice(self.constants["str"]))
            return chance.choice((one, one, one.upper(), one.title()))
        if at < (0.45 if self.wide else 0.25):
            return chance.choice(TEXTS)
        signs = self.signs(key)
        if at < 0.5:
            signs = "".join(chance.choice(signs) for _ in range(2))
        return "".join(chance.choice(signs) for _ in range(chance.choice(LENGTHS)))


def keep(kept: list[Form], one: Form) -> None:
    """Keep a form once (`True` and `1` are two), and of many the first and the last.

    >>> kept = [1]
    >>> for each in (1, True): keep(kept, each)
    >>> kept
    [1, True]
    """
    if all(type(one) is not type(each) for each in kept if each == one):
        kept.append(one)
        if len(kept) > KEPT_MAX:
            del kept[KEPT_MAX // 2]
