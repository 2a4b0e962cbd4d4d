"""`planaria up`: serve the system until it is told to stop.

Why: the first signal stops it in order (no new requests, what runs ends, cells stop in reverse); the second at once,
which loses nothing that was acknowledged.
Not here: what is served (`assemble.serve`).
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from planaria.cli.command import INTERRUPTED, OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import BOLD, Terminal

if TYPE_CHECKING:
    import asyncio

    from planaria.assemble.note import RunNote
    from planaria.assemble.serve import Served

PORT, PORT_MAX = 8100, 65_535
SHOWN = 12


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help="the address to serve at (127.0.0.1)")
    parser.add_argument("--port", default=PORT, type=port, metavar="PORT", help=f"the port to serve at ({PORT}); 0 takes a free one")
    parser.add_argument("--expose", action="store_true", help="allow a host that other machines reach; put TLS before it")
    parser.add_argument("--no-record", action="store_true", help="keep no recordings of calls")
    parser.add_argument("--tied", action="store_true", help="stop when standard input closes, as when the program that started it ends")
    add_root(parser)


def port(text: str) -> int:
    """Read a port number.

    Raises:
        ArgumentTypeError: It is none.

    >>> port("8100")
    8100
    """
    if not text.isdecimal() or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: 0 to {PORT_MAX}")
    return int(text)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.cli.error import AlreadyUp
    from planaria.store.error import StoreInUse

    root = root_of(given)
    try:
        return asyncio.run(_until_told(root, given, terminal))
    except StoreInUse as error:
        raise AlreadyUp(root=str(root), pid=error.facts["pid"], where=_where(root)) from error


def _where(root: Path) -> str:
    from planaria.assemble.note import read_note
    from planaria.assemble.place import Places

    note = read_note(Places.of(root).run)
    return f", at {note.url}" if note else ""


async def _until_told(root: Path, given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.assemble.place import Places
    from planaria.assemble.serve import noted, serve

    stop = _Stop(terminal)
    stop.listen()
    if given.tied:
        threading.Thread(target=stop.hear_the_end, args=(asyncio.get_running_loop(),), daemon=True).start()
    serving = serve(
        root, host=given.host, port=given.port, expose=given.expose, record=not given.no_record, complain=terminal.note
    )  # fmt: skip
    try:
        async with serving as served, noted(served, Places.of(root), pid=os.getpid()) as note:
            _tell(served, note, terminal)
            assert served.life.ended is not None, "a life that has started can end"
            await served.life.ended
    except asyncio.CancelledError:
        if stop.told is None:
            raise
    terminal.say("stopped")
    return INTERRUPTED if stop.told == signal.SIGINT else OK


def _tell(served: "Served", note: "RunNote", terminal: Terminal) -> None:
    from planaria.record.status import status_of

    running = [one for one in status_of(served.life) if one.placement != "host"]
    cells = {one.cell: one.generation for one in running}
    name = served.life.system.name
    terminal.give({"ok": True, "system": name, "url": note.url, "port": note.port, "pid": note.pid, "cells": cells,
                   "placements": {one.cell: one.placement for one in running}})  # fmt: skip
    terminal.say(f"{terminal.colour(name, BOLD)} is up at {terminal.colour(note.url, BOLD)}, as process {note.pid}")
    width = max(map(len, cells), default=0)
    for one in running:
        terminal.say(f"  cell  {one.cell.ljust(width)}  generation {one.generation[:SHOWN]}  {one.placement}")
    terminal.say("  call  planaria call CELL OPERATION NAME=VALUE; other clients: planaria keys make LABEL")
    terminal.say("  stop  Ctrl-C")


class _Stop:
    """The first signal cancels the serving task, the second ends the process."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.told: signal.Signals | None = None
        self.task: asyncio.Task[object] | None = None

    def listen(self) -> None:
        import asyncio

        self.task = asyncio.current_task()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, self._hear, one)

    def hear_the_end(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Wait in a thread of its own until standard input closes."""
        sys.stdin.buffer.read()
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(self._hear, signal.SIGTERM)

    def _hear(self, heard: signal.Signals) -> None:
        if self.told is not None:
            self.terminal.note("stopped at once; what was acknowledged is in the store")
            sys.stdout.flush()
            os._exit(INTERRUPTED if heard == signal.SIGINT else 128 + heard)
        self.told = heard
        self.terminal.note("stopping in order; once more stops at once")
        if self.task is not None:
            self.task.cancel()


COMMAND = Command("up", "serve the system until Ctrl-C", "planaria up --port 8100", _options, _run)
