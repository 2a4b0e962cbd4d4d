"""The lock: it holds everything that is asked for, in a version that fits, with its hash, and no place of origin."""

import re
import tomllib
from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy.rule import ROOT

PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
FRAMEWORK = {"apsw", "cryptography", "httptools", "msgspec", "rich", "starlette", "uvicorn"}


def pinned(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PINNED.findall(lock)}


def missing(asked: Sequence[str], held: Mapping[str, str]) -> list[str]:
    """Find what is asked for and not held, or held in a version that does not fit."""
    told = []
    for one in map(Requirement, asked):
        version = held.get(canonicalize_name(one.name))
        if version is None or not one.specifier.contains(version, prereleases=True):
            told.append(f"{one} (the lock holds {version})")
    return told


def unhashed(lock: str) -> list[str]:
    entries = re.split(r"\n(?=\S)", lock.replace("\\\n", ""))
    return [entry.split()[0] for entry in entries if entry and not entry.startswith("#") and "--hash=sha256:" not in entry]


def test_the_lock_holds_every_dependency_in_a_version_that_fits() -> None:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*described["project"]["dependencies"], *described["build-system"]["requires"]]
    for extra in described["project"]["optional-dependencies"].values():
        asked += extra
    assert missing(asked, pinned((ROOT / "requirements.lock").read_text())) == []


def test_a_dependency_that_the_lock_lacks_or_holds_too_old_is_found() -> None:
    held = pinned("apsw==3.54.1.0 \\\n    --hash=sha256:00\nUvicorn==0.54.0 ; python_version > '3'\n")
    assert held == {"apsw": "3.54.1.0", "uvicorn": "0.54.0"}
    assert missing(["apsw>=3.54", "uvicorn"], held) == []
    assert missing(["apsw>=4"], held)
    assert missing(["rich"], held)


def test_every_entry_of_the_lock_has_a_hash_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert unhashed(lock) == []
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
    assert unhashed("a==1 \\\n    --hash=sha256:00\nb==2\n") == ["b==2"]


def test_the_framework_needs_exactly_the_chosen_libraries() -> None:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert {Requirement(one).name for one in described["project"]["dependencies"]} == FRAMEWORK
