"""The pytest plugin: fixture `cells`, the system around the test file, once per placement.

Why: every cell test runs under `inprocess` and `copying`, so that a later relocation holds no surprise; a suite names
neither. A gate judges another generation of cell NAME by setting `PLANARIA_GENERATION_NAME` to its directory.
Use: `pytest_plugins = ["planaria.testing.fixtures"]` in the conftest.py at the system's root, or `-p planaria.testing.fixtures`.
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
    from planaria.testing.cells import Cells

OVERRIDE = "PLANARIA_GENERATION_"
_STORES = pytest.StashKey[dict[Path, Path]]()


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


async def _migrated(request: pytest.FixtureRequest, root: Path) -> Path:
    """Return the store of a system after its migrations, made once per session; each test gets a copy."""
    from planaria.testing.cells import cells_at

    stores = request.config.stash.setdefault(_STORES, {})
    if root not in stores:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        path = factory.mktemp("migrated") / "store.sqlite"
        async with cells_at(root, store_path=path, generations=overrides()):
            stores[root] = path
    return stores[root]


@pytest_asyncio.fixture(params=["inprocess", "copying"])
async def cells(request: pytest.FixtureRequest, tmp_path: Path) -> "AsyncIterator[Cells]":
    """Run the system around the test file, on a store of its own, with every cell in the placement of this round."""
    from planaria.testing.cells import cells_at

    root = _root_above(request.path)
    if root is None:
        pytest.fail(f"there is no system.py in a folder above {request.path}: the fixture `cells` runs the system around a test")
    store_path = tmp_path / "store" / "store.sqlite"
    store_path.parent.mkdir()
    shutil.copyfile(await _migrated(request, root), store_path)
    async with cells_at(root, store_path=store_path, placement=request.param, generations=overrides()) as running:
        yield running
