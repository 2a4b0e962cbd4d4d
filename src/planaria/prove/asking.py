"""Asking: the expressions by which woven code asks the process that measures it, and where they stand.

Three builtins answer: `_planaria_mutant` (the number that is switched on; while reach is measured an object that notes to what it is
compared), `_planaria_step` (counts calls and turns of loops, and says whether functions are hollow) and `_planaria_hollow` (what a hollow
one gives).
Why: weaving mutants (`schemata`) and weaving notes (`note`) ask in the same way.
Not here: who answers (`measured.switch`).
"""

import ast
from collections.abc import Sequence
from typing import Any, TypeVar

N = TypeVar("N", bound=ast.AST)
MUTANT, STEP, HOLLOW = "_planaria_mutant", "_planaria_step", "_planaria_hollow"
PLACED = (ast.stmt, ast.expr, ast.keyword, ast.excepthandler, ast.arg, ast.alias, ast.pattern)


def loaded(name: str) -> ast.expr:
    """Return the value of a name."""
    return ast.Name(id=name, ctx=ast.Load())


def is_on(number: int) -> ast.expr:
    """Return the question whether a switch is on.

    >>> ast.unparse(is_on(7))
    '_planaria_mutant == 7'
    """
    return ast.Compare(left=loaded(MUTANT), ops=[ast.Eq()], comparators=[ast.Constant(number)])


def is_one_on(numbers: Sequence[int]) -> ast.expr:
    """Return the question whether one of several switches is on."""
    if len(numbers) == 1:
        return is_on(numbers[0])
    several = ast.Tuple(elts=[ast.Constant(one) for one in numbers], ctx=ast.Load())
    return ast.Compare(left=loaded(MUTANT), ops=[ast.In()], comparators=[several])


def stepped(function: int) -> ast.Call:
    """Return what counts a step, with a tuple that is made once."""
    told: Any = (function,)
    return ast.Call(func=loaded(STEP), args=[ast.Constant(told)], keywords=[])


def placed(node: N, where: ast.AST) -> N:
    """Give what is new the place of what it stands for; below a part that has a place, all have theirs."""
    left: list[ast.AST] = [node]
    while left:
        one = left.pop()
        if isinstance(one, PLACED):
            if hasattr(one, "lineno"):
                continue
            ast.copy_location(one, where)
        left += ast.iter_child_nodes(one)
    return node
