"""Makes the examples of every docstring in src/ and of README.md into tests."""

from sybil import Sybil

from tests.docstring import Docstrings, docstring_examples

pytest_collect_file = Sybil(
    parsers=[docstring_examples],
    patterns=["src/**/*.py", "README.md"],
    document_types={".py": Docstrings},
).pytest()
