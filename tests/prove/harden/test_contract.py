"""Examples added to the docstrings of a contract."""

import ast

from planaria.prove.harden.contract import with_example

CONTRACT = '''class Shelf(Contract):
    """A shelf."""

    @operation()
    async def size(self) -> int:
        """Count."""
        raise NotImplementedError

    @operation()
    async def put(self, name: str) -> int:
        """Put a book there.

        >>> await shelf.put("a")
        1
        """
        raise NotImplementedError
'''


def documents(text):
    return {one.name: ast.get_docstring(one) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.AsyncFunctionDef)}


def test_an_example_follows_the_words_after_an_empty_line():
    text = with_example(CONTRACT, "size", [">>> await shelf.size()", "0"])
    assert documents(text) == {**documents(CONTRACT), "size": "Count.\n\n>>> await shelf.size()\n0"}


def test_an_example_follows_the_examples_that_are_there():
    text = with_example(CONTRACT, "put", ['>>> await shelf.put("")', "0"])
    assert documents(text)["put"].endswith('>>> await shelf.put("a")\n1\n>>> await shelf.put("")\n0')


def test_all_else_stays_as_it_was():
    added = ["        >>> await shelf.size()", "        0"]
    lines = with_example(CONTRACT, "size", [one.strip() for one in added]).splitlines()
    assert [one for one in lines if one not in added] == CONTRACT.replace('"""Count."""', '"""Count.\n\n        """').splitlines()


def test_what_would_end_the_docstring_or_needs_a_backslash_is_not_carried():
    assert with_example(CONTRACT, "size", ['>>> await shelf.size("""x""")']) is None
    assert with_example(CONTRACT, "size", [">>> await shelf.size('\\n')"]) is None
