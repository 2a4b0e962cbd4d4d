"""A stage of either kind, begun once, and versions written for a test."""

import shutil
import tempfile
from pathlib import Path

import pytest

from planaria.witness.stage.actor import Actor, Order, Stage

WARM: dict[bool, Stage] = {}


@pytest.fixture(scope="session", autouse=True)
def _warm():
    yield
    for one in WARM.values():
        one.close()


@pytest.fixture(params=[True, False], ids=["confined", "unconfined"])
def stage(request):
    return WARM.setdefault(request.param, Stage(confined=request.param))


@pytest.fixture
def place():
    folder = Path(tempfile.mkdtemp(prefix="planaria-stage-"))
    folder.chmod(0o755)  # whom an actor becomes must reach its version
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def actor(stage, place):
    made = []

    def make(text="", *, files=None, modules=("case",), **order):
        folder, writable = place / f"version{len(made)}", place / f"scratch{len(made)}"
        writable.mkdir()
        for name, content in {**({"case.py": text} if text else {}), **(files or {})}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        made.append(Actor(stage, Order(role="old", folder=folder, modules=tuple(modules), writable=writable, **order)))
        return made[-1]

    yield make
    for one in made:
        one.stop()
