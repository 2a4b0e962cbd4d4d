"""Awaiting: forgotten."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.shape import Change, Operator, Place


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    if isinstance(node, ast.Await) and not isinstance(place.parent, ast.Expr):  # `statement` drops those
        yield node.value


AWAITING = Operator(
    name="awaiting",
    what="leaves out an await",
    why="the code reads the same, but a coroutine is always true and never runs",
    before="if await is_allowed(user):\n    open_door()", after="if is_allowed(user):\n    open_door()",
    kinds=(ast.Await,), changes=_changes,
)  # fmt: skip
