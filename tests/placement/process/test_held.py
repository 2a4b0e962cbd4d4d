"""Generations that are held in memory."""

import importlib
import sys
import traceback

import pytest

from planaria import Contract, operation
from planaria.kernel.loader import ImplementationProblems, load
from planaria.placement.process.held import held_generation


class Speaker(Contract):
    """Speaks."""

    @operation()
    async def speak(self) -> str:
        """Speak."""
        raise NotImplementedError


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[Speaker.__module__])


TEXT = f"""
from {__name__} import Speaker
import pkgutil
from . import one
from .two import three

data = pkgutil.get_data(__name__, "two/a.txt")

class Cell(Speaker):
    async def speak(self):
        return one.word + three.fail() + data.decode()
"""
FILES = {
    "__init__.py": TEXT,
    "one.py": "word = 'one'",
    "two/__init__.py": "",
    "two/three.py": "def fail():\n    raise KeyError(1)",
    "two/a.txt": "",
}


def held(**files):
    texts = {**FILES, **files} if files else FILES
    return held_generation("speaker", "held" * 16, "cells/speaker/impl", {name: text.encode() for name, text in texts.items()})


async def test_a_held_generation_is_loaded_and_its_lines_are_shown():
    implementation = load(held(), Speaker)
    with pytest.raises(KeyError) as raised:
        await implementation().speak()
    told = "".join(traceback.format_exception(raised.value))
    assert 'cells/speaker/impl/two/three.py", line 2' in told
    assert "raise KeyError(1)" in told


def test_what_is_not_in_a_held_generation_is_not_there():
    name = load(held(), Speaker).__module__
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{name}.four")
    with pytest.raises(FileNotFoundError):
        sys.modules[name].__loader__.get_data("cells/speaker/impl/b.txt")


def test_a_held_generation_without_its_first_file_is_a_problem():
    with pytest.raises(ImplementationProblems):
        load(held_generation("speaker", "0" * 64, "nowhere", {}), Speaker)
