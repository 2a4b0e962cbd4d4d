"""The pytest plugin: fixture `cells`, the system around the test file, once per placement.

Why: every cell test runs under `inprocess` and `copying`, so that a later relocation holds no surprise; a suite names
neither. A gate judges another generation of cell NAME by setting `PLANARIA_GENERATION_NAME` to its directory.
Use: `pytest_plugins = ["planaria.testing.fixtures"]` in the conftest.py at the system's root, or `-p planaria.testing.fixtures`.

Other placements: `PLANARIA_PLACEMENTS=inprocess,process pytest` for one run, or in a suite
`pytestmark = pytest.mark.placements("inprocess", "process")`; a mark on a test goes before that of its module, and the
environment before both.

Calls that go wrong: `@pytest.mark.faults(seed=7, share=0.1)`, or `@pytest.mark.faults(at={"stock.take": "unknown_after"})`,
takes what `planaria.testing.Faults` takes; the test runs in `copying`, and `cells.injected` tells what was injected.
Not here: what `cells` offers (`cells`). Imports are inside, so that loading the plugin costs nothing.
"""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from planaria.testing import Faults
    from planaria.testing.cells import Cells

OVERRIDE = "PLANARIA_GENERATION_"
PLACEMENTS = "PLANARIA_PLACEMENTS"
MIGRATED = "PLANARIA_MIGRATED"
ROUNDS = ("inprocess", "copying")
_STORES = pytest.StashKey[dict[Path, Path]]()


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marks of this plugin mean."""
    config.addinivalue_line("markers", "placements(*names): run the tests that use `cells` in these placements")
    config.addinivalue_line("markers", "faults(**faults): let calls go wrong as planaria.testing.Faults says; in `copying` only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `cells` once per placement."""
    if "cells_placement" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("placements")
        named = [one.strip() for one in os.environ.get(PLACEMENTS, "").split(",") if one.strip()]
        rounds = named or (list(marked.args) if marked else list(ROUNDS))
        faulty = metafunc.definition.get_closest_marker("faults") is not None
        metafunc.parametrize("cells_placement", ["copying"] if faulty else rounds, scope="function")


def _root_above(path: Path) -> Path | None:
    return next((one for one in path.parents if (one / "system.py").is_file()), None)


def pytest_collect_file(file_path: Path) -> None:
    """Put the root of the system around a test file on the path, so that `cells.NAME.contract` can be imported."""
    root = _root_above(file_path) if file_path.suffix == ".py" else None
    if root is not None and str(root) not in sys.path:
        sys.path.insert(0, str(root))


def overrides() -> dict[str, Path]:
    """Return the directories of the generations that the environment names, by cell.

    >>> overrides()
    {}
    """
    return {name.removeprefix(OVERRIDE).lower(): Path(value) for name, value in os.environ.items() if name.startswith(OVERRIDE)}


async def _migrated(request: pytest.FixtureRequest, root: Path, placement: str) -> Path:
    """Return the store of a system after its migrations, made once per session; each test gets a copy.

    Where the environment names a folder (`PLANARIA_MIGRATED`), it is kept there for the other processes of a proof.
    """
    from planaria.testing.cells import cells_at

    stores = request.config.stash.setdefault(_STORES, {})
    if root not in stores:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        made = factory.mktemp("migrated") / "store.sqlite"
        kept = stores[root] = Path(os.environ[MIGRATED]) / "migrated.sqlite" if MIGRATED in os.environ else made
        if not kept.exists():
            async with cells_at(root, store_path=made, placement=placement, generations=overrides()):
                pass
            made.replace(kept)
    return stores[root]


@pytest_asyncio.fixture
async def cells(request: pytest.FixtureRequest, tmp_path: Path, cells_placement: str) -> "AsyncIterator[Cells]":
    """Run the system around the test file, on a store of its own, with every cell in the placement of this round."""
    from planaria.testing.cells import cells_at

    root = _root_above(request.path)
    if root is None and (request.config.rootpath / "system.py").is_file():
        root = request.config.rootpath  # a test that lies elsewhere, such as one made from a contract's examples
    if root is None:
        pytest.fail(f"there is no system.py in a folder above {request.path}: the fixture `cells` runs the system around a test")
    store_path = tmp_path / "store" / "store.sqlite"
    store_path.parent.mkdir()
    shutil.copyfile(await _migrated(request, root, cells_placement), store_path)
    faults = _faults(request)
    async with cells_at(root, store_path=store_path, placement=cells_placement, generations=overrides(), faults=faults) as running:
        yield running


def _faults(request: pytest.FixtureRequest) -> "Faults | None":
    from planaria.testing import Faults

    marked = request.node.get_closest_marker("faults")
    return None if marked is None else Faults(**marked.kwargs)
