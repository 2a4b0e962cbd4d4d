"""Condition: always true, or always false."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    if place.field in ("test", "ifs", "guard") and not isinstance(place.parent, ast.Assert) and not isinstance(node, ast.Constant):
        yield ast.Constant(value=False)
        if not isinstance(place.parent, ast.While) and ":=" not in ast.unparse(node):  # it would have no end, or no name
            yield ast.Constant(value=True)


CONDITION = Operator(
    name="condition",
    what="makes a test of if, while, a filter or a case always true, or always false",
    why="the case that a rewrite forgets is the one whose condition no test sees both ways",
    before="if stock < wanted:\n    refuse()", after="if False:\n    refuse()",
    kinds=(ast.expr,), changes=_changes,
)  # fmt: skip
