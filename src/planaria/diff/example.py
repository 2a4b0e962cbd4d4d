"""Examples: a witness as a doctest that holds for the old version, to be pasted into a docstring or a contract.

Why: what was found once is kept best as a test that anybody can read; so it must hold as it stands.
Not here: how a witness is shown (`witness.script.likeness`), reading examples (`witness.script.seed`).
"""

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from planaria.witness.plain import KIND, OF, shown
from planaria.witness.script.form import Code, Form, Made
from planaria.witness.script.hunt import Difference
from planaria.witness.script.step import Step

SINGLE = (type(None), int, float, str, bytes)
NodeOf = Callable[[str], ast.AST | None]
WRITABLE = frozenset(
    ("list", "set", "dict", "float", "int", "bytes", "deque", "datetime", "date", "time", "timedelta", "Decimal", "UUID", "iterator")
)
UNORDERED = ("set", "dict")
NUMBER = re.compile(r"float\('(-?\w+)'\)")


def doctest_of(one: Difference, *, node_of: NodeOf = lambda _: None) -> str:
    r"""Return a witness as an example that holds for the old version; `node_of` gives the definition of a symbol.

    >>> step = Step(callee="f", given=([2],), symbol="f")
    >>> from planaria.witness.script.step import Script
    >>> facts = {"symbol": "f", "script": Script(steps=(step,)), "old": {"k": "completed", "value": 2}, "new": {}}
    >>> doctest_of(Difference(places=frozenset(), **facts))
    '>>> f([2])\n2'
    >>> doctest_of(Difference(places=frozenset(("arguments",)), **facts)).splitlines()
    ['>>> given = [2]', '>>> f(given)', '2', '>>> given', '[2]']
    """
    *before, last = one.script.steps
    lines = [f"import {name}" for name in one.script.imports]
    lines += [_line(step, node_of(step.symbol)) for step in before]
    names: dict[str, Form] = {}
    if "arguments" in one.places:
        last, names = _named(last)
        lines += [f"{name} = {form!r}" for name, form in names.items()]
    told = [_prompted(line) for line in lines]
    told += _outcome(_line(replace(last, target=""), node_of(last.symbol), is_last=True), one.old)
    after = one.old.get("after", ())
    for name, value in zip(names, after, strict=False) if len(after) == len(names) else ():
        told += _value(name, value)
    if not after:
        told += [part for name, form in names.items() for part in (f">>> {name}", repr(form)) if not isinstance(form, (Code, Made))]
    return "\n".join(told)


def _line(step: Step, node: ast.AST | None, *, is_last: bool = False) -> str:
    """Write a step; what an earlier one gives is not to be printed."""
    if step.kind == "do":
        return step.text
    call = f"{'await ' * isinstance(node, ast.AsyncFunctionDef)}{step.call}" if step.kind == "call" else step.text
    is_quiet = is_last or (node is not None and not any(map(_gives, ast.walk(node))))
    return call if is_quiet and not step.target else f"{step.target or '_'} = {call}"


def _gives(node: ast.AST) -> bool:
    return isinstance(node, (ast.Yield, ast.YieldFrom, ast.Lambda, ast.ClassDef)) or (
        isinstance(node, ast.Return) and node.value is not None
    )


def _named(step: Step) -> tuple[Step, dict[str, Form]]:
    """Return a call whose arguments that could change have names, and these."""
    names: dict[str, Form] = {}

    def name(form: Form) -> Form:
        if isinstance(form, (*SINGLE, Code)):
            return form
        names[f"given_{len(names) + 1}" if names else "given"] = form
        return Code([*names][-1])

    given = tuple(map(name, step.given))
    named = tuple((key, name(form)) for key, form in step.named)
    return replace(step, given=given, named=named), names


def _prompted(line: str) -> str:
    return "\n".join(f"{'...' if at else '>>>'} {part}" for at, part in enumerate(line.splitlines()))


def _outcome(line: str, old: Any) -> Iterator[str]:
    printed = [part or "<BLANKLINE>" for part in old.get("out", "").rstrip("\n").split("\n")] if old.get("out") else []
    if old["k"] == "failed":
        is_known = hasattr(builtins, old["error"])  # the names of others come with their modules
        line = _prompted(line) + ("" if is_known else "  # doctest: +IGNORE_EXCEPTION_DETAIL")
        yield from (line, "Traceback (most recent call last):", "  ...", f"{old['error']}: {old.get('text', '')}".rstrip(": "))
        return
    first, *others = _value(line, old.get("value"))
    yield from (first, *printed, *others)


def _value(line: str, value: Any) -> Iterator[str]:
    """Yield an expression and what it gives, in a form that is the same in each run."""
    kind = value[KIND] if isinstance(value, dict) else ""
    if value is None:
        yield _prompted(line)
    elif not _is_writable(value):
        yield _prompted(f"result = {line}")
        for name, one in value[OF].items() if kind.startswith("struct ") and isinstance(value[OF], dict) else ():
            if name.isidentifier() and name != "repr" and _is_writable(one):
                yield from _value(f"result.{name}", one)
    elif kind == "iterator":
        yield from _value(f"list({line})", {KIND: "list", OF: value[OF]})
    elif _has_order(value):
        yield from (_prompted(line), NUMBER.sub(r"\1", shown(value)))
    else:
        yield from (_prompted(f"{line} == {shown(value)}"), "True")


def _parts(value: Any) -> list[Any]:
    inside = value[OF] if isinstance(value, dict) else value
    return inside if isinstance(inside, list) else []


def _is_writable(value: Any) -> bool:
    is_known = not isinstance(value, dict) or value[KIND] in WRITABLE
    return is_known and all(map(_is_writable, _parts(value)))


def _has_order(value: Any) -> bool:
    if isinstance(value, dict) and value[KIND] in UNORDERED and len(value[OF]) > 1:
        return False
    return all(map(_has_order, _parts(value)))
