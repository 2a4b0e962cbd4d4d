"""`planaria doctor`: what this machine and this system have, and what to cure.

Not here: the facts (`assemble.doctor`).
"""

import argparse
from pathlib import Path

from planaria.cli.command import NO, OK, Command
from planaria.cli.progress import Progress
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import DIM, GREEN, RED, YELLOW, Terminal

COLOURS = {"well": GREEN, "watch": YELLOW, "wrong": RED}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--attack", choices=("process", "wasm"), metavar="PLACEMENT",
        help="attack that placement, process or wasm, on this very machine, from inside a cell; takes about a minute",
    )  # fmt: skip
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    return _attack(given.attack, terminal) if given.attack else _look(given, terminal)


def _attack(placement: str, terminal: Terminal) -> int:
    import asyncio

    from planaria.attack.finding import known_in
    from planaria.attack.suite import run_attacks
    from planaria.placement.sandbox.machine import machine

    with Progress(terminal, f"attacking {placement}") as progress:
        report = asyncio.run(run_attacks(placement, told=lambda one: progress.tell(f"{one.attack.theme}: {one.attack.name}")))
    known = known_in(placement, namespaces=any(one.name == "namespaces" and one.level == "well" for one in machine()))
    new = [one for one in report.through if one.attack.name not in known]
    sound = not new and not report.broken
    terminal.give({"ok": sound, **report.plain(), "new": [one.attack.name for one in new]})
    for condition in report.conditions:
        terminal.say(terminal.colour(condition, DIM))
    for one in report.through:
        mark = terminal.colour("through", RED) if one in new else terminal.colour("known  ", YELLOW)
        terminal.say(f"  {mark}  {one.attack.name}: {one.why}\n           allows: {one.attack.allows}")
    for one in report.broken:
        terminal.say(f"  {terminal.colour('broken', RED)}   {one.attack.name}: {one.why}")
    stopped = len(report.attacks) - len(report.through)
    verdict = f"{len(new)} got through that should not" if new else "nothing got through but what SECURITY.md names"
    terminal.say(
        f"{placement}: {stopped} of {len(report.attacks)} attacks stopped; {terminal.colour(verdict, GREEN if sound else RED)}; "
        f"{len(report.sanity) - len(report.broken)} of {len(report.sanity)} things that must work do; {report.seconds:.0f} s"
    )  # fmt: skip
    return OK if sound else NO


def _look(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.doctor import facts_of_machine, facts_of_system
    from planaria.assemble.error import NoSystem

    with Progress(terminal, "looking"):
        try:
            root: Path | None = root_of(given)
        except NoSystem:
            if given.root is not None:
                raise
            root = None
        groups = {"machine": facts_of_machine(root or Path.cwd()), "system": facts_of_system(root) if root else []}
    facts = [one for group in groups.values() for one in group]
    wrong = any(one.level == "wrong" for one in facts)
    shown = {
        name: [{key: getattr(one, key) for key in ("name", "level", "value", "cure", "meaning", "more")} for one in group]
        for name, group in groups.items()
    }
    terminal.give({"ok": not wrong, "root": None if root is None else str(root), **shown})
    width = max(len(one.name) for one in facts)
    for name, group in groups.items():
        terminal.say(terminal.colour(f"{name}{f': {root}' if name == 'system' and root else ''}", DIM))
        for one in group:
            terminal.say(f"  {terminal.colour(one.level.ljust(5), COLOURS[one.level])}  {one.name.ljust(width)}  {one.value}")
            beside = (one.meaning, *(f"- {line}" for line in one.more))
            for line in filter(None, beside):
                terminal.say(terminal.colour(f"         {' ' * width}  {line}", DIM))
            if one.cure:
                terminal.say(f"         {' ' * width}  fix: {one.cure}")
    if root is None:
        terminal.say("  no system here; `planaria new shop` writes one")
    return NO if wrong else OK


COMMAND = Command(
    "doctor", "say what this machine and this system have, and what to cure", "planaria doctor --attack process --json", _options, _run
)
