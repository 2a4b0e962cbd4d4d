"""Scenes: sequences of calls that set up state and then look at it, inside the preconditions.

Why: what a stateful cell does wrong shows only after other calls, so calls come in sequences, share their arguments (a
key that was added is asked for), and end by asking everything.
Not here: the values (`generator`), running them (`worker`).
"""

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from planaria.kernel.contract import OperationDescription
from planaria.witness.call import Call, Outcome, Sequence, Start
from planaria.witness.generator import Generator
from planaria.witness.plain import value
from planaria.witness.pool import fields_of

TRIES = 30
SETTING_UP_MAX = 8
LOOKING_MAX = 10
CORPUS_MAX = 300
PROBES_AT_ONCE = 16
PIECES_MAX = 12
SIZE_MIN, SIZE_SHARE = 4, 4


def holds(operation: OperationDescription, arguments: Mapping[str, Any]) -> bool:
    """Say whether the preconditions that need no state hold; those that do are left to the cell to refuse.

    >>> from planaria.kernel.contract import Contract, describe, operation, requires
    >>> class Shelf(Contract):
    ...     @operation()
    ...     @requires("the limit is positive", lambda limit: limit > 0)
    ...     async def take(self, limit: int) -> int:
    ...         '''Take some.'''
    >>> holds(describe(Shelf).operations[0], {"limit": 0})
    False
    """
    given = {one.name: one.default for one in operation.parameters if not one.required} | dict(arguments)
    for condition in operation.conditions:
        if not condition.stateful:
            try:
                held = condition.predicate(**{name: given[name] for name in condition.names})
            except Exception:  # noqa: BLE001 - a predicate that cannot decide has not held
                return False
            if inspect.isawaitable(held) or not held:
                return False
    return True


