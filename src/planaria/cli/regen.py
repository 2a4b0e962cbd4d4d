"""`planaria regen CELL`: have a cell's implementation written anew, judged, and put in force if it passes.

Why: whoever waits sees each attempt, each gate and each finding with its witness as it comes.
Not here: the loop (`regen.attempt`) and what it needs (`assemble.regenerate`).
"""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planaria.cli.command import NO, OK, OPEN, Command
from planaria.cli.progress import Progress
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import BOLD, DIM, GREEN, RED, YELLOW, Terminal

if TYPE_CHECKING:
    from planaria.regen.step import Regenerated, Step

ATTEMPTS = 3
SHOWN = 12
EXITS = {"pass": OK, "fail": NO, "inconclusive": OPEN}
COLOURS = {"pass": GREEN, "fail": RED, "inconclusive": YELLOW}
LEVELS = {"refuse": RED, "doubt": YELLOW, "note": DIM}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cell", metavar="CELL", help="the cell whose implementation is written anew")
    parser.add_argument("--intent", required=True, metavar="TEXT|FILE", help="what it is for: text, or a Markdown file with examples")
    parser.add_argument(
        "--proposer", required=True, metavar="PROPOSER",
        help='who writes it: recorded:FILE (Markdown: below "## Attempt 1" whole files, in blocks headed "```python impl/__init__.py"), or '
        'command:"PROGRAM ARGUMENTS", which is run in a copy of the system, reads what is asked from standard input, and changes '
        "the files in cells/CELL/impl there; what it prints is not used",
    )  # fmt: skip
    parser.add_argument("--attempts", type=int, default=ATTEMPTS, metavar="N", help=f"how many attempts at most ({ATTEMPTS})")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.assemble.regenerate import regenerate
    from planaria.cli.error import UsageWrong

    if given.attempts < 1:
        raise UsageWrong(text=f"--attempts {given.attempts}", program="planaria regen", cure="give 1 or more")
    root = root_of(given)
    with Progress(terminal, f"regenerating {given.cell}") as progress:
        teller = _Teller(terminal, progress)
        result = asyncio.run(
            regenerate(
                root, given.cell, intent=given.intent, proposer=given.proposer, attempts=given.attempts, on_step=teller.step
            )
        )  # fmt: skip
    terminal.give({"ok": result.promoted, **result.plain()})
    _conclude(result, terminal)
    return EXITS[result.verdict]


class _Teller:
    """Turns steps into lines: what is decided stands, what is going on is progress."""

    def __init__(self, terminal: Terminal, progress: Progress) -> None:
        self.terminal, self.progress = terminal, progress

    def step(self, step: "Step") -> None:
        self.progress.tell(step.text)
        if step.kind == "attempt.started":
            self.terminal.say(self.terminal.colour(step.text, BOLD))
        elif step.kind == "gate.verdict":
            self._verdict(step.facts)
        elif step.kind in ("proposer.told", "proposer.spent", "generation.swapped", "generation.recovered"):
            self.terminal.say("  " + step.text.replace("\n", "\n    "))

    def _verdict(self, facts: Mapping[str, Any]) -> None:
        result = facts["verdict"]
        took = f"{facts['seconds']:.1f} s"
        self.terminal.say(f"  {self.terminal.colour(result.ljust(12), COLOURS[result])}  {facts['gate'].ljust(10)} {took}")
        for one in facts["findings"]:
            place = f"{one['file']}:{one['line']}: " if one["line"] else f"{one['file']}: " if one["file"] else ""
            what = one["what"].replace("\n", "\n      ")
            self.terminal.say(f"    {self.terminal.colour(one['level'], LEVELS[one['level']])}: {place}{what}")
            if one["cure"]:
                self.terminal.say(f"      fix: {one['cure']}")


def _conclude(result: "Regenerated", terminal: Terminal) -> None:
    tries = f"{len(result.attempts)} attempt{'' if len(result.attempts) == 1 else 's'}, {result.seconds:.1f} s"
    if result.promoted:
        terminal.say(f"{terminal.colour('in force', GREEN)}: {result.cell} is generation {result.generation[:SHOWN]} ({tries})")
        terminal.say(f"  back  planaria rollback {result.cell}")
    elif result.verdict == "inconclusive":
        terminal.say(f"{terminal.colour('paused', YELLOW)}: it could not be decided, so {result.cell} is as it was ({tries})")
    else:
        terminal.say(f"{terminal.colour('refused', RED)}: {result.cell} is as it was ({tries})")


COMMAND = Command(
    "regen", "have a cell written anew, judged, and put in force if it passes",
    'planaria regen stock --intent "round up" --proposer command:"python write.py"', _options, _run,
)  # fmt: skip
