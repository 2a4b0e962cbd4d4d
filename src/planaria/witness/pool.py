"""The pool: values worth trying again, by type and by name; from examples, recordings, outcomes and the sources' constants.

Why: a bug hides behind a particular value (a limit, a separator, a key that exists), and the code that has the bug names it.
Not here: making new values (`generator`).
"""

import ast
import functools
import math
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from planaria.kernel.value import fields_of as _fields_of
from planaria.kernel.value import type_text as _type_text

KEPT_MAX = 200
TEXT_CHARACTERS_MAX = 2000
CONSTANT_CHARACTERS_MAX = 60
fields_of: Callable[[Any], dict[str, Any] | None] = functools.cache(_fields_of)
type_text: Callable[[Any], str] = functools.cache(_type_text)


def constants_of(source: str) -> Iterator[Any]:
    r"""Yield the constants that code uses: numbers with their neighbours, short texts, bytes; documents apart.

    >>> sorted(constants_of("def f(x):\n    return x > 50"))
    [49, 50, 51]
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documents:
            constant = node.value
            if isinstance(constant, int) and not isinstance(constant, bool):
                yield from (constant - 1, constant, constant + 1)
            elif (isinstance(constant, float) and math.isfinite(constant)) or (
                isinstance(constant, (str, bytes)) and 0 < len(constant) <= CONSTANT_CHARACTERS_MAX
            ):
                yield constant


class Shelf:
    """A few values of one kind, each once; when it is full the newest take the places of others."""

    __slots__ = ("kept", "known")

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.known: set[Any] = set()

    def add(self, one: Any) -> None:
        """Keep a value that is not kept yet."""
        key = (type(one), one)
        if key not in self.known:
            self.known.add(key)
            if len(self.kept) < KEPT_MAX:
                self.kept.append(one)
            else:
                self.kept[len(self.known) % KEPT_MAX] = one


class Pool:
    """Values seen, by the text of their type and by the name of the parameter or field that held them.

    >>> pool = Pool()
    >>> pool.learn(("a", "b"), tuple[str, ...], "tags")
    >>> pool.named("tags", "str"), pool.typed("str")
    (['a', 'b'], ['a', 'b'])
    """

    def __init__(self) -> None:
        self.by_type: dict[str, Shelf] = {}
        self.by_name: dict[tuple[str, str], Shelf] = {}
        self.fixed: dict[str, Shelf] = {}
        self.words = Shelf()

    def learn(self, one: Any, type_: Any, name: str = "") -> None:
        """Keep a value and the values inside it."""
        text = type_text(type_)
        if _is_hashable(one) and (not isinstance(one, (str, bytes)) or len(one) <= TEXT_CHARACTERS_MAX):
            for key in {text, type(one).__qualname__}:
                self.by_type.setdefault(key, Shelf()).add(one)
                self.by_name.setdefault((name, key), Shelf()).add(one)
        if isinstance(one, str):
            for word in one[:TEXT_CHARACTERS_MAX].split()[:40]:
                self.words.add(word)
        for inside, inner, field in _parts(one, name):
            self.learn(inside, inner, field)

    def learn_constants(self, constants: Iterable[Any]) -> None:
        """Keep constants by their type alone."""
        for one in constants:
            self.fixed.setdefault(type(one).__qualname__, Shelf()).add(one)
            self.by_type.setdefault(type(one).__qualname__, Shelf()).add(one)
            if isinstance(one, str):
                self.words.add(one)

    def constants(self, text: str) -> list[Any]:
        """Return the constants of a type."""
        shelf = self.fixed.get(text)
        return shelf.kept if shelf else []

    def typed(self, text: str) -> list[Any]:
        """Return what was seen of a type."""
        shelf = self.by_type.get(text)
        return shelf.kept if shelf else []

    def named(self, name: str, text: str) -> list[Any]:
        """Return what was seen of a type under a name."""
        shelf = self.by_name.get((name, text))
        return shelf.kept if shelf else []

    def some_words(self, chance: Random, count: int) -> list[str]:
        """Return some of the words seen."""
        kept = self.words.kept or ["a", "b", "word"]
        return [chance.choice(kept) for _ in range(count)]


def _is_hashable(one: Any) -> bool:
    try:
        hash(one)
    except TypeError:
        return False
    return True


def _parts(one: Any, name: str) -> Iterator[tuple[Any, Any, str]]:
    """Yield what is directly inside a value, each with its own type; elements go by the name of their collection."""
    if isinstance(one, (tuple, frozenset)):
        yield from ((inside, type(inside), name) for inside in one)
    elif isinstance(one, dict):
        yield from ((inside, type(inside), f"{name}.key") for inside in one)
        yield from ((inside, type(inside), name) for inside in one.values())
    elif not isinstance(one, type) and (fields := fields_of(type(one))):
        yield from ((getattr(one, field), inner, field) for field, inner in fields.items())
