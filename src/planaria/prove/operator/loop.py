"""Loop: no turn, or one."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place

LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def is_pace(node: ast.AugAssign, place: Place) -> bool:
    """Say whether a `while` around the statement waits for its variable: without it the loop has no end."""
    tests = (one.test for one in place.parents if isinstance(one, ast.While))
    return any(ast.unparse(node.target) == ast.unparse(one) for test in tests for one in ast.walk(test))


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    match node, place.parent:
        case ast.expr(), ast.For(iter=iterated) if node is iterated:
            yield ast.Tuple(elts=[], ctx=ast.Load())
        case ast.stmt(), (ast.For(body=[*_, last]) | ast.AsyncFor(body=[*_, last]) | ast.While(body=[*_, last])) if node is last:
            if not isinstance(node, LEAVES):
                yield [node, ast.Break()]


LOOP = Operator(
    name="loop",
    what="lets a for loop run for no element; ends a loop after one turn",
    why="a return that slips into a loop leaves all but the first undone, and tests with one element agree",
    before="for line in order:\n    total += line", after="for line in order:\n    total += line\n    break",
    kinds=(ast.expr, ast.stmt), changes=_changes,
)  # fmt: skip
