"""Narrowing: the smallest part of a statement that a change alters.

Why: a person is shown a mutant as a line of a diff, and a proposer as a place, so both should hold no more than what differs.
Not here: making mutants (`schemata`), showing them (`mutant`).
"""

import ast
from collections.abc import Sequence
from typing import Any


def narrowed(old: ast.AST, new: list[Any]) -> tuple[Sequence[ast.AST], Sequence[ast.AST]]:
    """Return the smallest part of a statement that a change alters, and what takes its place.

    >>> old, new = ast.parse("a = f(1)").body[0], ast.parse("a = f(2)").body
    >>> [[ast.unparse(one) for one in part] for part in narrowed(old, new)]
    [['f(1)'], ['f(2)']]
    """
    if isinstance(old, ast.expr):
        return [old], new
    if isinstance(old, ast.Try) and list(map(ast.dump, new)) == list(map(ast.dump, old.body)):
        return old.finalbody or [old], [] if old.finalbody else new
    if len(new) != 1 or type(new[0]) is not type(old):
        return [old], new
    differing = [name for name, value in ast.iter_fields(old) if _dump(value) != _dump(getattr(new[0], name))]
    if len(differing) != 1:
        return [old], new
    mine, other = getattr(old, differing[0]), getattr(new[0], differing[0])
    if isinstance(mine, ast.expr) and isinstance(other, ast.expr):
        return [mine], [other]
    if not isinstance(mine, list) or not mine:
        return [old], new
    if isinstance(mine[0], ast.stmt):
        return mine, other
    pairs = [(one, each) for one, each in zip(mine, other, strict=False) if ast.dump(one) != ast.dump(each)]
    if len(mine) == len(other) and len(pairs) == 1:
        part, with_ = narrowed(pairs[0][0], [pairs[0][1]])
        return (part, with_) if hasattr(part[0], "lineno") else ([old], new)
    return [old], new


def _dump(value: Any) -> Any:
    if isinstance(value, list):
        return [_dump(one) for one in value]
    return ast.dump(value) if isinstance(value, ast.AST) else value
