from pathlib import Path

import pytest
from sybil import Document
from sybil.example import SybilFailure

from conftest import README, SOURCES
from tests.docstring import Docstrings, docstring_examples
from tests.tidy.rule import ROOT


def run(text: str) -> None:
    document = Document(text, "example.txt")
    for region in docstring_examples(document):
        document.add(region)
    examples = list(document.examples())
    assert len(examples) == 1
    examples[0].evaluate()


HOLDING = [
    ">>> 1 + 1\n2\n",
    ">>> import asyncio\n>>> async def twice(n): return n * 2\n>>> await twice(2)\n4\n",
    ">>> import asyncio\n>>> x = await asyncio.sleep(0, 7)\n>>> x, 1\n(7, 1)\n",
    ">>> import asyncio\n>>> asyncio.get_running_loop().is_running()\nTrue\n",
    ">>> import asyncio\n>>> async def one(): return 1\n>>> asyncio.run(one())\n1\n",
    ">>> print('a   b')\na b\n",
    ">>> list(range(20))\n[0, 1, ..., 19]\n",
    ">>> 1 / 0\nTraceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n",
    (">>> class Oops(Exception): pass\n>>> raise Oops('a\\nb')\nTraceback (most recent call last):\n  ...\nsome.where.Oops: a\nb\n"),
]


@pytest.mark.parametrize("text", HOLDING)
def test_an_example_that_holds_passes(text: str) -> None:
    run(text)


BROKEN = [
    ">>> 1 + 1\n3\n",
    ">>> import asyncio\n>>> await asyncio.sleep(0, 7)\n8\n",
    ">>> 1\nTraceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n",
    ">>> 1 / 0\nTraceback (most recent call last):\n  ...\nValueError: division by zero\n",
    ">>> 'quiet'\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_an_example_that_does_not_hold_fails(text: str) -> None:
    with pytest.raises(SybilFailure):
        run(text)


def test_an_error_nobody_expected_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run(">>> 1 / 0\n0\n")


def test_one_docstring_is_one_test_and_shares_no_names_with_another(tmp_path: Path) -> None:
    path = tmp_path / "lone_module.py"
    path.write_text('def f():\n    """.\n\n    >>> x = 1\n    """\n\n\ndef g():\n    """.\n\n    >>> x\n    1\n    """\n')
    document = Docstrings.parse(str(path), docstring_examples)
    document.evaluators.clear()
    first, second = document.examples()
    assert (first.line, second.line) == (4, 11)
    first.evaluate()
    with pytest.raises(NameError):
        second.evaluate()


def test_an_operation_is_left_to_the_cells_own_suite(tmp_path: Path) -> None:
    path = tmp_path / "lone_contract.py"
    path.write_text(
        "class Cart:\n    @operation(idempotent=True)\n    async def add(self):\n"
        '        """Add.\n\n        >>> await cart.add()\n        """\n'
    )
    assert not list(Docstrings.parse(str(path), docstring_examples).examples())


@pytest.mark.parametrize("path", ["src/planaria/__init__.py", "src/planaria/kernel/error.py", "src/planaria/a/b/c/d.py"])
def test_sources_at_every_depth_are_read(path: str) -> None:
    assert SOURCES.should_parse(ROOT / path)
    assert not SOURCES.should_parse(ROOT / path.replace("src/", "tests/"))
    assert README.should_parse(ROOT / "README.md")
