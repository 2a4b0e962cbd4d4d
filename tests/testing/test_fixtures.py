"""The pytest plugin, on a system that is written here and run by a pytest of its own."""

import os
import subprocess
import sys

import pytest

FILES = {
    "conftest.py": "pytest_plugins = ['planaria.testing.fixtures']\n",
    "pytest.ini": "[pytest]\nasyncio_mode = auto\naddopts = --import-mode=importlib -p no:cacheprovider\n",
    "system.py": "from cells.shop.contract import Shop\nfrom planaria import System\nsystem = System('s')\nsystem.add(Shop)\n",
    "cells/shop/contract.py": (
        "from planaria import Contract, operation\nclass Shop(Contract):\n    '''Sells.'''\n"
        "    @operation(idempotent=True)\n    async def price(self) -> int:\n        '''Say.'''\n        raise NotImplementedError\n"
    ),
    "cells/shop/migrations/0001_price.sql": (
        "-- up\ncreate table shop__price (now integer);\ninsert into shop__price values (7);\n-- down\ndrop table shop__price;\n"
    ),
    "cells/shop/impl/__init__.py": (
        "from cells.shop.contract import Shop\nfrom planaria import state\nclass ShopCell(Shop):\n    kept = state()\n"
        "    async def price(self):\n        return (await self.kept.read(lambda tx: tx.row('select now from shop__price')))[0]\n"
    ),
    "other/__init__.py": ("from cells.shop.contract import Shop\nclass ShopCell(Shop):\n    async def price(self):\n        return 8\n"),
    "cells/shop/tests/test_shop.py": (
        "from cells.shop.contract import Shop\nasync def test_it_says_seven_or_so(cells):\n"
        "    assert await cells.handle(Shop).price() == 7, cells.placement\n"
    ),
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(root, *arguments, **environment):
    command = [sys.executable, "-m", "pytest", "-v", *arguments]
    return subprocess.run(command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_a_suite_runs_in_every_placement(root):
    done = run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_it_says_seven_or_so[inprocess] PASSED" in done.stdout
    assert "test_it_says_seven_or_so[copying] PASSED" in done.stdout


def test_the_environment_names_another_generation_to_judge(root):
    done = run(root, PLANARIA_GENERATION_SHOP=str(root / "other"))
    assert done.returncode == 1
    assert "assert 8 == 7" in done.stdout


def test_a_test_outside_a_system_is_told_so(root):
    (root / "system.py").unlink()
    (root / "test_alone.py").write_text("async def test_it_is_alone_here(cells): pass\n")
    done = run(root, "test_alone.py")
    assert "there is no system.py in a folder above" in done.stdout


def rounds(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("[")[1].split("]")[0] for line in done.stdout.splitlines() if " PASSED" in line and "[" in line]


def test_the_environment_chooses_the_placements(root):
    assert rounds(run(root, PLANARIA_PLACEMENTS="copying")) == ["copying"]


def test_a_suite_chooses_its_placements_and_the_environment_goes_before_it(root):
    test = root / "cells/shop/tests/test_shop.py"
    test.write_text(f"import pytest\npytestmark = pytest.mark.placements('inprocess')\n{test.read_text()}")
    assert rounds(run(root, "--strict-markers")) == ["inprocess"]
    assert rounds(run(root, PLANARIA_PLACEMENTS=" inprocess, copying ")) == ["inprocess", "copying"]


def test_an_unknown_placement_is_told_with_those_there_are(root):
    done = run(root, PLANARIA_PLACEMENTS="nowhere")
    assert "'nowhere' is none of inprocess, copying, process, wasm" in done.stdout


def test_a_mark_lets_calls_go_wrong(root):
    (root / "cells/shop/tests/test_shop.py").write_text(
        "import pytest\nfrom cells.shop.contract import Shop\nfrom planaria import Unknown\n"
        "@pytest.mark.faults(at={'shop.price': ('', 'unknown_after')})\n"
        "async def test_the_second_answer_is_lost_here(cells):\n"
        "    assert await cells.handle(Shop).price() == 7\n"
        "    with pytest.raises(Unknown):\n        await cells.handle(Shop).price()\n"
        "    assert [one.kind for one in cells.injected] == ['unknown_after']\n"
    )
    assert rounds(run(root)) == ["copying"]
