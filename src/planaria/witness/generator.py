"""The generator: new and changed values of every value type, drawn from a pool and a little chance.

Why: values come from what was seen first, from neighbours of that next, and from nowhere last; that order finds most.
Not here: which calls are made with them (`scene`); preconditions (`scene.holds`).
"""

import datetime as dt
import decimal
import enum
import itertools
import types
import typing
import uuid
from collections import abc
from collections.abc import Iterator
from random import Random
from typing import Any

from planaria.witness.pool import Pool, fields_of, type_text
from planaria.witness.text import LENGTH_MAX, WHOLE, Texts

INTEGERS = (0, 1, -1, 2, 3, 5, 7, 10, 100, 255, 256, 1000, 2**31 - 1, 2**31, 2**53, 2**63 - 1, -(2**63))
NUMBERS = (0.0, 1.0, -1.0, 0.5, -0.5, 0.1, 1e-9, 1e9, 1.5, 2.5, 1e16, 99.99)
BORN = dt.datetime(2026, 2, 28, 23, 59, 59, tzinfo=dt.UTC)
SPANS = (0, 1, -1, 28, 30, 31, 365, 366)
SMALL = 4
ITEMS_MAX = 40
TOKEN_CHARACTERS_MAX = 3
PROBES_MAX = 100
CONSTANTS_MAX = 30


