"""The demo's attack: the intake is turned by a page, and what it then tries is stopped by where it runs.

Why: the gates may miss something one day; the demo shows what is left to a cell that runs what a stranger wrote, with
code that really runs there.
Not here: the whole suite of attacks (`planaria doctor --attack process`).
"""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.assemble.client import Client
from planaria.assemble.place import Places
from planaria.assemble.regenerate import place_at, roll_back
from planaria.regen.promotion import promote

CELL, FOLDER = "intake", "turned/impl"
SUM = "told = sum(range(10))"
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One thing that the turned intake tried, and what came of it."""

    attack: str
    stopped: bool
    why: str

    @property
    def line(self) -> str:
        """Return it as the story tells it."""
        return f"{self.attack:<36} {'stopped' if self.stopped else 'NOT STOPPED'}: {self.why.partition(':')[0]}"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {"attack": self.attack, "stopped": self.stopped, "why": self.why}


def attacks(root: Path, client: Client) -> Iterator[tuple[str, str]]:
    """Yield what is tried: its name, and the page that says so."""
    places = Places.of(root)
    yield "read the key that signs the ledger", f"told = open({str(places.ledger_key)!r}).read()"
    yield "read the owner's key to this system", f"told = open({str(places.run)!r}).read()"
    yield "ask the cloud for its credentials", "import socket; told = socket.create_connection(('169.254.169.254', 80), 5)"
    yield "start a shell", "import subprocess; told = subprocess.run(['/bin/sh', '-c', 'id'])"
    yield "end the system", f"import os; told = os.kill({client.note.pid}, 9)"
    yield "take a terabyte of memory", "told = len(bytearray(1 << 40))"


async def turn(root: Path, client: Client) -> list[Attempt]:
    """Put the turned intake in force, let pages tell it what to try, and roll it back.

    Raises: what swaps and calls raise; `AssertionError` where the pages' code does not run, since then nothing was shown.
    """
    place = place_at(Places.of(root), lambda _: None)
    turned = place.shelf.keep(CELL, root / FOLDER)
    await promote(place, turned, {"reason": "the demo shows what a turned intake can do"})
    try:
        ran = await _told(client, SUM)
        assert ran == f"did: {sum(range(10))}", f"the code of a page does not run: {ran}"
        found = [(name, await _told(client, page)) for name, page in attacks(root, client)]
    finally:
        await roll_back(root, CELL)
    return [Attempt(attack=name, stopped=told.startswith("stopped: "), why=_short(told)) for name, told in found]


async def _told(client: Client, page: str) -> str:
    arguments = {"address": "http://stranger/", "html": base64.b64encode(page.encode()).decode()}
    answer = await asyncio.to_thread(client.call, CELL, "parse", arguments)
    return str(answer["title"])


def _short(told: str) -> str:
    line = told.partition(": ")[2].partition("\n")[0]
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
