"""Examples in docstrings and in README.md, run as tests.

Why: an example that is not run is a promise nobody keeps. One docstring is one test with names of its own, so that no
example leans on another; `await` may stand at the top level, because operations are asynchronous.
Not here: the examples inside contracts. They speak to a cell, and `planaria.testing` runs them in every placement.
"""

import ast
import asyncio
import doctest
import inspect
import io
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from types import CodeType, FunctionType
from typing import Any

from sybil import Document, Example, Region
from sybil.document import PythonDocStringDocument
from sybil.example import SybilFailure

_COMPARING = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_ERROR_NAME = re.compile(r"^(?:\w+\.)*(\w+)(?=:|$)")


class Docstrings(PythonDocStringDocument):
    """A source file of which only the docstrings count, those of operations apart."""

    @staticmethod
    def extract_docstrings(python_source_code: str) -> Iterator[tuple[int, int, str]]:
        contract_texts = set(_texts_of_contracts(ast.parse(python_source_code)))
        for start, end, text in PythonDocStringDocument.extract_docstrings(python_source_code):
            if text not in contract_texts:
                yield start, end, text


def _texts_of_contracts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef) and any(map(_is_operation, node.decorator_list)):
            yield ast.get_docstring(node, clean=False) or ""


def _is_operation(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called).rpartition(".")[2] in ("operation", "handles")


def docstring_examples(document: Document) -> Iterator[Region]:
    """Find the steps of one docstring (or text) and yield them as a single example."""
    steps = doctest.DocTestParser().get_examples(document.text)
    if steps:
        lines = document.text.splitlines(keepends=True)
        start = sum(map(len, lines[: steps[0].lineno]))
        yield Region(start, len(document.text), parsed=steps, evaluator=_run)


def _run(example: Example) -> None:
    names = dict(example.namespace)
    with asyncio.Runner() as runner:
        for step in example.parsed:
            got = _outcome(step, names, runner)
            options = _COMPARING
            for flag, wanted in step.options.items():
                options = options | flag if wanted else options & ~flag
            if not doctest.OutputChecker().check_output(_wanted(step), got, options):
                told = doctest.OutputChecker().output_difference(step, got, options)
                raise SybilFailure(example, f">>> {step.source}{told}")


def _wanted(step: doctest.Example) -> str:
    return step.want if step.exc_msg is None else _ERROR_NAME.sub(r"\1", step.exc_msg)


def _outcome(step: doctest.Example, names: dict[str, Any], runner: asyncio.Runner) -> str:
    code = compile(step.source, "<example>", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    printed = io.StringIO()
    display, sys.displayhook = sys.displayhook, sys.__displayhook__
    try:
        with redirect_stdout(printed):
            _execute(code, names, runner)
    except Exception as error:
        if step.exc_msg is None:
            raise
        told = "".join(traceback.format_exception_only(error))
        return _ERROR_NAME.sub(r"\1", told)
    finally:
        sys.displayhook = display
    return printed.getvalue() if step.exc_msg is None else "no error was raised\n"


def _execute(code: CodeType, names: dict[str, Any], runner: asyncio.Runner) -> None:
    """Run a step inside the loop, as `python -m asyncio` does; outside only if it starts a loop of its own."""
    step = FunctionType(code, names)

    async def inside() -> None:
        result = step()
        if code.co_flags & inspect.CO_COROUTINE:
            await result

    if {"asyncio", "run"} <= set(code.co_names):
        step()
    else:
        runner.run(inside())