class Generator:
    """Make values by type, names helping: parameters of one name often hold the same things.

    >>> Generator(Pool(), Random(1)).make(bool) in (True, False)
    True
    """

    def __init__(self, pool: Pool, chance: Random) -> None:
        self.pool, self.chance, self.texts = pool, chance, Texts(chance)
        self.near, self.reuse, self.few = Pool(), 0.3, 200

    def begin(self) -> None:
        """Forget the scene before; pick the few words of the next, how often it uses a thing again, and how many things."""
        self.near, self.reuse = Pool(), self.chance.choice((0.3, 0.6, 0.9))
        self.few = self.chance.choice((1, 2, 3, 200))
        texts = self.texts
        texts.words = [*self.pool.some_words(self.chance, 5), self.chance.choice(WHOLE)]
        texts.tokens = [one for one in self.pool.constants("str") if len(one) <= TOKEN_CHARACTERS_MAX]
        texts.lengths = [one for one in self.pool.constants("int") if 0 < one <= LENGTH_MAX]
        texts.recent = []

    def make(self, type_: Any, name: str = "") -> Any:
        """Return a value of a type: used nearby, seen before, near to one seen, or new."""
        made = self._made(type_, name)
        if isinstance(made, str):
            self.texts.recent = [*self.texts.recent[-8:], made]
        return made

    def _made(self, type_: Any, name: str) -> Any:
        text = type_text(type_)
        if self.chance.random() < self.reuse:
            seen = self.near.named(name, text) if self.chance.random() < 0.8 else self.near.typed(text)
            if seen:
                return self._again(seen[: self.few], type_, name)
        at = self.chance.random()
        for share, seen in ((0.20, self.pool.named(name, text)), (0.30, self.pool.typed(text))):
            if at < share and seen:
                return self.chance.choice(seen)
        seen = self.near.named(name, text) or self.pool.named(name, text) or self.pool.typed(text)
        if at < 0.65 and seen:
            return self.change(self.chance.choice(seen), type_, name)
        return self.new(type_, name)

    def _again(self, seen: list[Any], type_: Any, name: str) -> Any:
        """Return something used nearby; records often a little changed, whole numbers sometimes taken away or added up."""
        one, at = self.chance.choice(seen), self.chance.random()
        if fields_of(type_) and at < 0.5:
            return self.change(self.change(one, type_, name), type_, name)
        if type_ is int and at < 0.4:
            return -one if at < 0.25 else one + self.chance.choice(seen) * self.chance.choice((1, -1))
        return one

    def new(self, type_: Any, name: str = "") -> Any:
        """Return a value of a type that need not have been seen."""
        if isinstance(type_, typing.NewType):
            return self.make(type_.__supertype__, name)
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if origin is typing.Annotated:
            return self.make(inside[0], name)
        if origin is typing.Literal:
            return self.chance.choice(inside)
        if origin in (typing.Union, types.UnionType):
            return self.make(self.chance.choice(inside), name)
        if origin is not None:
            return self._collection(origin, inside, name)
        fields = fields_of(type_)
        if fields is not None:
            return type_(**{field: self.make(inner, field) for field, inner in fields.items()})
        if isinstance(type_, type) and issubclass(type_, enum.Enum):
            return self.chance.choice(list(type_))
        return self._single(type_)

    def _collection(self, origin: Any, inside: tuple[Any, ...], name: str) -> Any:
        count = self._count()
        if origin is tuple:
            if len(inside) == 2 and inside[1] is Ellipsis:
                items = [self.make(inside[0], name) for _ in range(count)]
                return tuple(items + items[:1] if items and self.chance.random() < 0.15 else items)
            return tuple(self.make(one, name) for one in inside)
        if origin is frozenset:
            return frozenset(self.make(inside[0], name) for _ in range(count))
        assert origin is abc.Mapping, f"{origin} is no value type"
        return {self.make(inside[0], f"{name}.key"): self.make(inside[1], name) for _ in range(count)}

    def _count(self) -> int:
        telling = [one for one in self.pool.constants("int") if 0 < one < ITEMS_MAX]
        if telling and self.chance.random() < 0.08:
            return int(self.chance.choice(telling))
        return self.chance.choice((0, 1, 1, 2, 3, self.chance.randint(2, 8)))

    def _single(self, type_: Any) -> Any:
        chance = self.chance
        if type_ in (type(None), None):
            return None
        if type_ is bool:
            return chance.random() < 0.5
        if type_ is int:
            return chance.choice((chance.randint(0, SMALL), chance.randint(-20, 120), chance.choice(INTEGERS)))
        if type_ is float:
            return chance.choice((chance.choice(NUMBERS), round(chance.uniform(-100, 100), 2), float(chance.randint(-5, 5))))
        if type_ is str:
            return self.texts.made()
        if type_ is bytes:
            return self.texts.made().encode("utf-8", "surrogatepass")
        if type_ is decimal.Decimal:
            return decimal.Decimal(chance.choice(("0", "1", "-1", "0.1", "1.005", "100", "99.99", str(round(chance.uniform(-9, 9), 2)))))
        if type_ is uuid.UUID:
            return uuid.UUID(int=chance.randint(0, SMALL), version=4)
        moment = BORN + dt.timedelta(days=chance.choice(SPANS), seconds=chance.choice((0, 1, 43_200)))
        if type_ is dt.timedelta:
            return dt.timedelta(days=chance.choice(SPANS), seconds=chance.choice((0, 1, 60)))
        return {dt.datetime: moment, dt.date: moment.date(), dt.time: moment.time()}[type_]

    def change(self, one: Any, type_: Any, name: str = "") -> Any:
        """Return a value near to one of the same type."""
        if isinstance(type_, typing.NewType):
            return self.change(one, type_.__supertype__, name)
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if origin is typing.Annotated:
            return self.change(one, inside[0], name)
        if origin is tuple and inside[1:] == (Ellipsis,):
            return self._changed_items(list(one), inside[0], name)
        if origin is not None:
            return self.new(type_, name)
        fields = fields_of(type(one))
        return self._changed_fields(one, fields) if fields else self._changed_single(one, type_, name)

    def _changed_single(self, one: Any, type_: Any, name: str) -> Any:
        if isinstance(one, str):
            return self.texts.changed(one)
        if isinstance(one, bytes):
            return self.texts.changed(one.decode("latin-1")).encode("utf-8")
        if type(one) is int:
            return self._near(one)
        if type(one) is float:
            return self.chance.choice((one + 1, one - 1, -one, one / 2, one * 2, float(round(one)), one + 0.01, one - 1e-6))
        if isinstance(one, decimal.Decimal):
            return self.chance.choice((one + 1, -one, one / 2, one + decimal.Decimal("0.01"), one - decimal.Decimal("0.005")))
        if isinstance(one, (dt.datetime, dt.date, dt.timedelta)):
            return one + dt.timedelta(days=self.chance.choice(SPANS))
        return self.new(type_, name)

    def _near(self, one: int) -> int:
        seen = self.pool.typed("int") or [0]
        return self.chance.choice((one + 1, one - 1, -one, one * 2, one // 2, 0, 1, self.chance.choice(seen), self.chance.choice(seen)))

    def _changed_items(self, items: list[Any], inner: Any, name: str) -> tuple[Any, ...]:
        if not items:
            return (self.make(inner, name),)
        place, kind = self.chance.randrange(len(items)), self.chance.randrange(8)
        if kind == 0:
            del items[place]
        elif kind == 1:
            items.insert(place, self.chance.choice(items))
        elif kind == 2:
            self.chance.shuffle(items)
        elif kind == 3:
            items.reverse()
        elif kind == 4:
            items.insert(place, self.make(inner, name))
        elif kind == 5:
            items = items * 2 if len(items) < 20 else items[:1]
        else:
            items[place] = self.change(items[place], inner, name)
        return tuple(items)

    def _changed_fields(self, one: Any, fields: dict[str, Any]) -> Any:
        given = {field: getattr(one, field) for field in fields}
        field = self.chance.choice(list(fields))
        again = self.chance.random() < 0.4
        given[field] = self.make(fields[field], field) if again else self.change(given[field], fields[field], field)
        return type(one)(**given)

    def probes(self, one: Any, type_: Any) -> list[Any]:
        """Return the values of a type that are always worth trying in the place of `one`: ends, hurtful texts, each field by itself."""
        return list(itertools.islice(self._probes(one, type_), PROBES_MAX))

    def _probes(self, one: Any, type_: Any) -> Iterator[Any]:
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if isinstance(type_, typing.NewType):
            return self._probes(one, type_.__supertype__)
        if origin in (typing.Union, types.UnionType):
            return itertools.chain.from_iterable(self._probes(one, each) for each in inside)
        if origin is typing.Annotated:
            return self._probes(one, inside[0])
        if origin is typing.Literal:
            return iter(inside)
        if origin is tuple and isinstance(one, tuple):
            return self._probes_of_items(one, inside)
        fields = fields_of(type_)
        if fields and isinstance(one, type_):
            return self._probes_of_fields(one, fields)
        return iter(self._probes_of_single(type_))

    def _probes_of_single(self, type_: Any) -> list[Any]:
        constants = self.pool.constants
        if isinstance(type_, type) and issubclass(type_, enum.Enum):
            return list(type_)
        texts = [*constants("str")[:CONSTANTS_MAX], *WHOLE]
        many: dict[Any, list[Any]] = {
            str: texts, bytes: [text.encode("utf-8", "surrogatepass") for text in texts], int: [*constants("int"), *INTEGERS],
            float: [*constants("float"), *NUMBERS], bool: [True, False], type(None): [None], None: [None],
        }  # fmt: skip
        return many.get(type_, [])

    def _probes_of_items(self, one: tuple[Any, ...], inside: tuple[Any, ...]) -> Iterator[Any]:
        if inside[1:] == (Ellipsis,):
            yield from ((), one[:1], one + one, one[::-1], (*one, *one[:1]))
        if one:
            yield from ((each, *one[1:]) for each in self._probes(one[0], inside[0]))

    def _probes_of_fields(self, one: Any, fields: dict[str, Any]) -> Iterator[Any]:
        for field, inner in fields.items():
            given = {name: getattr(one, name) for name in fields}
            yield from (type(one)(**{**given, field: each}) for each in self._probes(given[field], inner))
