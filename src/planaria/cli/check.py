"""`planaria check`: everything that is wrong with a system as it lies there, in one pass.

Not here: how it is found (`assemble.check`).
"""

import argparse

from planaria.cli.command import NO, OK, Command
from planaria.cli.progress import Progress
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import BOLD, GREEN, RED, YELLOW, Terminal


def _options(parser: argparse.ArgumentParser) -> None:
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    import asyncio

    from planaria.assemble.check import examine

    with Progress(terminal, "checking") as progress:
        examined = asyncio.run(examine(root_of(given), progress.tell))
    figures = {name: getattr(examined, name) for name in ("name", "cells", "operations", "handlers", "examples", "size_bytes")}
    terminal.give({"ok": examined.sound, **figures, "findings": [one.plain() for one in examined.findings]})
    counts = ", ".join(_count(figures[name], name.removesuffix("s")) for name in ("cells", "operations", "handlers", "examples"))
    terminal.say(f"{terminal.colour(examined.name, BOLD)}: {counts}; {examined.size_bytes / 1000:.1f} kB")
    for one in examined.findings:
        place = f"{one.place}: " if one.place else ""
        mark = terminal.colour("watch", YELLOW) if one.level == "note" else terminal.colour(one.gate, RED)
        terminal.say(f"{mark}: {place}{one.what}\n  fix: {one.cure}")
    wrong = sum(one.level != "note" for one in examined.findings)
    terminal.say(terminal.colour(_count(wrong, "problem"), RED) if wrong else terminal.colour("no problems", GREEN))
    return OK if examined.sound else NO


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


COMMAND = Command("check", "find everything that is wrong with a system, in one pass", "planaria check --json", _options, _run)
