"""`planaria place CELL PLACEMENT`: move a cell, and say what that changes.

Not here: the move (`assemble.relocation`).
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from planaria.cli.command import OK, Command
from planaria.cli.progress import Progress
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import BOLD, DIM, GREEN, YELLOW, Terminal

if TYPE_CHECKING:
    from planaria.assemble.relocation import Relocation, Situation


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cell", metavar="CELL", help="the cell")
    parser.add_argument("placement", metavar="PLACEMENT", help="where it runs: inprocess, process or wasm")
    parser.add_argument("--memory-mb", type=int, metavar="N", help="memory that it may use, in a placement that holds it")
    parser.add_argument("--cpu-s-per-call", type=float, metavar="S", help="processor time that one call may use")
    parser.add_argument("--scratch-mb", type=int, metavar="N", help="size of a folder of its own for the time of its life")
    parser.add_argument(
        "--limit", action="append", default=[], metavar="NAME=VALUE", help="any limit of the placement; null takes one away"
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="measure and show everything, and write nothing")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.assemble.relocation import relocate

    named = ("memory_mb", "cpu_s_per_call", "scratch_mb")
    limits = {name: getattr(given, name) for name in named if getattr(given, name) is not None} | dict(map(_limit, given.limit))
    with Progress(terminal, f"placing {given.cell}") as progress:
        work = relocate(root_of(given), given.cell, given.placement, limits=limits, dry=given.dry_run, tell=progress.tell)
        moved = asyncio.run(work)
    terminal.give({"ok": True, **moved.plain()})
    _tell(moved, terminal)
    return OK


def _limit(text: str) -> tuple[str, Any]:
    from planaria.cli.error import PairWrong

    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise PairWrong(given=text)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _tell(moved: "Relocation", terminal: Terminal) -> None:
    before, after = moved.before, moved.after
    terminal.say(f"{terminal.colour(moved.cell, BOLD)}: {before.placement} -> {terminal.colour(after.placement, BOLD)}")
    terminal.say(terminal.colour("rights", DIM))
    kept = [one for one in after.rights if one in before.rights]
    for mark, lines in (("-", [one for one in before.rights if one not in kept]), ("+", [one for one in after.rights if one not in kept])):
        for line in lines:
            terminal.say(f"  {mark} {line}")
    for line in kept:
        terminal.say(f"    {line}")
    terminal.say(terminal.colour("what the way to it costs on this machine, half of the calls being faster", DIM))
    terminal.table(("", "100 bytes", "100 kB", "start", "memory"), [_row(before), _row(after)])
    if before.operations:
        terminal.say(terminal.colour("its operations, on average: as the system that is up measured them, and as predicted", DIM))
        rows = [(f"  {name}", f"{before.operations[name]:.2f} ms", f"{after.operations[name]:.2f} ms") for name in before.operations]
        terminal.table(("", before.placement, after.placement), rows)
    if not moved.change:
        terminal.say(terminal.colour("system.py says so already", GREEN))
        return
    terminal.say("\n".join(moved.change.splitlines()[2:]))
    if not moved.done:
        terminal.say(terminal.colour("nothing was written: it was a dry run", YELLOW))
        return
    terminal.say(f"{terminal.colour('placed', GREEN)}; back: planaria place {moved.cell} {before.placement}{_lost(moved)}")
    if moved.up:
        terminal.say("  the system is up, and its cells stay where they are until it is started again")


def _lost(moved: "Relocation") -> str:
    """Return the options that give back the limits which the move took away or changed."""
    before, after = moved.before.limits, moved.after.limits
    gone = [f" --limit {name}={value}" for name, value in before.items() if after.get(name) != value and name != "may"]
    return "".join([*gone, *(f" --limit {name}=null" for name in after if name not in before)])


def _row(one: "Situation") -> tuple[str, ...]:
    unknown = "shared" if one.placement == "inprocess" else "not told"
    memory = unknown if one.memory_bytes is None else f"{one.memory_bytes / 1e6:.1f} MB"
    return (f"  {one.placement}", f"{one.reach.small_us:.0f} µs", f"{one.reach.large_us:.0f} µs", f"{one.reach.start_ms:.0f} ms", memory)


COMMAND = Command(
    "place",
    "move a cell: in this process, into a sandbox or WebAssembly, and back",
    "planaria place intake process --dry-run",
    _options,
    _run,
)
