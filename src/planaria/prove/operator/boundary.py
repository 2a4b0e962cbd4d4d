"""Boundary: `<` for `<=`, `>` for `>=`, and back; the value on the edge falls to the other side."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place

OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    del place
    assert isinstance(node, ast.Compare), "it asks for comparisons"
    for position, one in enumerate(node.ops):
        if type(one) in OTHER:
            ops = [*node.ops[:position], OTHER[type(one)](), *node.ops[position + 1 :]]
            yield ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


BOUNDARY = Operator(
    name="boundary",
    what="moves the edge of a range by one value",
    why="the first and the last value of a range are where a rewrite slips, and no test stands exactly there",
    before="age < 18", after="age <= 18",
    kinds=(ast.Compare,), changes=_changes,
)  # fmt: skip
