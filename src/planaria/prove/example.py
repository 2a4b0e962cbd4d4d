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
    last = tree.body[-1].value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    del tree.body[len(tree.body) - (last is not None) :]
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(tree, "<example>", "exec", flags=flags)
    value = eval(code, namespace)  # noqa: S307 - an example is code of the contract, reviewed by people
    if inspect.iscoroutine(value):
        await value
    if last is None:
        return ""
    value = eval(compile(ast.Expression(last), "<example>", "eval", flags=flags), namespace)  # noqa: S307 - as above
    if inspect.iscoroutine(value):
        value = await value
    return "" if value is None else f"{value!r}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader at the prompt would see of one example, and whether it is an error."""

    text: str
    raised: bool = False


async def show_examples(sources: Iterable[str], namespace: dict[str, Any]) -> list[Shown]:
    r"""Run examples in order in one namespace and return what each shows.

    >>> await show_examples(["1 + 1", "1 / 0"], {})
    [Shown(text='2\n', raised=False), Shown(text='ZeroDivisionError: division by zero\n', raised=True)]
    """
    shown = []
    for source in sources:
        try:
            shown.append(Shown(text=await _evaluate(source, namespace)))
        except Exception as error:  # noqa: BLE001 - an example may be about any error
            shown.append(Shown(text=f"{type(error).__name__}: {error}\n", raised=True))
    return shown


def mismatch(example: doctest.Example, shown: Shown) -> Mismatch | None:
    r"""Compare what an example shows with what it promises.

    >>> mismatch(doctest.Example("1 + 1", "2"), Shown(text="2\n")) is None
    True
    """
    want = example.want if example.exc_msg is None else example.exc_msg
    if shown.raised is (example.exc_msg is not None) and CHECKER.check_output(want, shown.text, FLAGS):
        return None
    return Mismatch(source=example.source.strip(), want=want.strip(), got=shown.text.strip())


async def run_examples(examples: Iterable[doctest.Example], namespace: dict[str, Any]) -> list[Mismatch]:
    r"""Run examples in order in one namespace and return those that did not give what they promise.

    >>> await run_examples(doctest.DocTestParser().get_examples(">>> 1 + 1\n3\n"), {})
    [Mismatch(source='1 + 1', want='3', got='2')]
    """
    promised = list(examples)
    shown = await show_examples([one.source for one in promised], namespace)
    return [found for one, seen in zip(promised, shown, strict=True) if (found := mismatch(one, seen)) is not None]
