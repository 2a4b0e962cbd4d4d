"""`planaria derive DOCUMENT [CELL]`: compute a document from the code of a system, and print it, write it or check it.

Why: what is not checked is not written; a document that is derived is made again and compared, never edited.
Not here: the documents, one module of `planaria.derive` each; a new one is one line in `DOCUMENTS`.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

from planaria.cli.command import NO, OK, Command
from planaria.cli.root import add_root, root_of
from planaria.cli.terminal import Terminal


class Document(NamedTuple):
    """A document; the function of its name in the module of its name in `planaria.derive` makes it, of one cell or of the system."""

    name: str
    line: str
    of_cell: bool = False


DOCUMENTS = (
    Document("openapi", "the API of the system, as OpenAPI 3.1"),
    Document("wit", "what a component in another language must be to be a cell", of_cell=True),
)


def _options(parser: argparse.ArgumentParser) -> None:
    said = "; ".join(f"{one.name}{' CELL' if one.of_cell else ''}: {one.line}" for one in DOCUMENTS)
    parser.add_argument("document", metavar="DOCUMENT", choices=[one.name for one in DOCUMENTS], help=said)
    parser.add_argument("cell", metavar="CELL", nargs="?", help="the cell, where the document is about one")
    parser.add_argument("--out", metavar="FILE", help="write it to a file instead of printing it")
    parser.add_argument("--check", metavar="FILE", help="say whether a file is what it would be")
    add_root(parser)


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    document = next(one for one in DOCUMENTS if one.name == given.document)
    made = _made(document, given)
    if given.check is not None:
        return _check(made, Path(given.check), terminal)
    if given.out is not None:
        Path(given.out).write_bytes(made)
        terminal.give({"ok": True, "document": document.name, "file": given.out, "bytes": len(made)})
        terminal.say(f"{given.out}: {len(made)} bytes")
        return OK
    terminal.give({"ok": True, "document": document.name, "text": made.decode()})
    terminal.say(made.decode().removesuffix("\n"))
    return OK


def _made(document: Document, given: argparse.Namespace) -> bytes:
    import importlib

    from planaria.assemble.system import system_at
    from planaria.cli.error import UsageWrong

    wanted = "missing: CELL" if document.of_cell else f"'{given.cell}' is too much: this document is about the whole system"
    if document.of_cell == (given.cell is None):
        raise UsageWrong(text=wanted, program=f"planaria derive {document.name}", cure="see `planaria derive --help`")
    make = getattr(importlib.import_module(f"planaria.derive.{document.name}"), document.name)
    system = system_at(root_of(given))
    made: bytes = make(system, given.cell) if document.of_cell else make(system)
    return made


def _check(made: bytes, file: Path, terminal: Terminal) -> int:
    current = file.is_file() and file.read_bytes() == made
    cure = f"write it again with --out {file}"
    terminal.give({"ok": current, "file": str(file), **({} if current else {"fix": cure})})
    terminal.say(f"{file} is current" if current else f"{file} is not what it would be now\n  fix: {cure}")
    return OK if current else NO


COMMAND = Command("derive", "compute a document from the code", "planaria derive wit cart --out cart.wit", _options, _run)
