"""Options: calls near to those of people: with an argument more, one less, or one of another sort.

Why: people show a function with few of its options, and a mutant hides where two of them meet; what a function refuses is told by an error
that nobody asked for; and what copies its input is only seen to do so by an iterator.
Not here: other values of the same sort for the arguments that are there (`witness.script.unit`).
"""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from planaria.witness.script.change import probes
from planaria.witness.script.form import Code, Form, replaced
from planaria.witness.script.making import Maker, pairs
from planaria.witness.script.step import Script, Step
from planaria.witness.script.subject import Function, Parameter

VALUES_MAX = 6
MANY = (list, tuple, set, dict, str)
FOREIGN, UNKNOWN = "€", "unexpected"
STRANGE: tuple[Form, ...] = (
    None,
    0,
    1,
    -1,
    2,
    0.5,
    -1.0,
    True,
    "",
    "a",
    b"",
    [],
    [1, 2],
    [None, "a"],
    (),
    {},
    Code("lambda x: x"),
    Code("object()"),
)


def with_options(script: Script, maker: Maker, wanted: Collection[str]) -> Iterator[Script]:
    """Yield a script with each call of what is wanted varied by its options."""
    for place, step in enumerate(script.steps):
        function = maker.subjects.callable_at(step.symbol) if step.kind == "call" and step.symbol in wanted else None
        for one in variants(function, step, maker) if function else ():
            yield replace(script.with_steps(replaced(script.steps, place, one)), source="generated")


def variants(function: Function, step: Step, maker: Maker, others: tuple[Form, ...] = ()) -> Iterator[Step]:
    """Yield a call with other options, and with something of every sort, `others` too, in the place of each argument."""
    yield from _varied(function, step, maker)
    for one in (step, _bare(function, step)):
        yield from _strange(function, one, (*others, *STRANGE))


def _varied(function: Function, step: Step, maker: Maker) -> Iterator[Step]:
    known = {parameter.name for parameter, _ in pairs(function, step)} | {name for name, _ in step.named}
    for one in function.parameters:
        if not one.is_rest and one.name not in known:
            yield from (replace(step, named=(*step.named, (one.name, form))) for form in _values(function, one, maker))
    for place, (name, form) in enumerate(step.named):
        if isinstance(form, bool):
            yield replace(step, named=replaced(step.named, place, (name, not form)))
        yield replace(step, named=replaced(step.named, place))
    for place, form in enumerate(step.given):
        yield from (replace(step, given=replaced(step.given, place, one)) for one in _otherwise(form))
    yield from (replace(step, given=step.given[:count]) for count in range(len(step.given)) if not step.named)


def _strange(function: Function, step: Step, forms: Iterable[Form]) -> Iterator[Step]:
    """Yield a call with something of every sort in the place of each argument, and of each option that it leaves out."""
    known = {parameter.name for parameter, _ in pairs(function, step)} | {name for name, _ in step.named}
    absent = [one.name for one in function.parameters if not one.is_rest and one.name not in known]
    absent += [one for one in _in_keywords(function) if one not in known]
    for form in forms:
        yield from (replace(step, given=replaced(step.given, place, form)) for place in range(len(step.given)))
        yield from (replace(step, named=replaced(step.named, place, (name, form))) for place, (name, _) in enumerate(step.named))
        yield from (replace(step, named=(*step.named, (name, form))) for name in absent)
    if UNKNOWN in absent:
        yield replace(step, named=(*step.named, (UNKNOWN, 1), ("other", 2)))


def _bare(function: Function, step: Step) -> Step:
    """Return a call without its options."""
    required = {one.name for one in function.parameters if one.is_required or one.is_rest}
    count = sum(parameter.name in required for parameter, _ in pairs(function, step)[: len(step.given)])
    return replace(step, given=step.given[:count], named=tuple(one for one in step.named if one[0] in required))


def _in_keywords(function: Function) -> list[str]:
    """Return the names that a function looks up in its keyword arguments, and one that it does not know."""
    node = function.node
    if node is None or node.args.kwarg is None:
        return []
    found: list[str] = []
    for one in ast.walk(node):
        match one:
            case (
                ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=[ast.Constant(value=str(key)), *_])
                | ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)))
            ) if name == node.args.kwarg.arg and key.isidentifier():
                found.append(key)
    return [*dict.fromkeys(found), UNKNOWN]


def _otherwise(form: Form) -> Iterator[Form]:
    """Yield what a function may take as well: an iterator, another collection, a text beyond ASCII, bytes."""
    if isinstance(form, MANY):
        yield Code(f"iter({form!r})")
    if isinstance(form, str):
        yield from (form + FOREIGN, form.encode())
    elif isinstance(form, (list, tuple)):
        yield (list if isinstance(form, tuple) else tuple)(form)


def _values(function: Function, parameter: Parameter, maker: Maker) -> list[Form]:
    """Return values for a parameter that was left out: what its default is not, what others gave, what fits."""
    default = parameter.default.value if isinstance(parameter.default, ast.Constant) else None
    if isinstance(default, bool):
        return [not default]
    seen = maker.stock.seen.get((function.symbol, parameter.name), maker.stock.named.get(parameter.name, []))
    near = probes(default, maker.stock)[:VALUES_MAX] if default is not None else []
    return [*seen[:VALUES_MAX], *near, *(maker.make(function, parameter) for _ in range(VALUES_MAX))]
