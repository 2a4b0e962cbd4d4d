"""`planaria rollback CELL`: put the generation before the last promotion back in force.

Why: undoing must need no model, no version control and no stop.
Not here: how (`regen.promotion`).
"""

import argparse
from typing import TYPE_CHECKING

from planaria.cli.command import OK, Command
from planaria.cli.progress import Progress
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import GREEN, Terminal

if TYPE_CHECKING:
    from planaria.regen.step import Step

SHOWN = 12


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cell", metavar="CELL", help="the cell to roll back")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.assemble.regenerate import roll_back

    root, told = root_of(given), []
    with Progress(terminal, f"rolling {given.cell} back") as progress:

        def step(one: "Step") -> None:
            progress.tell(one.text)
            told.append(one.kind)

        generation = asyncio.run(roll_back(root, given.cell, on_step=step))
    swapped = "generation.swapped" in told
    terminal.give({"ok": True, "cell": given.cell, "generation": generation.digest, "swapped": swapped})
    where = "in the tree and in the running system" if swapped else "in the tree; the system is not up"
    terminal.say(f"{terminal.colour('in force again', GREEN)}: {given.cell} is generation {generation.digest[:SHOWN]}, {where}")
    return OK


COMMAND = Command("rollback", "put a cell's generation before the last promotion back in force", "planaria rollback stock", _options, _run)
