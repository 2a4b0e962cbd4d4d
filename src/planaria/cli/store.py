"""`planaria store`: back the store up while the system runs, and restore it while it does not.

Why: the store is the only state that git does not hold.
Not here: how a copy becomes whole (`store.backup`).
"""

import argparse
from pathlib import Path

from planaria.cli.command import OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import Terminal


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("backup", "restore"), help="copy the store to a file, or put a file in its place")
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    from planaria.assemble.place import Places
    from planaria.cli.error import AlreadyUp
    from planaria.store import StoreInUse, backup, restore

    root, file = root_of(given), Path(given.file).absolute()
    store = Places.of(root).store
    if given.action == "backup":
        size = backup(store, file)
        terminal.give({"ok": True, "backup": str(file), "bytes": size})
        terminal.say(f"{file}: {size / 1000:.1f} kB, whole and checked")
        return OK
    store.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        kept = restore(file, store)
    except StoreInUse as error:
        raise AlreadyUp(root=str(root), pid=error.facts["pid"], where="") from error
    terminal.give({"ok": True, "restored": str(file), "kept": None if kept is None else str(kept)})
    terminal.say(f"restored {file}" + (f"; what was there before is kept as {kept}" if kept else ""))
    return OK


COMMAND = Command("store", "back the store up, and restore it", "planaria store backup monday.sqlite", _options, _run)
