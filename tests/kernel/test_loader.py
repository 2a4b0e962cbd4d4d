# mypy: disable-error-code="empty-body"
import importlib.util
import os
import sys

import pytest

from planaria.kernel.contract import Contract, operation
from planaria.kernel.error import Several
from planaria.kernel.loader import (
    GUARD,
    Generation,
    ImplementationProblems,
    ImportOfImplementation,
    digest_of,
    files_of,
    generation_at,
    load,
)


class Speaker(Contract):
    """Speaks."""

    @operation()
    async def speak(self) -> str:
        """Speak."""


HEAD = f"from {__name__} import Speaker\n"
CLASS = HEAD + "class Cell(Speaker):\n    async def speak(self): return {0}\n"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let an implementation import this file, whatever name it was given."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[Speaker.__module__])


def write(directory, **files):
    for name, text in files.items():
        path = directory / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def loaded(directory, **files):
    return load(generation_at("speaker", write(directory, **files)), Speaker)


async def spoken(implementation):
    return await implementation().speak()


def problems(directory, **files):
    with pytest.raises(ImplementationProblems) as raised:
        loaded(directory, **files)
    assert isinstance(raised.value, Several)
    return raised.value.facts["problems"]


async def test_two_generations_live_side_by_side_without_mixing(tmp_path):
    files = {"__init__": HEAD + "from . import words\nclass Cell(Speaker):\n    async def speak(self): return words.SAID\n"}
    first = loaded(tmp_path / "1", **files, words="SAID = 'one'\n")
    second = loaded(tmp_path / "2", **files, words="SAID = 'two'\n")
    assert (await spoken(first), await spoken(second), await spoken(first)) == ("one", "two", "one")
    assert first.__module__ != second.__module__


async def test_the_files_of_a_generation_are_found_when_they_are_needed(tmp_path):
    late = HEAD + "class Cell(Speaker):\n    async def speak(self):\n        from .deep.words import SAID\n        return SAID\n"
    first = loaded(tmp_path / "1", __init__=late, deep__in____init__="", deep__in__words="SAID = 'one'\n")
    second = loaded(tmp_path / "2", __init__=late, deep__in__words="SAID = 'two'\n")
    assert (await spoken(second), await spoken(first)) == ("two", "one")


async def test_a_generation_that_finds_its_modules_itself_needs_no_directory(tmp_path):
    write(tmp_path, __init__=CLASS.format("two.word") + "from . import two\n", two="word = 'found'\n")
    asked = []

    def specs(name):
        asked.append(name.split(".")[3:])
        path = tmp_path / (".".join(name.split(".")[3:]) or "__init__")
        return importlib.util.spec_from_file_location(name, path.with_suffix(".py")) if path.name != "three" else None

    implementation = load(Generation(cell="speaker", digest="held" * 16, directory=tmp_path / "gone", specs=specs), Speaker)
    assert await spoken(implementation) == "found"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{implementation.__module__}.three")
    assert asked == [[], ["two"], ["three"]]


async def test_a_generation_is_read_from_its_files_and_never_from_bytecode_of_another(tmp_path):
    directory = write(tmp_path, __init__=HEAD + "from .words import SAID\nclass Cell(Speaker):\n    async def speak(self): return SAID\n")
    told = []
    for said in ("'one'", "'two'"):
        write(directory, words=f"SAID = {said}\n")
        os.utime(directory / "words.py", (0, 0))  # written in the same second, of the same size
        told.append(await spoken(load(generation_at("speaker", directory), Speaker)))
    assert told == ["one", "two"]
    assert sorted(path.name for path in directory.iterdir()) == ["__init__.py", "words.py"]


async def test_a_generation_that_is_loaded_again_is_new(tmp_path):
    first = loaded(tmp_path, __init__=CLASS.format("1"))
    second = loaded(tmp_path, __init__=CLASS.format("1"))
    assert first is not second
    assert first.__module__ == second.__module__


