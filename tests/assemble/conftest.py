from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assemble.shop import shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    with shop_in(tmp_path) as root:
        yield root
