"""Reduction: a script made as small as it can be while the two versions still differ at its last step.

Why: a witness is read by people; what is not needed for the difference hides its cause.
Not here: playing the candidates and judging them (given as a function).
"""

import itertools
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from planaria.witness.script.form import Code, Form, Made, replaced, size
from planaria.witness.script.step import Script, Step

AT_ONCE, ROUNDS_MAX, TRIES_MAX, WHOLE_MAX = 16, 60, 700, 1e15
Differs = Callable[[list[Script]], Awaitable[list[bool]]]


async def reduced(script: Script, differs: Differs, fits: Callable[[Script], bool]) -> Script:
    """Return the smallest script found that still differs and fits.

    >>> import asyncio
    >>> async def differs(scripts): return [one.steps[-1].given[0] > 3 for one in scripts]
    >>> begun = Script(steps=(Step(callee="f", given=(99,)),))
    >>> asyncio.run(reduced(begun, differs, lambda one: True)).lines
    ['f(4)']
    """
    best, tries = script, 0
    for _ in range(ROUNDS_MAX):
        smaller = (one for one in _smaller(best) if one.size < best.size and fits(one))
        found = None
        while found is None and tries <= TRIES_MAX and (some := list(itertools.islice(smaller, AT_ONCE))):
            tries += len(some)
            found = await _first(some, differs)
        if found is None:
            break
        best = found
    return best


async def _first(scripts: list[Script], differs: Differs) -> Script | None:
    found = [one for one, still in zip(scripts, await differs(scripts), strict=True) if still]
    return min(found, key=lambda one: one.size, default=None)


def _smaller(script: Script) -> Iterator[Script]:
    steps = script.steps
    last = len(steps) - 1
    needed = [one.target for one in steps if one.target]
    for count in (last // 2, last // 4, 1):
        for first in range(0, last if count else 0, max(count, 1)):
            left = (*steps[:first], *steps[min(first + count, last) :])
            if _stands(left, needed):
                yield script.with_steps(left)
    for place, step in enumerate(steps):
        for one in _smaller_steps(step):
            yield script.with_steps(replaced(steps, place, one))


def _stands(steps: tuple[Step, ...], targets: list[str]) -> bool:
    """Say whether every variable that is used is still bound."""
    bound: set[str] = set()
    for one in steps:
        if not ({*re.split(r"[().,\s]", one.text)} & {*targets}) - {one.target} <= bound:
            return False
        bound.add(one.target)
    return True


def _smaller_steps(step: Step) -> Iterator[Step]:
    if step.kind != "call":
        return
    for place in range(len(step.named)):
        yield replace(step, named=replaced(step.named, place))
    for place, form in enumerate(step.given):
        yield from (replace(step, given=replaced(step.given, place, one)) for one in smaller_forms(form))
    for place, (name, form) in enumerate(step.named):
        yield from (replace(step, named=replaced(step.named, place, (name, one))) for one in smaller_forms(form))


def smaller_forms(form: Form) -> Iterator[Form]:
    """Yield smaller forms of the same kind, the smallest leaps first.

    >>> list(smaller_forms(9))[:4]
    [0, 1, 2, 4]
    """
    if isinstance(form, (int, float)):
        yield from (one for one in dict.fromkeys(_smaller_numbers(form)) if size(one) < size(form))
    elif isinstance(form, (str, bytes)):
        yield from _smaller_text(form)
    elif isinstance(form, (list, tuple, set)):
        yield from map(type(form), _smaller_items(list(form)))
    elif isinstance(form, dict):
        yield from ({key: one for key, one in form.items() if key != name} for name in form)
        yield from ({**form, name: each} for name, one in form.items() for each in smaller_forms(one))
    elif isinstance(form, Made):
        for place, one in enumerate(form.given):
            yield from (Made(form.callee, replaced(form.given, place, each), form.named) for each in smaller_forms(one))
        yield from (Made(form.callee, form.given, replaced(form.named, place)) for place in range(len(form.named)))
    elif isinstance(form, Code) and form.text.startswith("lambda") and form.text != "lambda x: x":
        yield Code("lambda x: x")


def _smaller_numbers(form: float) -> tuple[float, ...]:
    if isinstance(form, bool):
        return ()
    if isinstance(form, int):
        return (0, 1, 2, form // 2, -form, -1, form // 10, form - 1 if form > 0 else form + 1)
    return (0.0, 1.0, float(int(form)) if abs(form) < WHOLE_MAX else 1.0, round(form, 1), form / 2, -form, 0.5)


def _smaller_text(text: Any) -> Iterator[Any]:
    if not text:
        return
    yield text[:0]
    for count in (len(text) // 2, len(text) // 4, 1):
        if count:
            yield from (text[:first] + text[first + count :] for first in range(0, len(text), count))
    if isinstance(text, str):
        for place, sign in enumerate(text[:40]):
            if sign not in "ab":
                yield from (text[:place] + other + text[place + 1 :] for other in "ab")


def _smaller_items(items: list[Form]) -> Iterator[list[Form]]:
    for count in (len(items), len(items) // 2, len(items) // 4, 1):
        if count:
            yield from (items[:first] + items[first + count :] for first in range(0, len(items), count))
    for place, one in enumerate(items[:60]):
        yield from (list(replaced(items, place, each)) for each in smaller_forms(one))