def test_an_implementation_cannot_be_imported_by_name(tmp_path):
    loaded(tmp_path, __init__=CLASS.format("1"))
    assert sys.meta_path[0] is GUARD
    with pytest.raises(ImportOfImplementation) as refused:
        GUARD.find_spec("cells.cart.impl", None)
    assert (refused.value.facts, isinstance(refused.value, ImportError)) == ({"module": "cells.cart.impl"}, True)
    with pytest.raises(ImportOfImplementation):
        GUARD.find_spec("cells.cart.impl.words", None)
    for name in ("cells.cart.contract", "cells.cart", "planaria_generation", "json"):
        assert GUARD.find_spec(name, None) is None


def test_a_module_that_is_not_there_is_missed_by_its_name(tmp_path):
    (told,) = problems(tmp_path, __init__="from . import absent\n")
    assert told.startswith("it does not load: ImportError: cannot import name 'absent'")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("planaria_generation.speaker.gnone")


def test_a_folder_without_an_implementation_is_a_problem(tmp_path):
    assert problems(tmp_path) == [f"there is no {tmp_path / '__init__.py'}: write the class there"]


def test_code_that_raises_while_it_is_loaded_is_a_problem_and_leaves_no_module(tmp_path):
    before = set(sys.modules)
    assert problems(tmp_path, __init__="1 / 0\n") == ["it does not load: ZeroDivisionError: division by zero"]
    assert problems(tmp_path, __init__="def\n")[0].startswith("it does not load: SyntaxError: ")
    assert {name for name in set(sys.modules) - before if ".g" in name} == set()


def test_errors_of_planaria_and_ends_of_the_process_pass_through_a_load(tmp_path):
    with pytest.raises(ImportOfImplementation):
        loaded(tmp_path, __init__="import cells.cart.impl\n") if "cells" in sys.modules else loaded(tmp_path, __init__=RAISE)
    with pytest.raises(SystemExit):
        loaded(tmp_path, __init__="raise SystemExit\n")


RAISE = "from planaria.kernel.loader import ImportOfImplementation\nraise ImportOfImplementation(module='x')\n"


def test_there_must_be_exactly_one_implementation(tmp_path):
    told = "__init__.py must hold exactly one subclass of Speaker; found: {0}"
    assert problems(tmp_path, __init__=HEAD) == [told.format("none")]
    two = CLASS.format("1") + CLASS.format("2").replace("Cell", "Other")
    assert problems(tmp_path, __init__=two) == [told.format("Cell, Other")]
    other = "from planaria.kernel.contract import Contract\nclass Other(Contract): pass\nclass Cell(Other): pass\n"
    assert problems(tmp_path, __init__=other) == [told.format("none")]


async def test_a_second_name_for_the_implementation_is_no_second_implementation(tmp_path):
    assert await spoken(loaded(tmp_path, __init__=CLASS.format("1") + "Alias = Cell\n")) == 1


def test_what_does_not_fit_the_contract_is_a_problem(tmp_path):
    assert problems(tmp_path, __init__=HEAD + "class Cell(Speaker): pass\n") == ["operation 'speak' is not implemented"]


def test_the_digest_is_of_names_and_contents_and_of_nothing_else(tmp_path):
    write(tmp_path, __init__="a", deep__in__words="b")
    before = generation_at("speaker", tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "words.pyc").write_bytes(b"x")
    (tmp_path / ".hidden").write_text("x")
    os.utime(tmp_path / "__init__.py", (0, 0))
    assert generation_at("speaker", tmp_path) == before
    assert (before.cell, before.directory, len(before.digest)) == ("speaker", tmp_path, 64)
    assert files_of(tmp_path) == {"__init__.py": b"a", "deep/words.py": b"b"}
    assert len({digest_of(files) for files in ({"a": b"b"}, {"ab": b""}, {"a": b"", "b": b""}, {"b": b"a"}, {})}) == 5
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})
