"""`planaria call CELL OPERATION NAME=VALUE ...`: call an operation of the running system.

Why: trying a cell needs no HTTP client and no key of one's own.
Not here: the door (`assemble.client`).
"""

import argparse
import json
from typing import Any

from planaria.cli.command import OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import Terminal


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cell", metavar="CELL", help="the cell")
    parser.add_argument("operation", metavar="OPERATION", help="one of its operations")
    parser.add_argument("pairs", metavar="NAME=VALUE", nargs="*", help="arguments by name; JSON is taken as JSON, anything else as text")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.client import Client

    arguments = dict(_pair(one) for one in given.pairs)
    told: list[Any] = []

    def tell(item: Any) -> None:
        told.append(item)
        terminal.say(json.dumps(item, ensure_ascii=False))

    result = Client.of(root_of(given)).call(given.cell, given.operation, arguments, each=tell)
    terminal.give({"ok": True, "result": result})
    if not told:
        terminal.say(json.dumps(result, ensure_ascii=False))
    return OK


def _pair(text: str) -> tuple[str, Any]:
    from planaria.cli.error import PairWrong

    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise PairWrong(given=text)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


COMMAND = Command("call", "call an operation of the running system", "planaria call stock receive sku=apple quantity=5", _options, _run)
