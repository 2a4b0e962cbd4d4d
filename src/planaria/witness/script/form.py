"""Forms: arguments as they are written, so that each part of one can be changed and the whole is printed as Python.

Why: an argument may be a number, but also `Point(1, 2)` or `lambda x: x + 1`; what travels to an actor is the text of it.
Literals are themselves; `Made` is a call whose arguments are forms; `Code` is any other expression, kept as text.
Not here: which forms fit a parameter (`kind`), changing them (`making`).
"""

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Form = Any
T = TypeVar("T")
POWER_MAX, REPEAT_MAX, BITS_PLAIN = 200, 2000, 10_000
SEQUENCES: dict[type, Callable[[list[Any]], Any]] = {ast.List: list, ast.Tuple: tuple, ast.Set: set}
SUMS: dict[type, Callable[[Any, Any], Any]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


@dataclass(frozen=True, slots=True)
class Code:
    """An expression kept as text.

    >>> [Code("lambda x: x"), 1]
    [lambda x: x, 1]
    """

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Made:
    """A call that makes an argument.

    >>> Made("Point", (1, [2]), (("z", 3),))
    Point(1, [2], z=3)
    """

    callee: str
    given: tuple[Form, ...] = ()
    named: tuple[tuple[str, Form], ...] = ()

    def __repr__(self) -> str:
        return f"{self.callee}({written_arguments(self.given, self.named)})"


def written(form: Form) -> str:
    """Write a form as Python.

    >>> written({"a": (1.5, Code("float('inf')"))})
    "{'a': (1.5, float('inf'))}"
    """
    return repr(form)


def written_arguments(given: tuple[Form, ...], named: tuple[tuple[str, Form], ...]) -> str:
    """Write arguments as they stand between the brackets of a call.

    >>> written_arguments((1,), (("b", "x"),))
    "1, b='x'"
    """
    return ", ".join([*map(repr, given), *(f"{name}={one!r}" for name, one in named)])


def literal(node: ast.expr) -> Form:
    """Return the form of a literal; of anything else, and of numbers and texts too large to be plain, `Code`.

    >>> literal(ast.parse("[1, -2, 'a' * 3]", mode="eval").body)
    [1, -2, 'aaa']
    """
    try:
        return _literal(node)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return Code(ast.unparse(node))


def _literal(node: ast.expr) -> Form:
    if isinstance(node, ast.Constant):
        if node.value is Ellipsis or isinstance(node.value, complex):
            raise ValueError
        return _finite(node.value)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return SEQUENCES[type(node)]([_literal(one) for one in node.elts])
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError
        return {_literal(key): _literal(one) for key, one in zip(node.keys, node.values, strict=True) if key is not None}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _finite(-_literal(node.operand))
    if isinstance(node, ast.BinOp):
        return _finite(_operated(node))
    raise ValueError


def _operated(node: ast.BinOp) -> Form:
    left, right = _literal(node.left), _literal(node.right)
    if isinstance(node.op, ast.Pow) and all(type(one) is int and 0 <= one <= POWER_MAX for one in (left, right)):
        return left**right
    if isinstance(node.op, ast.Mult) and not all(isinstance(one, (int, float)) for one in (left, right)):
        times, other = (left, right) if isinstance(left, int) else (right, left)
        if times * len(other) > REPEAT_MAX:
            raise ValueError
        return other * times
    if type(node.op) not in SUMS:
        raise ValueError
    return SUMS[type(node.op)](left, right)


def _finite(value: Form) -> Form:
    if isinstance(value, float) and value - value != 0:
        return Code(f"float('{value}')")
    return value


def replaced(items: Sequence[T], place: int, *others: T) -> tuple[T, ...]:
    """Return items with those at a place replaced by others.

    >>> replaced((1, 2, 3), 1, 7), replaced("abc", 0)
    ((1, 7, 3), ('b', 'c'))
    """
    return (*items[:place], *others, *items[place + 1 :])


def children(form: Form) -> Iterator[Form]:
    """Yield the forms right inside a form.

    >>> list(children({"a": [2]})), list(children(Made("f", (1,), (("x", 2),))))
    (['a', [2]], [1, 2])
    """
    if isinstance(form, (list, tuple, set)):
        yield from form
    elif isinstance(form, dict):
        for pair in form.items():
            yield from pair
    elif isinstance(form, Made):
        yield from (*form.given, *(one for _, one in form.named))


def is_key(form: Form) -> bool:
    """Say whether a form may be in a set or a key of a dictionary.

    >>> is_key((1, "a")), is_key((1, []))
    (True, False)
    """
    try:
        hash(form)
    except TypeError:
        return False
    return True


def parts(form: Form, depth: int = 0) -> Iterator[tuple[Form, int]]:
    """Yield a form and every form inside it, with their depths.

    >>> list(parts([{"a": 2}]))
    [([{'a': 2}], 0), ({'a': 2}, 1), ('a', 2), (2, 2)]
    """
    yield form, depth
    for one in children(form):
        yield from parts(one, depth + 1)


def size(form: Form) -> int:
    """Return how large a form is to a reader: smaller is simpler.

    >>> size([0]) < size([7]) < size([7, 1]) < size([7, 1, "text"])
    True
    """
    if form is None or isinstance(form, bool):
        return 1
    if isinstance(form, int):
        return 1 + min(abs(form), 20) + 2 * len(str(abs(form))[:50]) + (form < 0) if form.bit_length() < BITS_PLAIN else 500
    if isinstance(form, float):
        return 2 + len(repr(form)) + (form < 0) + int(min(abs(form), 20))
    if isinstance(form, (str, bytes)):
        return 1 + 3 * len(form) + (sum(one not in "ab" for one in form) if isinstance(form, str) else 0)
    if isinstance(form, Code):
        return 5 + len(form.text)
    return (5 if isinstance(form, Made) else 2) + sum((2 if isinstance(form, dict) else 3) + size(one) for one in children(form))
