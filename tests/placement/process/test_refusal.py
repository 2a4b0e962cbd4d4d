"""What a machine cannot enforce is said to whoever places the cell, with the reason and the cure."""

import os
import subprocess
import sys
from pathlib import Path

ORDINARY = Path(__file__).parents[2] / "attack" / "ordinary.py"
PROGRAM = """
import asyncio, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from planaria.kernel.port import SeatOrder
from planaria.placement.process.placement import Process
from planaria.testing.inline import inline_generation
from tests.placement.process.trial import PARTNER, Partner

async def main():
    place = Process(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory() as folder:
        order = SeatOrder(
            cell="partner", contract=Partner, generation=inline_generation(Partner, PARTNER, Path(folder)), uses=(),
            wires=lambda asked: dict.fromkeys(asked), limits={"scratch_mb": 4}, complain=print,
        )
        seat = place.open(order)
        try:
            await seat.start()
            print("started")
        except Exception as error:
            print(error)
        await seat.stop()
    await place.close()

asyncio.run(main())
"""


def test_a_worker_that_cannot_be_confined_says_why_and_what_to_do():
    is_root = os.getuid() == 0
    before = [sys.executable, str(ORDINARY), "--without-namespaces"] if is_root else []
    command = [*before, sys.executable, "-c", PROGRAM, str(ORDINARY.parents[2])]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    told = ran.stdout
    assert ("PLN-P405" in told and "fix: give scratch_mb=0" in told) or (not is_root and "started" in told), told + ran.stderr
