"""The process in which a suite is run: `python -m planaria.assemble.tested ROOT CELL WORK [apart]`.

Why: a suite loads what it judges. In its first round both are in this process, which measures what is reached, and which is
confined like every worker of a judge: it reads the copy of the system, and writes into WORK alone, so no test can be altered.
Decision D-140: the second round, `apart`, shows that the suite was not fooled from inside: there the candidate runs in the placement
`process`, which reads no tests, and this process is free and never runs a line of it; an audit hook sees to that. Because a placement
cannot be started from inside a sandbox, which forbids forks and further sandboxes, and the tests are the owner's. Revisit
when a process can be handed a zygote that forks under one policy only.
Not here: what the results mean (`gates.suite`), what pytest is told (`prove.suite`).
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from planaria.assemble.enclosure import JudgeNotConfined, enclose
from planaria.assemble.placement import OWN
from planaria.assemble.system import system_at
from planaria.kernel.error import PlanariaError
from planaria.placement.process.nursery import Nursery
from planaria.placement.right import rights_of
from planaria.prove.suite import APART, NOT_APART, NOT_CONFINED, pytest_arguments

MEMORY_BYTES = 2 << 30
ONE_LOOP = ("-o", "asyncio_default_fixture_loop_scope=session", "-o", "asyncio_default_test_loop_scope=session")


class Kept:
    """The plugin of the round apart: only the tests remain whose cells run apart."""

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Leave out what ran in the first round, and can run nowhere else."""
        kept = [one for one in items if hasattr(one, "callspec") and one.callspec.params.get("cells_placement") == APART]
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = kept


def stay_apart(folder: Path) -> None:
    """Refuse for good to run what was compiled from a file in `folder`, whoever asks."""
    inside = f"{folder.resolve()}{os.sep}"

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and os.path.realpath(getattr(arguments[0], "co_filename", "")).startswith(inside):
            raise PermissionError("an implementation is never loaded where it is tested from apart: ask its contract")

    sys.addaudithook(refuse)


def share_nursery() -> None:
    """Let the placements of all tests fork from one zygote, in one loop: to start one costs more than most tests."""
    shared = Nursery()

    async def stay() -> None:
        """Leave it to the end of this process."""

    shared.close = stay  # type: ignore[method-assign]  # it is closed after every test otherwise
    placements: Any = importlib.import_module("planaria.placement.process.placement")
    placements.Nursery = lambda: shared


def apart(root: Path, cell: str, work: Path) -> int:
    """Run the suite free, with the candidate in another process; `NOT_APART` where system.py places cells as that one cannot."""
    import pytest

    try:
        for plan in system_at(root).cells.values():
            rights_of(plan.name, plan.contract, plan.limits, own=OWN[APART])
    except PlanariaError as error:
        sys.stderr.write(f"{error.plain()['what']}\n")
        return NOT_APART
    share_nursery()
    stay_apart(root / "cells" / cell / "impl")
    return int(pytest.main([*pytest_arguments(root, cell, work), *ONE_LOOP], plugins=[Kept()]))


def together(root: Path, cell: str, work: Path) -> int:
    """Run the suite and the candidate confined in this process, and report what was reached; `NOT_CONFINED` where it cannot be."""
    import coverage
    import pytest

    try:
        enclose([root], writes=[work], keep=[], limits={"memory_bytes": MEMORY_BYTES})
    except JudgeNotConfined as error:
        sys.stderr.write(f"{error}\n")
        return NOT_CONFINED
    os.chdir(root)  # a sandbox is entered at its top
    measured = coverage.Coverage(config_file=str(work / "coveragerc"))
    measured.start()
    try:
        return int(pytest.main(pytest_arguments(root, cell, work)))
    finally:
        measured.stop()
        measured.save()
        measured.json_report(outfile=str(work / "coverage.json"))


def main(arguments: list[str]) -> int:
    """Run one round and return pytest's status, or why there was none."""
    root, work = Path(arguments[0]).resolve(), Path(arguments[2]).resolve()
    return (apart if arguments[3:] == ["apart"] else together)(root, arguments[1], work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
