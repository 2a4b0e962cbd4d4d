"""What every test here shares, and the examples of every docstring in src/ and of README.md as tests."""

from sybil import Sybil

from tests.docstring import Docstrings, docstring_examples

pytest_plugins = ["planaria.testing.fixtures", "tests.floor", "tests.loopback", "tests.reviewed"]

SOURCES = Sybil([docstring_examples], path="src", patterns=["*.py"], document_types={".py": Docstrings})
README = Sybil([docstring_examples], filenames=["README.md"])

pytest_collect_file = (SOURCES + README).pytest()
