"""`planaria events`: the parked deliveries, and trying them again.

Why: works while the system is up (through its cell `outbox`) and while it is not (on its store), so that a system that
cannot start can still be looked into.
Not here: deliveries (`kernel.event`), the cell (`assemble.outbox`).
"""

import argparse
from pathlib import Path
from typing import Any

from planaria.cli.command import OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import Terminal

LIST, AGAIN = "list", "redeliver"
PAYLOAD_SHOWN = 60


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=(LIST, AGAIN), nargs="?", default=LIST, help="list what is parked (the default), or try it again")
    parser.add_argument(
        "event", type=int, nargs="?", metavar="EVENT", help="with redeliver: only this event; without it, all that are parked"
    )
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.client import Client

    root = root_of(given)
    client = Client.find(root)
    parked = list(client.call("outbox", "parked", {}) if client else _offline(root, []))
    if given.action == LIST:
        return _list(parked, terminal)
    chosen = [one for one in parked if given.event in (None, one["event"])]
    if given.event is not None and not chosen:
        from planaria.assemble.outbox.parking import NoSuchDelivery

        raise NoSuchDelivery(event=given.event, handler="any handler")
    if client:
        for one in chosen:
            client.call("outbox", "redeliver", {"event": one["event"], "handler": one["handler"]})
    else:
        _offline(root, chosen)
    terminal.give({"ok": True, "redelivered": [{"event": one["event"], "handler": one["handler"]} for one in chosen]})
    when = "now" if client else "when the system is up again"
    terminal.say(f"{len(chosen)} deliveries are tried again {when}" if chosen else "nothing is parked")
    return OK


def _list(parked: list[dict[str, Any]], terminal: Terminal) -> int:
    terminal.give({"ok": True, "parked": parked})
    if not parked:
        terminal.say("nothing is parked")
        return OK
    rows = [
        (one["event"], one["handler"], one["attempts"], one["error"].partition("\n")[0], one["payload"][:PAYLOAD_SHOWN]) for one in parked
    ]
    terminal.table(("EVENT", "HANDLER", "ATTEMPTS", "LAST ERROR", "WHAT"), rows)
    terminal.say("\ntry again: planaria events redeliver [EVENT]")
    return OK


def _offline(root: Path, again: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Look into the store of a system that is not up; deliveries in `again` are due at its next start."""
    import asyncio

    from planaria.assemble.offline import parked_at

    return asyncio.run(parked_at(root, again=[(one["event"], one["handler"]) for one in again]))


COMMAND = Command("events", "list deliveries that failed too often, and try them again", "planaria events redeliver", _options, _run)
