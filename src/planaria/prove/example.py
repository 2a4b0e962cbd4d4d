"""Examples: the `>>>` lines of a contract, run against a live cell.

Why: an example in a docstring is the first test of every generation, so it must run with `await` at the top level.
Not here: which generation is judged by them (the examples gate).
"""

import ast
import doctest
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """An example that did not give what it promises."""

    source: str
    want: str
    got: str


async def _evaluate(source: str, namespace: dict[str, Any]) -> str:
    """Run one example and return what a reader at the prompt would see."""
    tree = ast.parse(source, mode="exec")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(tree, "<example>", "exec", flags=flags)
    value = eval(code, namespace)  # noqa: S307 - an example is code of the contract, reviewed by people
    if inspect.iscoroutine(value):
        await value
    if last is None:
        return ""
    value = eval(compile(ast.Expression(last.value), "<example>", "eval", flags=flags), namespace)  # noqa: S307 - as above
    if inspect.iscoroutine(value):
        value = await value
    return "" if value is None else f"{value!r}\n"


async def run_examples(examples: Iterable[doctest.Example], namespace: dict[str, Any]) -> list[Mismatch]:
    """Run examples in order in one namespace and return those that did not give what they promise.

    >>> await run_examples(doctest.DocTestParser().get_examples(">>> 1 + 1\\n3\\n"), {})
    [Mismatch(source='1 + 1', want='3', got='2')]
    """
    found = []
    for example in examples:
        want = example.exc_msg if example.exc_msg is not None else example.want
        try:
            got = await _evaluate(example.source, namespace)
            agrees = example.exc_msg is None and CHECKER.check_output(want, got, FLAGS)
        except Exception as error:
            got = f"{type(error).__name__}: {error}\n"
            agrees = example.exc_msg is not None and CHECKER.check_output(want, got, FLAGS)
        if not agrees:
            found.append(Mismatch(source=example.source.strip(), want=want.strip(), got=got.strip()))
    return found
