from pathlib import Path

import pytest

from tests.placement.wasm.trials import Stock, Trials
from tests.placement.wasm.workshop import from_c, world


@pytest.fixture(scope="session")
def trials(tmp_path_factory):
    return from_c(Path(__file__).parent / "trials.c", world(Trials, Stock), tmp_path_factory.mktemp("trials"))
