"""`planaria keys`: make, list and revoke the API keys of a system.

Why: a secret is shown once and never kept; what is kept is its hash.
Not here: the keys themselves (`gateway.keys`), the key of the ledger (`ledger.key`).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from planaria.cli.command import OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import Terminal

if TYPE_CHECKING:
    from planaria.gateway.keys import Keys


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("make", "list", "revoke"), nargs="?", default="list", help="what to do (list, unless said)")
    parser.add_argument("subject", metavar="LABEL|ID", nargs="?", help="with make: whose key it is; with revoke: the id of the key")
    parser.add_argument("--cells", metavar="A,B", help="with make: the only cells it may call (otherwise all cells of the system)")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.clock import SystemClock
    from planaria.assemble.place import Places
    from planaria.cli.error import UsageWrong
    from planaria.gateway.keys import Keys

    root = root_of(given)
    keys = Keys(Places.of(root).keys, clock=SystemClock())
    if given.action == "list":
        return _list(keys, terminal)
    if given.subject is None:
        missing = "LABEL" if given.action == "make" else "ID"
        raise UsageWrong(text=f"missing: {missing}", program=f"planaria keys {given.action}", cure="see `planaria keys --help`")
    return _make(keys, root, given, terminal) if given.action == "make" else _revoke(keys, given, terminal)


def _list(keys: "Keys", terminal: Terminal) -> int:
    rows = [
        {"id": one.id, "label": one.label, "created": one.created, "cells": sorted(one.cells) if one.cells else None} for one in keys.list()
    ]
    terminal.give({"ok": True, "keys": rows})
    if not rows:
        terminal.say("there are no keys; `planaria keys make LABEL` makes one")
        return OK
    terminal.table(
        ("ID", "CREATED", "CELLS", "LABEL"), [(one["id"], one["created"], ",".join(one["cells"] or ["all"]), one["label"]) for one in rows]
    )
    return OK


def _make(keys: "Keys", root: Path, given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.system import system_at

    system = system_at(root)
    cells = tuple(system.cells) if given.cells is None else tuple(system.plan(one.strip()).name for one in given.cells.split(","))
    key, secret = keys.make(given.subject, cells=cells)
    terminal.give({"ok": True, "id": key.id, "secret": secret, "cells": list(cells)})
    terminal.say(secret)
    if not terminal.as_json:
        terminal.note(f"key {key.id} for {', '.join(cells)}; it is shown only this once: send it as `Authorization: Bearer …`")
    return OK


def _revoke(keys: "Keys", given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.cli.error import NoSuchKey

    if not keys.revoke(given.subject):
        raise NoSuchKey(id=given.subject, known=", ".join(one.id for one in keys.list()) or "none")
    terminal.give({"ok": True, "revoked": given.subject})
    terminal.say(f"key {given.subject} opens nothing any more")
    return OK


COMMAND = Command("keys", "make, list and revoke API keys", "planaria keys make laptop --cells cart", _options, _run)