class Scenes:
    """Make sequences from the operations of a contract, learning from outcomes which calls change something."""

    def __init__(self, operations: Iterable[OperationDescription], generator: Generator, names: Mapping[str, Any]) -> None:
        self.known = {one.name: one for one in operations}
        self.operations = dict(self.known)
        self.generator, self.names = generator, names
        self.chance: Random = generator.chance
        self.corpus: list[Sequence] = []
        self.seen: set[Any] = set()
        self.changing: Counter[str] = Counter()
        self.outside: Counter[str] = Counter()
        self.probed: set[str] = set()
        self.too_large: dict[str, float] = {}
        self.calls: dict[str, list[Call]] = {}

    def seed(self, sequences: Iterable[Sequence]) -> None:
        """Take sequences as the ones to vary."""
        for one in sequences:
            self.corpus.append(one)
            for call in one.calls:
                self.remember(call)

    def drop(self, operation: str) -> None:
        """Call an operation no more: what it does is known, and each call of it would cost a process."""
        self.operations.pop(operation, None)

    def without_dropped(self, sequence: Sequence) -> Sequence:
        """Return a sequence without calls of what was dropped, or whose arguments are known to be too large."""
        calls = tuple(one for one in sequence.calls if one.operation in self.operations and not self._is_too_large(one))
        return sequence if calls == sequence.calls else replace(sequence, calls=calls)

    def _is_too_large(self, call: Call) -> bool:
        most = self.too_large.get(call.operation)
        return most is not None and size_of(call.arguments) > most

    def remember(self, call: Call) -> None:
        """Keep a call and its values as worth trying again."""
        operation = self.operations.get(call.operation)
        if operation is not None:
            kept = self.calls.setdefault(call.operation, [])
            kept.append(call)
            del kept[:-CORPUS_MAX]
            for one in operation.parameters:
                if one.name in call.arguments:
                    self.generator.pool.learn(call.arguments[one.name], one.type, one.name)

    def learn(self, sequence: Sequence, outcomes: Iterable[Outcome]) -> None:
        """Learn from what a sequence brought: what changes state, and calls whose outcome has a shape not seen before."""
        fresh = False
        for call, outcome in zip(sequence.calls, outcomes, strict=False):
            if outcome.changed:
                self.changing[call.operation] += 1
            if outcome.kind == "unknown":
                self._beware(call)
            shape = (call.operation, outcome.kind, outcome.code, outcome.error, _shape(outcome.value), outcome.changed, len(outcome.events))
            if shape not in self.seen:
                self.seen.add(shape)
                fresh = True
                self.remember(call)
                if outcome.kind == "completed" and call.operation in self.operations:
                    self._learn_value(outcome.value, call.operation)
        if fresh:
            self.corpus.append(sequence)
            del self.corpus[: max(0, len(self.corpus) - CORPUS_MAX)]

    def _beware(self, call: Call) -> None:
        """Stay well below the size of arguments with which an operation did not end in time."""
        size = max(SIZE_MIN, size_of(call.arguments) / SIZE_SHARE)
        self.too_large[call.operation] = min(size, self.too_large.get(call.operation, size))

    def fits(self, operation: OperationDescription, arguments: Mapping[str, Any]) -> bool:
        """Say whether arguments can travel, are inside the preconditions, and not so large that nothing comes back."""
        return _can_travel(arguments) and not self._is_too_large(Call(operation.name, arguments)) and holds(operation, arguments)

    def _learn_value(self, data: Any, operation: str) -> None:
        try:
            self.generator.pool.learn(value(data, self.names), self.operations[operation].returns)
        except (KeyError, TypeError, ValueError):
            return

    def call(self, name: str) -> Call | None:
        """Return a call of an operation inside its preconditions, or None where none was found."""
        operation, generator = self.operations[name], self.generator
        for _ in range(TRIES):
            kept = self.calls.get(name)
            if kept and self.chance.random() < 0.3:
                arguments = dict(self.chance.choice(kept).arguments)
                if operation.parameters:
                    one = self.chance.choice(operation.parameters)
                    arguments[one.name] = generator.make(one.type, one.name)
            else:
                asked = [one for one in operation.parameters if one.required or self.chance.random() < 0.5]
                arguments = {one.name: generator.make(one.type, one.name) for one in asked}
            if self.fits(operation, arguments):
                for one in operation.parameters:
                    if one.name in arguments:
                        generator.near.learn(arguments[one.name], one.type, one.name)
                return Call(name, arguments)
        self.outside[name] += 1
        return None

    def scene(self, start: Start) -> Sequence:
        """Return a new sequence: set up, look, change a little, look at everything."""
        self.generator.begin()
        names = list(self.operations)
        changing = [one for one in names if self.changing[one]] or names
        chosen = [self.chance.choice(changing) for _ in range(self.chance.randint(0 if len(changing) < len(names) else 1, SETTING_UP_MAX))]
        chosen += [self.chance.choice(names) for _ in range(self.chance.randint(2, LOOKING_MAX))]
        chosen += [one for one in names if one not in changing or len(changing) == len(names)]
        calls = [self.call(one) for one in chosen]
        return Sequence(tuple(one for one in calls if one is not None), start)

    def probing(self) -> Iterator[Sequence]:
        """Yield sequences that try every parameter's telling values, one at a time, after the calls of an example; then look."""
        for seed in list(self.corpus):
            done: set[str] = set()
            for call in seed.calls:
                if call.operation in self.operations and call.operation not in self.probed and call.operation not in done:
                    done.add(call.operation)
                    probes = list(self._probes(call, seed))
                    for first in range(0, len(probes), PROBES_AT_ONCE):
                        calls = (*seed.calls, *probes[first : first + PROBES_AT_ONCE])
                        yield Sequence((*calls, *self._looks(calls)), seed.start)
            self.probed |= done

    def _probes(self, call: Call, seed: Sequence) -> Iterator[Call]:
        operation = self.operations[call.operation]
        beside = list(self._arguments(seed.calls))
        for one in operation.parameters:
            others = [each for each, type_ in beside if type_ == one.type]
            others += [piece for each in others if isinstance(each, str) for piece in pieces_of(each)]
            for each in others + self.generator.probes(call.arguments.get(one.name, one.default), one.type):
                arguments = {**call.arguments, one.name: each}
                if self.fits(operation, arguments):
                    yield Call(call.operation, arguments)

    def _arguments(self, calls: Iterable[Call]) -> Iterator[tuple[Any, Any]]:
        for call in calls:
            for one in self.operations[call.operation].parameters if call.operation in self.operations else ():
                if one.name in call.arguments:
                    yield call.arguments[one.name], one.type

    def _looks(self, calls: Iterable[Call]) -> list[Call]:
        """Return calls that look at what calls before them have done."""
        self.generator.begin()
        self.generator.reuse = 0.9
        self._come_near(calls)
        names = [one for one in self.operations if not self.changing[one]] or list(self.operations)
        return [one for one in (self.call(name) for name in names for _ in range(2)) if one is not None]

    def _come_near(self, calls: Iterable[Call]) -> None:
        for one in calls:
            operation = self.operations.get(one.operation)
            for parameter in operation.parameters if operation else ():
                if parameter.name in one.arguments:
                    self.generator.near.learn(one.arguments[parameter.name], parameter.type, parameter.name)

    def variation(self, start: Start) -> Sequence:
        """Return a sequence near to one that is worth it: a few arguments changed, calls added, left out, repeated."""
        self.generator.begin()
        calls = list(self.chance.choice(self.corpus).calls)[-24:]
        self._come_near(calls)
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self._vary(calls)
        names = [one for one in self.operations if not self.changing[one]] or list(self.operations)
        calls += [one for one in (self.call(self.chance.choice(names)) for _ in range(3)) if one is not None]
        return Sequence(tuple(one for one in calls if one.operation in self.operations), start)

    def _vary(self, calls: list[Call]) -> None:
        place, kind = self.chance.randrange(len(calls)) if calls else 0, self.chance.random()
        if kind < 0.15 or not calls:
            made = self.call(self.chance.choice(list(self.operations)))
            calls[place:place] = [made] if made else []
        elif kind < 0.25:
            del calls[place]
        elif kind < 0.35:
            calls.insert(self.chance.randint(0, len(calls)), calls[place])
        else:
            calls[place] = self._varied(calls[place])

    def _varied(self, call: Call) -> Call:
        operation = self.operations.get(call.operation)
        if operation is None or not operation.parameters:
            return call
        for _ in range(TRIES):
            one = self.chance.choice(operation.parameters)
            given = call.arguments.get(one.name, one.default)
            made = (
                self.generator.make(one.type, one.name)
                if one.name not in call.arguments
                else self.generator.change(given, one.type, one.name)
            )
            arguments = {**call.arguments, one.name: made}
            if self.fits(operation, arguments):
                return Call(call.operation, arguments)
        return call


