"""The generator: new and changed values of every value type, drawn from a pool and a little chance.

Why: values come from what was seen first, from neighbours of that next, and from nowhere last; that order finds most.
Not here: which calls are made with them (`scene`); preconditions (`condition`).
"""

import datetime
import decimal
import enum
import types
import typing
import uuid
from collections import abc
from random import Random
from typing import Any

from planaria.witness.pool import Pool, fields_of, type_text
from planaria.witness.text import LETTERS, MARKS, WHOLE, changed

INTEGERS = (0, 1, -1, 2, 3, 5, 7, 10, 100, 255, 256, 1000, 2**31 - 1, 2**31, 2**53, 2**63 - 1, -(2**63))
NUMBERS = (0.0, 1.0, -1.0, 0.5, -0.5, 0.1, 1e-9, 1e9, 1.5, 2.5, 1e16, 99.99)
BORN = datetime.datetime(2026, 2, 28, 23, 59, 59, tzinfo=datetime.UTC)
SPANS = (0, 1, -1, 28, 30, 31, 365, 366)
SMALL = 4


class Generator:
    """Make values by type, names helping: parameters of one name often hold the same things.

    >>> Generator(Pool(), Random(1)).make(bool) in (True, False)
    True
    """

    def __init__(self, pool: Pool, chance: Random) -> None:
        self.pool, self.chance = pool, chance
        self.near = Pool()
        self.vocabulary: list[str] = []

    def begin(self) -> None:
        """Forget what was used in the scene before, and pick the few words of the next one."""
        self.near = Pool()
        self.vocabulary = [*self.pool.some_words(self.chance, 5), self.chance.choice(WHOLE)]

    def make(self, type_: Any, name: str = "") -> Any:
        """Return a value of a type: used nearby, seen before, near to one seen, or new."""
        text, at = type_text(type_), self.chance.random()
        sources = (
            (0.30, self.near.named(name, text)), (0.36, self.near.typed(text)), (0.46, self.pool.named(name, text)), (0.52, self.pool.typed(text)),
        )  # fmt: skip
        for share, seen in sources:
            if at < share and seen:
                return self.chance.choice(seen)
        seen = self.near.named(name, text) or self.pool.named(name, text) or self.pool.typed(text)
        if at < 0.75 and seen:
            return self.change(self.chance.choice(seen), type_, name)
        return self.new(type_, name)

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
        count = self.chance.choice((0, 1, 1, 2, 3, self.chance.randint(2, 8)))
        if origin is tuple:
            if len(inside) == 2 and inside[1] is Ellipsis:
                items = [self.make(inside[0], name) for _ in range(count)]
                return tuple(items + items[:1] if items and self.chance.random() < 0.15 else items)
            return tuple(self.make(one, name) for one in inside)
        if origin is frozenset:
            return frozenset(self.make(inside[0], name) for _ in range(count))
        assert origin is abc.Mapping, f"{origin} is no value type"
        return {self.make(inside[0], f"{name}.key"): self.make(inside[1], name) for _ in range(count)}

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
            return self.text()
        if type_ is bytes:
            return self.text().encode()
        if type_ is decimal.Decimal:
            return decimal.Decimal(chance.choice(("0", "1", "-1", "0.1", "1.005", "100", "99.99", str(round(chance.uniform(-9, 9), 2)))))
        if type_ is uuid.UUID:
            return uuid.UUID(int=chance.randint(0, SMALL), version=4)
        moment = BORN + datetime.timedelta(days=chance.choice(SPANS), seconds=chance.choice((0, 1, 43_200)))
        if type_ is datetime.timedelta:
            return datetime.timedelta(days=chance.choice(SPANS), seconds=chance.choice((0, 1, 60)))
        return {datetime.datetime: moment, datetime.date: moment.date(), datetime.time: moment.time()}[type_]

    def text(self) -> str:
        """Return a text of the scene's few words, one that is known to hurt, or signs at random."""
        at = self.chance.random()
        if at < 0.6:
            return " ".join(self.chance.choice(self.vocabulary or ["a", "b"]) for _ in range(self.chance.choice((1, 1, 2, 3, 6))))
        if at < 0.8:
            return self.chance.choice(WHOLE)
        return "".join(self.chance.choice(LETTERS + MARKS + "abc ") for _ in range(self.chance.randint(1, 8)))

    def change(self, one: Any, type_: Any, name: str = "") -> Any:
        """Return a value near to one of the same type."""
        if isinstance(type_, typing.NewType):
            return self.change(one, type_.__supertype__, name)
        origin, inside = typing.get_origin(type_), typing.get_args(type_)
        if origin is typing.Annotated:
            return self.change(one, inside[0], name)
        if isinstance(one, str) and origin is None:
            return changed(one, self.chance, self.vocabulary)
        if isinstance(one, bytes) and origin is None:
            return changed(one.decode("latin-1"), self.chance, self.vocabulary).encode("utf-8")
        if type(one) is int and origin is None:
            return self._near(one)
        if type(one) is float:
            return self.chance.choice((one + 1, one - 1, -one, one / 2, one * 2, float(round(one)), one + 0.01, one - 1e-6))
        if isinstance(one, decimal.Decimal):
            return self.chance.choice((one + 1, -one, one / 2, one + decimal.Decimal("0.01"), one - decimal.Decimal("0.005")))
        if isinstance(one, (datetime.datetime, datetime.date, datetime.timedelta)):
            return one + datetime.timedelta(days=self.chance.choice(SPANS))
        if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
            return self._changed_items(list(one), inside[0], name)
        fields = fields_of(type(one)) if not isinstance(one, type) else None
        if fields:
            return self._changed_fields(one, fields)
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
            items = items[::-1]
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
