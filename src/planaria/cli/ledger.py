"""`planaria ledger`: the record of decisions, as a table, one entry whole, or verified.

Why: whoever answers for a system must be able to read what was decided and to see that nobody changed it.
Not here: the record itself (`ledger`).
"""

import argparse
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from planaria.cli.command import NO, OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import BOLD, GREEN, RED, YELLOW, Terminal

if TYPE_CHECKING:
    from planaria.assemble.place import Places
    from planaria.ledger import Ledger

SHOWN = 72
FACTS_SHOWN = 4
DIGEST, DIGEST_SHOWN = re.compile(r"[0-9a-f]{64}"), 12
TELLING = ("attempt", "gate", "verdict", "reason", "before", "after", "generation", "candidate", "proposer")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("list", "show", "verify", "key"), nargs="?", default="list", help="what to do (list, unless said)"
    )
    parser.add_argument("number", metavar="N", type=int, nargs="?", help="with show: the number of the entry")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.clock import SystemClock
    from planaria.assemble.place import Places
    from planaria.ledger import Ledger

    places = Places.of(root_of(given))
    if given.action == "verify":
        return _verify(places, terminal)
    if given.action == "key":
        return _key(places, terminal)
    ledger = Ledger.open(places.ledger, None, clock=SystemClock())
    return _list(ledger, terminal) if given.action == "list" else _show(ledger, given.number, terminal)


def _list(ledger: "Ledger", terminal: Terminal) -> int:
    entries = ledger.entries()
    terminal.give({"ok": True, "entries": [one.plain() for one in entries]})
    if not entries:
        terminal.say("nothing is recorded yet")
        return OK
    terminal.table(
        ("N", "WHEN (UTC)", "CELL", "WHAT", "FACTS"), [(one.number, one.at[:19], one.cell, one.kind, _facts(one.facts)) for one in entries]
    )
    return OK


def _facts(facts: Mapping[str, object]) -> str:
    """Return the telling facts of an entry, digests by their beginning."""
    names = [*(name for name in TELLING if name in facts), *(name for name in facts if name not in TELLING)]
    shown = [f"{name}={_short(facts[name])}" for name in names if isinstance(facts[name], (str, int, float)) and facts[name] != ""]
    text = ", ".join(shown[:FACTS_SHOWN])
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _short(fact: object) -> str:
    text = str(fact).replace("\n", " ")
    return text[:DIGEST_SHOWN] if DIGEST.fullmatch(text) else text


def _show(ledger: "Ledger", number: int | None, terminal: Terminal) -> int:
    from planaria.cli.error import NoSuchEntry

    entries = ledger.entries()
    if number is None or not 0 < number <= len(entries):
        raise NoSuchEntry(number="(none was named)" if number is None else number, count=len(entries))
    entry = entries[number - 1]
    terminal.give({"ok": True, "entry": entry.plain(), "hash": entry.hash})
    terminal.say(f"{terminal.colour(f'{entry.number} {entry.kind}', BOLD)}  {entry.cell}  {entry.at}")
    terminal.say(json.dumps(dict(entry.facts), indent=2, ensure_ascii=False))
    terminal.say(f"hash {entry.hash}\nafter {entry.previous}\nsigned by {entry.signer}")
    return OK


def _verify(places: "Places", terminal: Terminal) -> int:
    from planaria.ledger import verify

    findings = verify(places.ledger)
    broken = any(one.broken for one in findings)
    count = len(list(places.ledger.glob("[0-9]*.json")))
    rows = [{name: getattr(one, name) for name in ("number", "rule", "problem", "cure", "broken")} for one in findings]
    terminal.give({"ok": not broken, "entries": count, "findings": rows})
    for one in findings:
        where = f"entry {one.number}" if one.number else "the ledger"
        terminal.say(f"{terminal.colour(where, RED if one.broken else YELLOW)}: {one.problem}\n  fix: {one.cure}")
    said = terminal.colour("the ledger does not hold", RED) if broken else terminal.colour("the ledger holds", GREEN)
    terminal.say(f"{said}: {count} {'entry' if count == 1 else 'entries'}")
    return NO if broken else OK


def _key(places: "Places", terminal: Terminal) -> int:
    from planaria.ledger import make_key

    places.runtime.mkdir(mode=0o700, exist_ok=True)
    made = make_key(places.ledger_key)
    terminal.give({"ok": True, "key": str(places.ledger_key), "id": made.id})
    terminal.say(f"{places.ledger_key}: key {made.id}; keep a copy of it, in a place of its own")
    return OK


COMMAND = Command("ledger", "show or verify the record of decisions", "planaria ledger verify", _options, _run)