def pieces_of(text: str) -> list[str]:
    """Return short pieces of a text: what looks for one text in another meets itself there.

    >>> pieces_of("banana")
    ['ba', 'an', 'na', 'ban', 'ana', 'nan']
    """
    found = dict.fromkeys(text[place : place + length] for length in (2, 3) for place in range(len(text) - length + 1))
    return list(found)[:PIECES_MAX]


def size_of(value: Any) -> float:
    """Return the largest number in a value, or the length of its longest text or collection.

    >>> size_of({"count": -7, "names": ("a", "long name")})
    9
    """
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, (int, float)):
        return abs(value)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return max(len(value), *map(size_of, value), *map(size_of, value.values())) if value else 0
    if isinstance(value, (tuple, frozenset)):
        return max(len(value), *map(size_of, value)) if value else 0
    return max((size_of(getattr(value, name)) for name in fields_of(type(value)) or ()), default=0)


def _can_travel(arguments: Mapping[str, Any]) -> bool:
    """Say whether no number is beyond 64 bits: such a value reaches no cell over any border."""
    return all(not isinstance(one, int) or -(2**63) <= one < 2**64 for one in arguments.values())


def _shape(data: Any, depth: int = 0) -> Any:
    if isinstance(data, list):
        return (min(len(data), 3), *(_shape(one, depth + 1) for one in data[:2] if depth < 2))
    if isinstance(data, dict):
        of = data.get("of")
        inside = tuple(_shape(one, depth + 1) for one in of.values()) if isinstance(of, dict) and depth < 2 else ()
        return (data.get("$"), *inside)
    if isinstance(data, bool) or data is None:
        return data
    if isinstance(data, str):
        return ("str", min(len(data), 1))
    return (type(data).__name__, (data > 0) - (data < 0))
