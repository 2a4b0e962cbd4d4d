"""Conditions: the executable preconditions that a contract file states, by the name of what they belong to.

Why: an input outside its preconditions is nobody's business, so what differs there is no difference.
A contract is a class with `@operation` and `@requires`; a file of plain functions that carry `@requires`, or hold nothing but asserts,
serves as well. Conditions that need state are left to the code.
Not here: values and examples of a contract (`witness.script.agreement`).
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

Conditions = dict[str, list[tuple[tuple[str, ...], Any]]]
NAME = "__contract__"


def conditions_at(path: Path, name: str = "") -> Conditions:
    """Return the conditions in a file, of one class or of all that it holds; running the file is loading it.

    Raises:
        LookupError: where there is no such class.
    """
    module = sys.modules[NAME] = ModuleType(NAME)  # where its own dataclasses look for it
    module.__file__ = str(path)
    text = path.read_text(encoding="utf-8")
    exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - durable text that people review
    own = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == NAME]
    found: Conditions = {}
    for holder in [vars(module)[name]] if name else [module, *own]:
        for key, one in vars(holder).items():
            for condition in _conditions(one, str(path), text):
                found.setdefault(key, []).append(condition)
    return found


def _conditions(one: Any, path: str, text: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    marked = [each for each in getattr(one, "__planaria_conditions__", ()) if not each.stateful]
    yield from ((tuple(each.names), each.predicate) for each in marked)
    if not marked and inspect.isfunction(one) and one.__code__.co_filename == path and _only_asserts(one, text):
        names = tuple(inspect.signature(one).parameters)
        before = (None,) if names[:1] == ("self",) else ()
        yield names[len(before) :], lambda **given: (one(*before, **given), True)[1]  # it raises where it does not hold


def _only_asserts(function: Any, text: str) -> bool:
    lines = text.splitlines(keepends=True)[function.__code__.co_firstlineno - 1 :]
    try:
        (tree,) = ast.parse(textwrap.dedent("".join(inspect.getblock(lines)))).body
    except (SyntaxError, ValueError):
        return False  # a part of a larger expression
    body = [one for one in getattr(tree, "body", ()) if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    stateful = any(isinstance(node, ast.Name) and node.id == "self" for one in body for node in ast.walk(one))
    return bool(body) and not stateful and all(isinstance(one, ast.Assert) for one in body)
