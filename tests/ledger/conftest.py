from pathlib import Path

import pytest

from planaria.ledger.chain import Ledger
from planaria.ledger.key import make_key


class Ticking:
    def __init__(self) -> None:
        self.time: float = 43200.0

    def now(self) -> float:
        self.time += 0.25
        return self.time


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    make_key(path)
    return path


@pytest.fixture
def ledger(tmp_path: Path, key_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger", key_path, clock=Ticking())


@pytest.fixture
def five(ledger: Ledger) -> Ledger:
    for number in range(5):
        ledger.append("promoted", {"generation": f"g{number}", "tries": number, "cost": 0.25}, cell="cart")
    return ledger
