"""Start of a system of 100 cells, in CPU seconds of the whole process, beside `python -c pass`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from report import Figure, main
from system import write_calls

ROUNDS = 5
PROGRAM = """
import asyncio, sys
from pathlib import Path
from planaria.assemble.life import life_at
async def main():
    async with life_at(Path(sys.argv[1])):
        pass
asyncio.run(main())
"""


def cpu_s(command: list[str]) -> float:
    """Return the CPU seconds of a process, user and system."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def measure() -> list[Figure]:
    """Measure cold (no bytecode) and warm starts, and the command line."""
    figures = []
    with tempfile.TemporaryDirectory() as name:
        root = write_calls(Path(name) / "hundred", 100)
        start = [sys.executable, "-c", PROGRAM, str(root)]
        cold = cpu_s(start)
        warm = median(cpu_s(start) for _ in range(ROUNDS))
        figures.append(Figure(name="first start of 100 cells", value=cold, unit="s"))
        figures.append(Figure(name="start of 100 cells", value=warm, unit="s", target="at most 1.5", met=warm <= 1.5))
    empty, shown = [], []
    for _ in range(ROUNDS * 3):
        empty.append(cpu_s([sys.executable, "-c", "pass"]))
        shown.append(cpu_s([str(Path(sys.executable).parent / "planaria"), "--help"]))
    value = median(shown) / median(empty)
    figures.append(Figure(name="planaria --help / python -c pass", value=value, unit="x", target="at most 8", met=value <= 8))
    return figures


if __name__ == "__main__":
    main(measure, about="Start")
