"""`planaria demo`: a real system, used by 150, regenerated and rolled back under them, in under two minutes.

Why: it is the first thing a newcomer runs and the last thing a change must not break.
Reading order: `figure` (what is measured), `users` (their process), `room` (the served copy), `story` (what happens).
Not here: the reading room itself (examples/readingroom).
"""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from planaria.cli.command import FAILED, OK, Command
from planaria.cli.progress import Progress
from planaria.cli.terminal import BOLD, Terminal

if TYPE_CHECKING:
    from planaria.assemble.client import Client
    from planaria.cli.demo.story import Told


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="stay up at the end, until Ctrl-C")
    parser.add_argument("--port", type=int, default=0, metavar="PORT", help="the port to serve at; 0, as it is, takes a free one")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    with tempfile.TemporaryDirectory(prefix="planaria-demo-") as folder:
        told = asyncio.run(_told(Path(folder) / "readingroom", given, terminal))
    terminal.give(told.plain())
    return FAILED if told.broken else OK


async def _told(root: Path, given: argparse.Namespace, terminal: Terminal) -> "Told":
    import asyncio

    from planaria.cli.demo.story import Story

    with Progress(terminal, "demo") as progress:
        story = Story(root, port=given.port, say=terminal.note if terminal.as_json else terminal.say, progress=progress.tell)

        async def stay(client: "Client", key: str) -> None:
            progress.tell("up until Ctrl-C")
            terminal.say(terminal.colour(f"the room stays up at {client.note.url}, in {root}, until Ctrl-C", BOLD))
            headers = f"-H 'authorization: Bearer {key}' -H 'content-type: application/json'"
            body = '{"question": "event loop"}'
            terminal.say(f"  ask     curl {headers} {client.note.url}/cells/library/search -d '{body}'")
            terminal.say(f"  change  planaria regen library --root {root} --intent ... --proposer ...")
            await asyncio.Event().wait()

        return await story.tell(stay if given.keep else None)


COMMAND = Command("demo", "show a whole system at work: served, used, regenerated and rolled back", "planaria demo --json", _options, _run)
