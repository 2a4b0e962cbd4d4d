"""Changes: forms near to a form: of its kind, changed in one part by chance, or with telling values in the place of a part.

Why: what differs for inputs of one shape differs for some that are one step away from what people gave.
Not here: forms of a kind that need no model (`making`), smaller forms (`reduction`).
"""

import builtins
import re
from collections.abc import Callable
from typing import Any

from planaria.witness.script.form import Code, Form, Made, is_key, parts, replaced
from planaria.witness.script.kind import of_form
from planaria.witness.script.stock import FLOATS, INTEGERS, ITEMS_MAX, TEXTS, Key, Stock

TEXT_MAX, SAME = 400, 8


def changed(form: Form, key: Key, stock: Stock, depth: int = 0) -> Form:
    """Return a form near to one: of its kind, changed in one part.

    >>> from random import Random
    >>> from planaria.witness.script.subject import Subjects
    >>> stock = Stock(Random(1), Subjects())
    >>> changed(True, ("f", "x"), stock), type(changed([1, 2], ("f", "x"), stock)).__name__
    (False, 'list')
    """
    if form is None or isinstance(form, bool):
        return None if form is None else not form
    recipe = RECIPES.get(type(form), _changed_other)
    return recipe(form, key, stock, depth)


def _integer(form: int, key: Key, stock: Stock, _: int) -> int:
    seen = [one for each in stock.given.get(key, ())[:20] for one, _ in parts(each) if type(one) is int]
    return stock.chance.choice(
        (
            form + 1, form - 1, -form, form * 2, form // 2, form * 10, 0, 1, 2, stock.integer(), stock.integer(),
            stock.chance.choice(seen or [form + 2]),
        )
    )  # fmt: skip


def _decimal(form: float, _: Key, stock: Stock, __: int) -> float:
    return stock.chance.choice(
        (
            form + 1, form - 1, -form, form / 2, form * 2, float(round(form)), round(form + 0.01, 6), round(form - 0.001, 6),
            round(form + 0.5, 6), stock.decimal(),
        )
    )  # fmt: skip


def _text(text: str, key: Key, stock: Stock, _: int) -> str:
    chance, signs = stock.chance, stock.signs(key)
    place = chance.randint(0, len(text))
    words = text.split(" ")
    at = chance.randrange(len(words))
    before, after = text[:place], text[place + 1 :]
    recipes: tuple[Callable[[], str], ...] = (
        lambda: before + chance.choice(signs) + text[place:], lambda: before + after, lambda: before,
        lambda: before + chance.choice(signs) + after, lambda: text[::-1], lambda: text + text, lambda: text[place:], text.swapcase,
        lambda: before + text[place : place + 1] * 2 + after, lambda: " ".join(words[:at] + words[at + 1 :]),
        lambda: " ".join([*words[:at], words[at], *words[at:]]), lambda: " ".join(chance.sample(words, len(words))),
        lambda: stock.text(key),
        lambda: text + chance.choice(signs), lambda: chance.choice(signs) + text,
        lambda: before + str(chance.choice(stock.constants["str"] or [" "])) + text[place:],
    )  # fmt: skip
    return chance.choice(recipes)()[:TEXT_MAX]


def _bytes(form: bytes, key: Key, stock: Stock, depth: int) -> bytes:
    return _text(form.decode("latin-1"), key, stock, depth).encode("utf-8")


def _items(form: Any, key: Key, stock: Stock, depth: int) -> Any:
    items, chance, kind = list(form), stock.chance, type(form)
    if not items:
        return _seen(form, key, stock, (kind,))
    place, what = chance.randrange(len(items)), chance.randrange(11)
    if what < 4 or is_fixed(form):
        items[place] = changed(items[place], key, stock, depth + 1)
    elif what == 6:
        chance.shuffle(items)
    elif what == 7:
        items.insert(chance.randint(0, len(items)), changed(items[place], key, stock, depth + 1))
    else:
        recipes: dict[int, Callable[[], Any]] = {
            4: lambda: replaced(items, place), 5: lambda: replaced(items, place, chance.choice(items), items[place]),
            8: lambda: items * 2 if len(items) <= ITEMS_MAX // 2 else items[:place],
            9: lambda: chance.choice(([], items[:1], items[:place], items[::-1], sorted(items, key=repr), items[-1:])),
            10: lambda: replaced(items, place, chance.choice(items)),
        }  # fmt: skip
        items = recipes[what]()
    return kind(items)


