"""`planaria explain CODE`: what an error means, why it is raised, and how to cure it.

Why: the catalogue is derived from the error classes, so it cannot be out of date.
Not here: the classes, which stand beside the code that raises them.
"""

import argparse

from planaria.cli.command import OK, Command
from planaria.cli.terminal import BOLD, DIM, Terminal

NEAR_MAX = 4


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", nargs="?", help="the code of an error, like PLN-C104")
    parser.add_argument("--all", action="store_true", help="list every error")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.catalogue import catalogue
    from planaria.cli.error import NoSuchCode, UsageWrong

    entries = catalogue()
    if given.all:
        terminal.give([entries[code] for code in sorted(entries)])
        terminal.table(("CODE", "ERROR"), [(code, entries[code]["title"]) for code in sorted(entries)])
        return OK
    if given.code is None:
        raise UsageWrong(text="missing: CODE", program="planaria explain", cure="name a code, or list them with `planaria explain --all`")
    asked = given.code.upper()
    found = entries.get(asked) or entries.get(f"PLN-{asked}")
    if found is None:
        raise NoSuchCode(asked=given.code, cure=_cure(asked, list(entries)))
    terminal.give(found)
    terminal.say(f"{terminal.colour(found['code'], BOLD)}  {found['title']}")
    for name in ("what", "why", "fix"):
        terminal.say(f"  {name + ':':<6}{found[name]}")
    terminal.say(terminal.colour(f"  raised by {found['class']}; words in {{braces}} are facts of the case", DIM))
    return OK


def _cure(asked: str, codes: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(asked, codes, n=NEAR_MAX, cutoff=0.6) or [one for one in codes if asked[-3:] in one][:NEAR_MAX]
    return (f"did you mean {' or '.join(near)}? " if near else "") + "All codes: `planaria explain --all`"


COMMAND = Command("explain", "say what an error code means and how to cure it", "planaria explain PLN-C104", _options, _run)
