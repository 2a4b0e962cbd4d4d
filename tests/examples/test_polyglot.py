import importlib.util
import inspect
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from planaria.assemble.check import examine
from planaria.assemble.life import life_at
from planaria.assemble.system import system_at
from planaria.derive.wit import wit
from planaria.kernel.contract import describe
from planaria.kernel.error import Failed
from planaria.kernel.loader import generation_at
from planaria.placement.wasm.placement import Wasm
from planaria.testing.cells import Cells
from planaria.testing.clock import FakeClock

ROOT = Path(__file__).parents[2] / "examples" / "polyglot"
FOLDER = ROOT / "cells" / "spelling"
NODE = shutil.which("node")
NODE_MODULES = FOLDER / "javascript" / "node_modules"
INSTALL = "npm ci --prefix examples/polyglot/cells/spelling/javascript"


def suite():
    system_at(ROOT)  # puts the root on the path
    spec = importlib.util.spec_from_file_location("polyglot_suite", FOLDER / "tests" / "test_spelling.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: one for name, one in vars(module).items() if name.startswith("test_") and inspect.iscoroutinefunction(one)}


SUITE = suite()
CONTRACT = system_at(ROOT).plan("spelling").contract


def built_in_c(target):
    subprocess.run([sys.executable, str(FOLDER / "c" / "build.py"), str(target)], check=True)


def built_in_javascript(target):
    subprocess.run([NODE, str(FOLDER / "javascript" / "build.mjs"), str(target)], check=True)


BUILDS = {"c": built_in_c}
if NODE is not None and NODE_MODULES.is_dir():  # its compiler comes from npm, and is not in the lock
    BUILDS["javascript"] = built_in_javascript


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """The folders of the implementations, each built when it is first asked for, and that of compiled components."""
    made = {"python": FOLDER / "impl"}

    def folder(language):
        if language not in made:
            directory = tmp_path_factory.mktemp(language)
            BUILDS[language](directory / "spelling.wasm")
            made[language] = directory
        return made[language]

    return folder, tmp_path_factory.mktemp("native")


@pytest.fixture
def speaking(folders, tmp_path):
    """Run the system with the cell `spelling` in a language."""
    folder, cache = folders

    @asynccontextmanager
    async def run(language):
        directory, system, complaints = folder(language), system_at(ROOT), []
        if language != "python":
            system.place(CONTRACT, "wasm", cpu_s_per_call=20)
        wasm = Wasm(ROOT, cache=cache)
        try:
            async with life_at(
                ROOT, system=system, store_path=tmp_path / "store.sqlite", placements={"wasm": wasm}, complain=complaints.append,
                generations={"spelling": generation_at("spelling", directory)},
            ) as life:  # fmt: skip
                yield Cells(life=life, placement=language, clock=FakeClock(), complaints=complaints)
        finally:
            await wasm.close()

    return run


def test_javascript_is_left_out_only_where_its_compiler_is_not_installed():
    assert "javascript" in BUILDS or "PLANARIA_ALL" not in os.environ, INSTALL


@pytest.mark.parametrize("language", ["python", *BUILDS])
async def test_the_same_suite_passes_in_every_language(speaking, language):
    assert len(SUITE) > 5
    async with speaking(language) as cells:
        for one in SUITE.values():
            await one(cells)


@pytest.mark.parametrize("language", ["python", *BUILDS])
async def test_the_examples_of_the_contract_hold_in_every_language(speaking, language):
    async with speaking(language) as cells:
        for one in describe(CONTRACT).operations:
            assert await cells.mismatches(CONTRACT, one.name) == []


async def test_what_javascript_throws_ends_the_call_and_not_the_cell(speaking):
    async with speaking("javascript") as cells:
        (instance,) = cells.life.cells["spelling"].seat.instances
        instance.cpu_s_per_call = 0.0
        with pytest.raises(Failed) as caught:
            await cells.handle(CONTRACT).nearest("word", tuple("x" * number for number in range(60)) * 40)
        assert caught.value.facts["error"] == "Trapped"
        instance.cpu_s_per_call = None
        assert await cells.handle(CONTRACT).distance("kitten", "sitting") == 3


def test_the_wit_file_is_what_the_contract_says_now():
    said = "planaria derive wit spelling --root examples/polyglot --out examples/polyglot/cells/spelling/spelling.wit"
    assert (FOLDER / "spelling.wit").read_bytes() == wit(system_at(ROOT), "spelling"), said


def test_the_lock_of_npm_says_nothing_of_where_packages_come_from():
    assert "resolved" not in (FOLDER / "javascript" / "package-lock.json").read_text()


async def test_check_compares_a_component_with_its_contract(folders, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where components are kept in native form
    folder, _ = folders
    root = tmp_path / "polyglot"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("javascript", "tests"))
    impl = root / "cells" / "spelling" / "impl"
    shutil.rmtree(impl)
    shutil.copytree(folder("c"), impl)
    placed = (root / "system.py").read_text() + 'system.place(Spelling, "wasm")\n'
    (root / "system.py").write_text(placed)
    assert [one.plain() for one in (await examine(root)).findings] == []
    (root / "system.py").write_text(placed.replace("uses=(Lexicon,)", "uses=()"))
    (wrong,) = (await examine(root)).findings
    assert "imports planaria:cells/lexicon, a cell that system.py does not grant" in wrong.what