def _seen(form: Form, key: Key, stock: Stock, kinds: tuple[type, ...]) -> Form:
    """Return something of a kind that was seen for the parameter, if anything."""
    found = [one for one in stock.seen.get(key, ()) if isinstance(one, kinds) and one]
    return stock.chance.choice(found) if found else form


def is_fixed(form: Form) -> bool:
    """Say whether a form is a tuple whose places have kinds of their own.

    >>> is_fixed((1, "a")), is_fixed((1, 2)), is_fixed([1, "a"])
    (True, False, False)
    """
    return isinstance(form, tuple) and len({of_form(one).name for one in form}) > 1


def _set(form: set[Any], key: Key, stock: Stock, depth: int) -> set[Any]:
    return {one for one in _items(list(form), key, stock, depth) if is_key(one)}


def _pairs(form: dict[Any, Form], key: Key, stock: Stock, depth: int) -> Form:
    if not form:
        return _seen(form, key, stock, (dict,))
    pairs, what = dict(form), stock.chance.randrange(6)
    name = stock.chance.choice(list(pairs))
    if what == 0:
        del pairs[name]
    elif what == 1:
        other = changed(name, key, stock, depth + 1)
        pairs |= {other: pairs[name]} if is_key(other) else {}
    else:
        pairs[name] = changed(pairs[name], key, stock, depth + 1)
    return pairs


def _changed_other(form: Form, key: Key, stock: Stock, depth: int) -> Form:
    if not isinstance(form, Made) or not (form.given or form.named):
        return _seen(form, key, stock, (Code, Made))
    place = stock.chance.randrange(len(form.given) + len(form.named))
    owner = stock.subjects.classes.get(form.callee)
    if place < len(form.given):
        inner = (form.callee, owner.maker.parameters[place].name) if owner and place < len(owner.maker.parameters) else key
        return Made(form.callee, replaced(form.given, place, changed(form.given[place], inner, stock, depth + 1)), form.named)
    at = place - len(form.given)
    name, one = form.named[at]
    return Made(form.callee, form.given, replaced(form.named, at, (name, changed(one, key, stock, depth + 1))))


# One that shows what it is given, and in which order; and two that lack what most have: a name, a module.
TELLING = (Code("(lambda *given: given)"), Code("operator.itemgetter(0)"), Code("str.upper"))
FUNCTION = re.compile(r"\(?lambda\b|(operator|math)\.\w+$")
RECIPES: dict[type, Callable[[Any, Key, Stock, int], Form]] = {
    int: _integer, float: _decimal, str: _text, bytes: _bytes, list: _items, tuple: _items, set: _set, dict: _pairs,
}  # fmt: skip


def probes(form: Form, stock: Stock) -> list[Form]:
    """Return the forms of the kind of one that are always worth trying in its place: ends, constants, others' values.

    >>> from random import Random
    >>> from planaria.witness.script.subject import Subjects
    >>> probes([7], Stock(Random(1), Subjects()))[:4]
    [[], [7], [7], []]
    """
    if form is None or isinstance(form, bool):
        return [] if form is None else [True, False]
    known = stock.constants
    if isinstance(form, int):
        return [*known["int"][:40], *range(13), *INTEGERS]
    if isinstance(form, float):
        return [*known["float"][:20], *map(float, known["int"][:20]), *FLOATS]
    if isinstance(form, str):
        cuts = [form[:1], form[:-1], form[1:], form + form, form[::-1], form.upper(), form.lower(), form[:1] * 3]
        return [*cuts, *known["str"][:40], *TEXTS]
    if isinstance(form, (list, tuple)):
        return _probed_items(form, stock)
    if isinstance(form, dict) and form:
        some = list(form.items())
        return [{}, dict(some[:1]), *({**form, name: each} for name, one in some[:6] for each in probes(one, stock)[:25])]
    if isinstance(form, Code) and (FUNCTION.match(form.text) or callable(getattr(builtins, form.text, None))):
        return list(TELLING)
    return []


def _probed_items(form: Any, stock: Stock) -> list[Form]:
    if not form or is_fixed(form):
        return []
    items, first, last = list(form), form[0], form[-1]
    some: list[Any] = [
        [], items[:1], items[:2], items[:-1], items[1:], items[::-1], items * 2, items[:1] * SAME, [*items, first], [last, *items],
        *(replaced(items, place) for place in range(min(len(items), 6))),
    ]  # fmt: skip
    for each in probes(first, stock)[:40]:
        some += [[each], [*items, each], [each, *items[1:]], [each, each]]
    return list(map(type(form), some))
