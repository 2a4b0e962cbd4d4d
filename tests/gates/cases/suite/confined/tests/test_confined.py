"""What runs a candidate reads the copy of the system, writes into its own folder, and reaches nothing else."""

import socket
import subprocess
from pathlib import Path

import pytest

from cells.cart.contract import Cart


async def test_the_rebate_is_given(cells):
    cart = cells.handle(Cart)
    assert (await cart.rebate(9), await cart.rebate(10)) == (0, 5)


@pytest.mark.parametrize("act", [
    lambda: Path("/etc/passwd").read_text(),
    lambda: Path(__file__).write_text(""),
    lambda: Path(__file__).unlink(),
    lambda: (Path(__file__).parents[1] / "impl" / "more.py").write_text(""),
    lambda: subprocess.run(["/bin/true"]),
    lambda: socket.socket(),
])  # fmt: skip
def test_it_is_confined(act):
    with pytest.raises(OSError):
        act()


def test_it_may_write_where_it_is_told(tmp_path):
    (tmp_path / "a").write_text("a")
