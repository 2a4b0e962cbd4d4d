"""Regeneration of a cell of a system as it lies there: ledger, workers, recordings and the running system are found here.

Why: the command line and the demo regenerate through the same few lines, whether the system is up or not.
Not here: the loop (`regen.attempt`), what is in force (`regen.promotion`), the gates.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.assemble.client import Client
from planaria.assemble.clock import SystemClock
from planaria.assemble.enclosure import UNCONFINED, VARIABLE
from planaria.assemble.place import Places
from planaria.assemble.system import system_at
from planaria.gates.intent import intent_from
from planaria.gates.verdict import Workers
from planaria.kernel.loader import Generation
from planaria.kernel.system import cell_name
from planaria.ledger import KeyExists, Ledger, make_key
from planaria.regen import promotion
from planaria.regen.attempt import Order
from planaria.regen.attempt import regenerate as run
from planaria.regen.contract import Regeneration
from planaria.regen.promotion import Place
from planaria.regen.proposer import proposer_from
from planaria.regen.step import Regenerated, Tell
from planaria.store import backup

ATTEMPTS = 3


def workers() -> Workers:
    """Return the commands that start the processes in which a candidate runs, each giving way to the system that is up.

    >>> workers().judged[-2:]
    ('-m', 'planaria.assemble.judged')
    """
    nice = shutil.which("nice")
    spoken = os.environ.get(VARIABLE)
    told = ("env", f"{VARIABLE}={spoken}") if spoken else ()  # a worker has an environment of its own
    python = (*told, nice, "-n", "10", sys.executable) if nice else (*told, sys.executable)
    return Workers(
        judged=(*python, "-m", "planaria.assemble.judged"), exemplified=(*python, "-m", "planaria.assemble.exemplified"),
        suite=(*python, "-m", "planaria.assemble.tested"), proven=(*python, "-m", "planaria.assemble.proven"), apart=spoken != UNCONFINED,
    )  # fmt: skip


async def regenerate(
    root: Path, cell: str, *, intent: str, proposer: str, attempts: int = ATTEMPTS, on_step: Tell = lambda _: None
) -> Regenerated:  # fmt: skip
    """Regenerate a cell of the system at `root`; where that is up, it swaps as soon as a candidate has passed.

    `intent` is text or the name of a file, `proposer` as on the command line; both are seen from the working directory.

    Raises:
        NoSuchCell, IntentUnreadable, ProposerWrong: PLN-C105, PLN-R101, PLN-R103; RegenerationRunning, SwapRefused:
            PLN-R102, PLN-R106; SuiteIncomplete: PLN-R112, before anything was proposed.
    """
    places, here = Places.of(root), Path.cwd()
    system = system_at(places.root)
    system.plan(cell)
    with _copy_of_store(places) as store:
        order = Order(
            cell=cell, system=system, intent=intent_from(intent, here), workers=workers(), attempts_max=attempts,
            proposer=proposer_from(proposer, folder=here, environment=os.environ),
            recordings=places.recordings / f"{cell}.jsonl", store=store,
        )  # fmt: skip
        return await run(place_at(places, on_step), order)


async def roll_back(root: Path, cell: str, *, on_step: Tell = lambda _: None) -> Generation:
    """Put the generation before the last promotion back in force, also in the running system.

    Raises:
        NoGenerationBefore, GenerationMissing, SwapRefused, RegenerationRunning: PLN-R104, PLN-R105, PLN-R106, PLN-R102.
    """
    places = Places.of(root)
    return await promotion.roll_back(place_at(places, on_step), cell)


async def recover(root: Path) -> None:
    """Finish or take back a change of generation that a crash interrupted; before a start, with nothing running.

    Raises:
        RegenerationRunning: PLN-R102.
    """
    places = Places.of(root)
    place = Place(root=places.root, book=ledger_at(places))
    if place.journal.is_file():
        with promotion.alone(places.root):
            await promotion.recover(place)


def place_at(places: Places, tell: Tell) -> Place:
    """Return the system as regeneration sees it, with the swap where it is up.

    >>> place_at(Places(root=Path("nowhere")), print).swap is None
    True
    """
    client = Client.find(places.root)

    async def swap(cell: str, generation: Generation) -> None:
        assert client is not None, "a swap is asked for only where the system is up"
        arguments = {"cell": cell, "generation": generation.digest}
        await asyncio.to_thread(client.call, cell_name(Regeneration), "swap", arguments)

    return Place(root=places.root, book=ledger_at(places), swap=swap if client else None, tell=tell)


def ledger_at(places: Places) -> Ledger:
    """Open the ledger of a system; one that nobody has signed yet gets a key."""
    if places.root.is_dir() and not places.ledger_key.exists() and not (places.ledger / "public.pem").exists():
        places.runtime.mkdir(mode=0o700, exist_ok=True)
        with suppress(KeyExists):  # another process has made it in the same moment
            make_key(places.ledger_key)
    return Ledger.open(places.ledger, places.ledger_key, clock=SystemClock())


@contextmanager
def _copy_of_store(places: Places) -> Iterator[Path | None]:
    """Copy the store as it is now, also while the system runs; gates look at the copy alone."""
    if not places.store.exists():
        yield None
        return
    with TemporaryDirectory(prefix="planaria-regen-") as folder:
        copy = Path(folder) / "store.sqlite"
        backup(places.store, copy)
        yield copy
