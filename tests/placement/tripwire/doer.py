"""A cell that does what a test tells it, in the process of the test, watched."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from planaria import Connects, Contract, Reads, Spawns, Writes, operation
from planaria.placement.tripwire import Watched
from planaria.testing.cells import Cells
from planaria.testing.inline import run_cells


class Doer(Contract):
    """Does what it is told."""

    @operation(effects=(Reads("pages/"), Writes("out"), Connects("localhost:*"), Connects("docs.example:443"), Spawns("true")))
    async def run(self, code: str) -> str:
        """Run the lines of an async function."""
        raise NotImplementedError


class Caller(Contract):
    """Calls the doer; declares nothing."""

    @operation()
    async def run(self, code: str) -> str:
        """Have the doer run it."""
        raise NotImplementedError


DOER = """
import asyncio, os, socket, sqlite3, subprocess, threading
from pathlib import Path
from textwrap import indent

class DoerCell(Doer):
    async def run(self, code):
        namespace = dict(globals())
        exec("async def work():\\n" + indent(code, "    "), namespace)
        return str(await namespace["work"]())
"""
CALLER = """
class CallerCell(Caller):
    doer: Doer = uses(Doer)

    async def run(self, code):
        return await self.doer.run(code)
"""


class Run:
    """Has the doer run code; ROOT in it is the root of the system."""

    def __init__(self, root: Path, placement: Watched, cells: Cells) -> None:
        self.root, self.placement, self.cells = root, placement, cells

    async def __call__(self, code: str, contract: type[Doer | Caller] = Doer) -> str:
        return await self.cells.handle(contract).run(code.replace("ROOT", repr(str(self.root))[1:-1]))


@asynccontextmanager
async def doing(root: Path, source: str = DOER) -> AsyncIterator[Run]:
    """Run the doer at `root`."""
    placement = Watched(root)
    (root / "pages").mkdir(exist_ok=True)
    (root / "out").mkdir(exist_ok=True)
    (root / "pages" / "a.html").write_text("a page")
    (root / "secret").write_text("secret")
    async with run_cells({Doer: source, Caller: CALLER}, placement=placement) as cells:
        yield Run(root, placement, cells)


def touched(run: Run, cell: str = "doer") -> list[tuple[str, str, int, bool]]:
    return [(one.kind, one.what, one.count, one.refused) for one in run.placement.touched()[cell]]
