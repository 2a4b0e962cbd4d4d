import pytest

from planaria.diff.effect.change import effect_findings
from planaria.diff.version import Version


def told(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str]]:
    sides = [Version(label="", files={name: text.encode() for name, text in one.items()}) for one in (old, new)]
    return [(one.level, one.what) for one in effect_findings(*sides)]


CASES = [
    ("import pytest", "warning", "it imports the package pytest now; pytest"),
    ("try:\n  import msgspec\nexcept ImportError: msgspec = None", "warning", "it imports the optional package msgspec now; msgspec"),
    ("def f():\n  from zzzz.x import y", "warning", "it imports the package zzzz now; its licence is not known here"),
    ("import json, a.b\nfrom . import c", "", ""),
    ("if TYPE_CHECKING:\n  import zzzz", "", ""),
]


@pytest.mark.parametrize("text, level, what", CASES)
def test_a_package_that_is_imported_anew_is_a_warning_with_its_licence(text: str, level: str, what: str) -> None:
    found = told({"a/__init__.py": ""}, {"a/__init__.py": text})
    assert [one for one, _ in found] == ([level] if level else [])
    assert all(one.startswith(what) for _, one in found)


def test_the_licence_is_named() -> None:
    (found,) = told({"a.py": ""}, {"a.py": "import pytest"})
    assert found[1].endswith(" has the licence MIT")


def test_a_package_that_is_no_longer_needed_is_a_note() -> None:
    assert told({"a.py": "import zzzz"}, {"a.py": ""}) == [("info", "it no longer imports the package zzzz")]


@pytest.mark.parametrize(
    "path, text",
    [
        ("pyproject.toml", "[project]\ndependencies = ['Big_Name>=1; python_version > \"3\"']"),
        ("pyproject.toml", "[project.optional-dependencies]\nx = ['big.name[extra]']"),
        ("big.dist-info/METADATA", "Name: x\nRequires-Dist: big-name (>=1)\n"),
        ("requirements.txt", "# needed\n-r other.txt\nbig-name==1\n"),
    ],
)
def test_what_is_declared_counts_once_with_what_is_imported(path: str, text: str) -> None:
    (found,) = told({}, {path: text})
    assert found[1].startswith("it declares the package ")
    (found,) = told({}, {path: text, "a.py": "import big_name"})
    assert found[1].startswith("it imports the package big_name")


def test_a_project_file_that_cannot_be_read_declares_nothing() -> None:
    assert told({"pyproject.toml": ""}, {"pyproject.toml": "= ="}) == []
