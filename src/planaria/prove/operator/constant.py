"""Constant: another one."""

import ast
from collections.abc import Iterator

from planaria.prove.operator.message import is_message
from planaria.prove.operator.shape import Change, Operator, Place


def other_constant(value: object) -> ast.Constant | None:
    """Give another constant of the same type for a flag, a text or a fraction."""
    match value:
        case bool():
            return ast.Constant(value=not value)
        case str():
            return ast.Constant(value="" if value else "XX")
        case bytes():
            return ast.Constant(value=b"" if value else b"XX")
        case float() if value + 1 != value:
            return ast.Constant(value=value + 1)
    return None


def _changes(node: ast.AST, place: Place) -> Iterator[Change]:
    value = node.value if isinstance(node, ast.Constant) else "..."
    # Without a key there is only a KeyError, without its marks a format is a TypeError.
    is_kept = place.field in ("keys", "slice", "test") or isinstance(getattr(place.parent, "op", None), ast.Mod)
    other = None if is_kept or (isinstance(value, str | bytes) and is_message(node, place)) else other_constant(value)
    if other:
        yield other


CONSTANT = Operator(
    name="constant",
    what="turns True and False, empties a text, adds one to a fraction",
    why="a literal is copied from memory, and only a test that looks at its effect can tell",
    before="', '.join(names)", after="''.join(names)",
    kinds=(ast.Constant, ast.JoinedStr), changes=_changes,
)  # fmt: skip
