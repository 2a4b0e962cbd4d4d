import pytest

from planaria.diff.reach import changed_operations

BEFORE = b'''"""A cell."""
LIMIT = 5
class Cell(Base):
    """Doc."""
    async def a(self):
        """Doc."""
        return help_a(LIMIT)
    async def b(self):
        return 1
def help_a(x):
    return x
'''


def changed(after, name="__init__.py"):
    return sorted(changed_operations(["a", "b"], {"__init__.py": BEFORE}, {name: after}))


@pytest.mark.parametrize(
    "old, new, where",
    [
        (b"LIMIT = 5", b"LIMIT = 6", ["a"]),
        (b"return x", b"return -x", ["a"]),
        (b"return 1", b"return 2", ["b"]),
        (b"return 1", b"return (1)  # the same", []),
        (b'"""Doc."""', b'"""Another."""', []),
        (b"(Base)", b"(Other)", ["a", "b"]),
        (b"LIMIT = 5", b"LIMIT = 5\nimport os", ["a", "b"]),
        (b"return x", b"return (", ["a", "b"]),
    ],
)
def test_an_operation_has_changed_where_something_it_reaches_has(old, new, where):
    assert changed(BEFORE.replace(old, new)) == where


def test_what_runs_when_a_cell_starts_is_reached_by_all():
    assert changed(BEFORE + b"\ndef on_start(): return LIMIT\n") == ["a", "b"]
    assert changed(BEFORE + b"\ndef __call__(): return 1\n") == ["a", "b"]


def test_files_that_are_no_python_are_reached_by_all():
    assert sorted(changed_operations(["a"], {"x.sql": b"1"}, {"x.sql": b"2"})) == ["a"]


def test_where_a_name_stands_does_not_matter():
    assert changed(BEFORE, name="other.py") == []
