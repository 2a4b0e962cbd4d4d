"""The stage of the promises: a few cells in the placement that is tried, on a store on disk.

Why: a placement may run a body of a transaction elsewhere, and the store must wait for it in a thread of its own; so the
real store is used, and every promise has one to itself.
Not here: the cells (`subject`, `source`), the promises (`placement`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.port import Placement
from planaria.placement.copying import Copying
from planaria.placement.inprocess import InProcess
from planaria.testing.cells import Cells
from planaria.testing.conform.source import SOURCES, TABLES, USES, subject_source
from planaria.testing.conform.subject import Listener, Subject
from planaria.testing.inline import disk_store, inline_generation, run_cells

WITHIN_S = 60.0
LOOK_S = 0.002


@asynccontextmanager
async def running(
    placement: Placement, *contracts: type[Contract], store_path: Path | None = None, source: str | None = None, **limits: Any
) -> AsyncIterator[Cells]:
    """Run cells; `source` is another implementation of the first, and `limits` are its own.

    >>> from planaria.testing.conform.subject import Carrier
    >>> async with running(InProcess(), Carrier) as cells:
    ...     await cells.handle(Carrier).double(2)
    4
    """
    sources = {one: SOURCES[one] for one in contracts}
    if Listener not in contracts and Subject in contracts:
        sources[Subject] = subject_source(alone=True)
    if source is not None:
        sources[contracts[0]] = source
    uses = {one: tuple(each for each in USES.get(one, ()) if each in contracts) for one in contracts}
    with TemporaryDirectory(prefix="planaria-conform-") as folder:
        path, tables = store_path or Path(folder) / "store.sqlite", {one: TABLES[one] for one in contracts if one in TABLES}
        async with (
            asyncio.timeout(WITHIN_S),
            disk_store(path, tables) as store,
            run_cells(sources, uses=uses, limits={contracts[0]: limits}, placement=placement, store=store) as cells,
        ):
            yield cells


@asynccontextmanager
async def swapped(cells: Cells, source: str, contract: type[Contract] = Subject) -> AsyncIterator["asyncio.Task[None]"]:
    """Begin to swap a cell for another implementation; the swap has ended when the body has."""
    with TemporaryDirectory(prefix="planaria-conform-") as folder:
        generation = inline_generation(contract, source, Path(folder))
        task = asyncio.create_task(cells.life.swap(generation.cell, generation))
        try:
            yield task
        finally:
            await asyncio.wait([task])


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so that nobody announces; the time of the stage ends it.

    >>> await until(lambda: True)
    """
    while not reached():  # noqa: ASYNC110 - neither the kernel nor a placement announces this
        await asyncio.sleep(LOOK_S)


async def until_said(ask: Callable[[], Awaitable[Any]], so: Callable[[Any], bool]) -> None:
    """Wait until a cell says that something is so.

    >>> await until_said(lambda: asyncio.sleep(0, 7), lambda answer: answer == 7)
    """
    while not so(await ask()):  # noqa: ASYNC110 - the cell announces it to nobody; the time of the stage ends it
        await asyncio.sleep(LOOK_S)


async def until_waiting(subject: Subject, count: int) -> None:
    """Wait until so many calls wait inside the subject."""
    await until_said(subject.inside, lambda inside: inside[0] >= count)


async def begun(work: Any) -> Any:
    """Await what may be no coroutine, as a task must.

    >>> await begun(asyncio.sleep(0, 7))
    7
    """
    return await work


def dies_alone(placement: Placement) -> bool:
    """Say whether a cell can end the process or guest that runs it, and leave this one alive.

    >>> dies_alone(InProcess())
    False
    """
    return not isinstance(placement, (InProcess, Copying))
