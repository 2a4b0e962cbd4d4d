"""Connective: the other one, or one operand less."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, _: Place) -> Iterator[Change]:
    assert isinstance(node, ast.BoolOp), "it asks for chains of and, or"
    for one in node.values:
        rest = [other for other in node.values if other is not one]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest)
    yield ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values)


CONNECTIVE = Operator(
    name="connective",
    what="drops one operand of and, or; takes one for the other",
    why="of two conditions a rewrite keeps the one that the prompt spoke of",
    before="paid and in_stock", after="paid",
    kinds=(ast.BoolOp,), changes=_changes,
)  # fmt: skip
