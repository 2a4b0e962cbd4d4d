"""Shrinking: fewer calls, then smaller arguments, as long as the difference stays.

Why: a witness is read by people and by the next attempt; what is not needed for the difference hides its cause.
Not here: what counts as the same difference (given as a function).
"""

import datetime as dt
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from planaria.kernel.contract import OperationDescription
from planaria.witness.call import Call, Sequence
from planaria.witness.plain import canonical, plain
from planaria.witness.pool import fields_of
from planaria.witness.scene import holds

TRIED_FIRST, TRIED_AT_ONCE = 4, 24
TRIES_MAX = 800
LONG = 40


async def shrunk(
    sequence: Sequence, operations: dict[str, OperationDescription], still_differs: Callable[[list[Sequence]], Awaitable[list[bool]]]
) -> Sequence:
    """Return a smallest sequence for which `still_differs`; the last call is the one that shows the difference."""
    known: set[str] = {_key(sequence)}
    found: Sequence | None = sequence
    while found is not None:
        sequence, found, at_once = found, None, TRIED_FIRST
        smaller = _fresh(_smaller_sequences(sequence, operations), known)
        while found is None and len(known) < TRIES_MAX and (tried := list(itertools.islice(smaller, at_once))):
            differing = await still_differs(tried)
            found = next((one for one, differs in zip(tried, differing, strict=True) if differs), None)
            at_once = min(at_once * 2, TRIED_AT_ONCE)
    return sequence


def _fresh(sequences: Iterator[Sequence], known: set[str]) -> Iterator[Sequence]:
    for one in sequences:
        key = _key(one)
        if key not in known:
            known.add(key)
            yield one


def _key(sequence: Sequence) -> str:
    return canonical(
        [sequence.start, [[one.operation, {name: plain(each) for name, each in one.arguments.items()}] for one in sequence.calls]]
    )


def _smaller_sequences(sequence: Sequence, operations: dict[str, OperationDescription]) -> Iterator[Sequence]:
    calls = sequence.calls
    if sequence.start == "copy":
        yield replace(sequence, start="fresh")
    size = len(calls) // 2
    while size:
        for first in range(0, len(calls) - 1, size):
            yield replace(sequence, calls=calls[:first] + calls[min(first + size, len(calls) - 1) :])
        size //= 2
    for place in range(len(calls) - 1, -1, -1):
        for one in _smaller_calls(calls[place], operations[calls[place].operation]):
            yield replace(sequence, calls=(*calls[:place], one, *calls[place + 1 :]))


def _smaller_calls(call: Call, operation: OperationDescription) -> Iterator[Call]:
    for parameter in operation.parameters:
        if parameter.name not in call.arguments:
            continue
        others = {name: one for name, one in call.arguments.items() if name != parameter.name}
        if not parameter.required and holds(operation, others):
            yield Call(call.operation, others)
        for one in smaller_values(call.arguments[parameter.name]):
            arguments = {**call.arguments, parameter.name: one}
            if holds(operation, arguments):
                yield Call(call.operation, arguments)


def smaller_values(value: Any) -> Iterator[Any]:
    """Yield values of the same type that are simpler, the simplest first.

    >>> list(smaller_values((1,)))
    [(), (0,)]
    """
    known: set[str] = set()
    for one in _smaller(value):
        text = repr(one)
        if text not in known:
            known.add(text)
            yield one


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        return iter((False,) if value else ())
    if type(value) in (int, float):
        return _smaller_numbers(value)
    if isinstance(value, str):
        return _smaller_texts(value)
    if isinstance(value, bytes):
        return (one.encode("latin-1") for one in _smaller_texts(value.decode("latin-1")))
    if isinstance(value, tuple):
        return _smaller_items(value)
    if isinstance(value, frozenset):
        return (frozenset(one) for one in _smaller_items(tuple(sorted(value, key=repr))))
    return _smaller_records(value)


def _smaller_numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (one for one in (0, 1, value // 2, value - 1, -value) if abs(one) < abs(value) or value < 0 <= one == -value)
    else:
        near = (0.0, 1.0, float(int(value)), round(value, 1))
        yield from (one for one in near if len(repr(one)) < len(repr(value)) or abs(one) < abs(value))


def _smaller_records(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from ({key: one for key, one in value.items() if key != left} for left in value)
        yield from ({**value, key: smaller} for key, one in value.items() for smaller in smaller_values(one))
    elif isinstance(value, dt.datetime):
        yield from (one for one in (value.replace(microsecond=0), value.replace(hour=0, minute=0, second=0, microsecond=0)) if one != value)
    else:
        given = {name: getattr(value, name) for name in fields_of(type(value)) or ()}
        for name, one in given.items():
            yield from (type(value)(**{**given, name: smaller}) for smaller in smaller_values(one))


def _smaller_texts(text: str) -> Iterator[str]:
    if not text:
        return
    yield ""
    if len(text) > LONG:
        yield "a" * len(text)
    if len(text) > 1:
        yield from sorted(set(text), key=lambda sign: (sign.isalnum(), sign))[:LONG]
        middle = len(text) // 2
        yield from (text[:middle], text[middle:])
        eighth = len(text) // 8
        yield from (text[:-eighth], text[:-1]) if eighth else ()
        if len(text) <= LONG:
            yield from (text[:place] + text[place + 1 :] for place in range(len(text)))
    words = text.split(" ")
    if len(words) > 2:
        yield from (" ".join(words[:place] + words[place + 1 :]) for place in range(min(len(words), LONG)))
    for place, letter in enumerate(text[:LONG]):
        if letter.isalnum() and letter != "a":
            yield f"{text[:place]}a{text[place + 1 :]}"


def _smaller_items(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if items:
        yield ()
    if len(items) > 1:
        yield from (items[: len(items) // 2], items[len(items) // 2 :])
        yield from (items[:place] + items[place + 1 :] for place in range(len(items)))
    for place, one in enumerate(items[:12]):
        yield from ((*items[:place], smaller, *items[place + 1 :]) for smaller in smaller_values(one))
