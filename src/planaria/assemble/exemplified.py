"""The process in which examples are run: `python -m planaria.assemble.exemplified ROOT CELL GENERATION PLACEMENT`.

Why: an example of the contract or of an intent is run against a candidate, and the judging process never loads one. Blocks of
examples come as JSON on standard input, each is run on a system and a store of its own, and what each example shows goes
back as one line of JSON; whether that is what was promised is decided by who asked. What the cell prints goes elsewhere.
Not here: comparing (`gates.examples`), other calls than examples (`judged`).
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from planaria.assemble.enclosure import enclose
from planaria.assemble.life import life_at
from planaria.assemble.system import system_at
from planaria.kernel.loader import Generation, generation_at
from planaria.kernel.port import Placement
from planaria.kernel.system import System
from planaria.placement.codec import MsgspecCodec
from planaria.placement.copying import Copying
from planaria.placement.inprocess import InProcess
from planaria.prove.example import show_examples


async def shown(
    root: Path, system: System, generation: Generation, placement: str, *, blocks: list[dict[str, Any]], folder: Path
) -> list[dict[str, Any]]:
    """Run each block of examples on a fresh system in `folder` and return what they show."""
    place: Placement = Copying(MsgspecCodec()) if placement == "copying" else InProcess()
    found = []
    for number, block in enumerate(blocks):
        store = folder / str(number) / "store.sqlite"
        store.parent.mkdir()
        if number:
            shutil.copyfile(folder / "migrated.sqlite", store)
        else:
            async with life_at(root, system=system, store_path=store, placements=dict.fromkeys(_places(system), place)):
                pass
            shutil.copyfile(store, folder / "migrated.sqlite")
        seen = await _block(root, system, generation, place, examples=block["examples"], store=store)
        found.append({"name": block["name"], "shown": seen})
    return found


def _places(system: System) -> set[str]:
    return {plan.placement for plan in system.cells.values()}


async def _block(
    root: Path, system: System, generation: Generation, place: Placement, *, examples: list[str], store: Path
) -> list[dict[str, Any]]:
    placements = dict.fromkeys(_places(system), place)
    cell = generation.cell
    async with life_at(root, system=system, store_path=store, placements=placements, generations={cell: generation}) as life:
        contract = system.plan(cell).contract
        namespace = dict(vars(sys.modules[contract.__module__])) | {cell: life.handle(contract)}
        return [asdict(one) for one in await show_examples(examples, namespace)]


def main() -> None:
    """Read blocks from standard input, run them, and write one line."""
    root, cell, generation, placement = sys.argv[1:]
    answer = os.dup(1)
    os.dup2(2, 1)
    blocks = json.load(sys.stdin)["blocks"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        judged = generation_at(cell, Path(generation))
        system = system_at(Path(root))
        enclose([Path(root), Path(generation)], writes=[Path(folder)], keep=[answer], limits={})
        before, tempfile.tempdir = tempfile.tempdir, folder  # migrations are rehearsed in folders of their own
        try:
            found = asyncio.run(shown(Path(root), system, judged, placement, blocks=blocks, folder=Path(folder)))
        finally:
            tempfile.tempdir = before
    os.write(answer, json.dumps({"blocks": found}).encode() + b"\n")


if __name__ == "__main__":
    main()
