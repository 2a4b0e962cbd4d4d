"""The process in which a candidate's suite is proven: `python -m planaria.assemble.proven DESCRIPTOR WORK`, in the system's folder.

Why: what runs a candidate's mutants runs the candidate, so the program that measures is confined before it loads anything: it reads
the copy of the system, writes into WORK, and forks, since each mutant is a process; it starts no program and reaches no network.
Not here: the program itself (`prove.measured.program`), who asks it (`gates.mutation`).
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from planaria.assemble.enclosure import enclose

MEMORY_BYTES = 2 << 30


def main(arguments: list[str]) -> int:
    """Confine this process, and measure in it."""
    program: Any = importlib.import_module("planaria.prove.measured.program")
    importlib.import_module("coverage")
    root, work = Path.cwd(), Path(arguments[1])
    if enclose([root], writes=[work], keep=[int(arguments[0])], limits={"memory_bytes": MEMORY_BYTES}, forks=True):
        os.environ["PYTEST_ADDOPTS"] = f"--confcutdir={root}"  # else it looks into the folders above
        os.chdir(root)
    status: int = program.main(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
