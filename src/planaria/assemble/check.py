"""The examination of a system as it lies there: everything that can be found without a proposer, at once.

Why: a person or a coding agent wants all problems of one pass, each with its place and cure; and the size of a system is
a check, not an advice.
Bounds: a system is watched from `BYTES_WATCHED` on and refused above `BYTES_MAX` (the design's sixth idea).
Not here: suites (pytest runs them), candidates (`gates`), the machine (`doctor`), printing (`cli.check`).
"""

import ast
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from planaria.assemble.clock import SystemClock
from planaria.assemble.life import life_at
from planaria.assemble.place import Places
from planaria.assemble.placement import APART, check_placement, close, placements_at
from planaria.assemble.system import FILE, system_at
from planaria.gates.completeness import problems_of
from planaria.gates.verdict import Finding
from planaria.kernel.contract import describe
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import generation_at, load
from planaria.kernel.system import CellPlan, System, cell_name, wires_of
from planaria.placement.codec import MsgspecCodec
from planaria.prove.example import run_examples
from planaria.store import backup, migrate, plan

BYTES_WATCHED, BYTES_MAX = 500_000, 2_000_000
LEFT_OUT = frozenset({"ledger", "node_modules", "__pycache__", "build", "dist"})
CURES = {
    "placement": "mend the line in system.py, or the implementation; or place the cell elsewhere with `planaria place`",
    "implementation": "mend the file there; the class has the names and parameters of the contract",
    "composition": "mend it in system.py, or in the contract that it names",
    "migrations": "mend the file: numbered without gaps, with a way back, and never changed once applied",
}
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found, and how much there is."""

    name: str
    cells: int
    operations: int
    handlers: int
    examples: int
    size_bytes: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Say whether nothing refuses; a note alone does not."""
        return all(one.level == "note" for one in self.findings)


async def examine(root: Path, tell: Tell = lambda _: None) -> Examined:
    """Examine the system at `root`; `tell` hears what is being looked at.

    Raises:
        NoSystem: PLN-L201.
    """
    places = Places.of(root)
    size_bytes, findings = _size(places.root)
    tell("composition")
    try:
        system = system_at(places.root)
    except PlanariaError as error:
        if error.code == "PLN-L201":
            raise
        findings += _of(error, "composition")
        counts = dict.fromkeys(("cells", "operations", "handlers", "examples"), 0)
        return Examined(name=places.root.name, **counts, size_bytes=size_bytes, findings=tuple(findings))
    for name, cell in system.cells.items():
        tell(name)
        found = [*_placement(cell, places), *([] if cell.placement in APART else _implementation(cell, places))]
        findings += [*found, *_completeness(cell), *_imports(name, places), *_migrations(name, places)]
    described = [describe(one.contract) for one in system.cells.values()]
    if not any(one.level == "refuse" for one in findings):
        findings += [one async for one in _examples(system, places, tell)]
    return Examined(
        name=system.name, cells=len(described), operations=sum(len(one.operations) for one in described),
        handlers=sum(len(one.handlers) for one in described), size_bytes=size_bytes, findings=tuple(findings),
        examples=sum(len(each.examples) for one in described for each in one.operations),
    )  # fmt: skip


def _of(error: PlanariaError, part: str, file: str = "") -> list[Finding]:
    plain = error.plain()
    if "problems" not in error.facts:
        what = f"{plain['what']} ({plain['why']})" if "place" in error.facts else plain["what"]
        return [Finding(gate=part, level="refuse", what=what, cure=plain["fix"], file=file)]
    cure = CURES.get(part, plain["fix"])
    whose = f"{error.facts['subject']}: " if part == "composition" else ""
    return [Finding(gate=part, level="refuse", what=f"{whose}{one}", cure=cure, file=file) for one in error.facts["problems"]]


def _size(root: Path) -> tuple[int, list[Finding]]:
    size = sum(file.stat().st_size for file in _files(root))
    if size < BYTES_WATCHED:
        return size, []
    cure = "delete what is not needed, or move a part to a system of its own"
    what = f"the system has {size:,} bytes; it is watched from {BYTES_WATCHED:,} on, and may have {BYTES_MAX:,}"
    return size, [Finding(gate="size", level="refuse" if size > BYTES_MAX else "note", what=what, cure=cure)]


def _files(root: Path) -> Iterator[Path]:
    for one in sorted(root.iterdir()):
        if one.name.startswith(".") or one.name in LEFT_OUT or one.is_symlink():
            continue
        if one.is_dir():
            yield from _files(one)
        elif one.is_file():
            yield one


def _placement(cell: CellPlan, places: Places) -> list[Finding]:
    """Look at where a cell runs; what runs apart is never loaded here, and shows itself when its examples are run there."""
    try:
        check_placement(cell, places)
    except PlanariaError as error:
        return _of(error, "placement", f"cells/{cell.name}/impl" if error.code == "PLN-P713" else FILE)
    return []


def _completeness(cell: CellPlan) -> list[Finding]:
    cure = 'write completeness={"branches": 95, "mutants": 90}, or leave it out'
    found = (f"the completeness of cell '{cell.name}': {one}" for one in problems_of(cell))
    return [Finding(gate="completeness", level="refuse", what=one, cure=cure, file=FILE) for one in found]


def _implementation(cell: CellPlan, places: Places) -> list[Finding]:
    place = f"cells/{cell.name}/impl"
    try:
        implementation = load(generation_at(cell.name, places.impl(cell.name)), cell.contract)
    except PlanariaError as error:
        return _of(error, "implementation", place)
    granted = {cell_name(one) for one in cell.uses}
    ungranted = [one for one in wires_of(implementation).values() if one is not None and one not in granted]
    return [
        Finding(
            gate="rights", level="refuse", what=f"cell '{cell.name}' uses '{one}', which system.py does not grant", file=place,
            cure=f"add the contract of '{one}' to `uses` in system.add({cell.contract.__name__}), or do without",
        )
        for one in ungranted
    ]  # fmt: skip


def _imports(cell: str, places: Places) -> Iterator[Finding]:
    """Find imports of an implementation by name; the loader refuses them too, but only when they run."""
    for file in sorted(places.cell(cell).rglob("*.py")):
        relative = str(file.relative_to(places.root))
        try:
            tree = ast.parse(file.read_bytes())
        except SyntaxError as error:
            yield Finding(gate="layers", level="refuse", what=str(error.msg), cure="mend the line", file=relative, line=error.lineno or 0)
            continue
        for node in ast.walk(tree):
            for name in _imported(node):
                parts = name.split(".")
                if parts[0] == "cells" and parts[2:3] == ["impl"]:
                    cure = f"import cells.{parts[1]}.contract, and declare uses(…)"
                    what = f"it imports {name}, an implementation, which only the kernel loads"
                    yield Finding(gate="layers", level="refuse", what=what, cure=cure, file=relative, line=getattr(node, "lineno", 0))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{one.name}" for one in node.names]
    return []


def _migrations(cell: str, places: Places) -> list[Finding]:
    """Rehearse what the store has not yet had on a copy of it, and everything on an empty store."""
    folder = places.migrations(cell)
    if not folder.is_dir():
        return []
    with TemporaryDirectory(prefix="planaria-check-") as scratch:
        stores = [Path(scratch) / "empty.sqlite"]
        try:
            if places.store.exists() and plan(places.store, cell, folder).steps:
                stores.append(Path(scratch) / "copy.sqlite")
                backup(places.store, stores[-1])
            for store in stores:
                migrate(store, cell, folder, clock=SystemClock())
        except PlanariaError as error:
            return _of(error, "migrations", f"cells/{cell}/migrations")
    return []


async def _examples(system: System, places: Places, tell: Tell) -> AsyncIterator[Finding]:
    """Run the examples of each operation on a system of its own, whose store is new."""
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(TemporaryDirectory(prefix="planaria-check-"))
        shared = placements_at(places.root, codec=MsgspecCodec())
        stack.push_async_callback(close, shared.values())
        empty = Path(scratch) / "empty.sqlite"
        for number, (cell, operation) in enumerate([(c, o) for c in system.cells.values() for o in describe(c.contract).operations]):
            tell(f"{cell.name}.{operation.name}")
            store = Path(scratch) / f"{number}.sqlite"
            if empty.exists():
                shutil.copyfile(empty, store)
            try:
                living = life_at(places.root, system=system, store_path=store, placements=shared, complain=lambda _: None)
                async with living as life:
                    if not empty.exists():
                        backup(store, empty)
                    namespace = dict(vars(sys.modules[cell.contract.__module__])) | {cell.name: life.handle(cell.contract)}
                    mismatches = await run_examples(operation.examples, namespace)
            except PlanariaError as error:
                for one in _of(error, "start"):
                    yield one
                return
            for wrong in mismatches:
                yield Finding(
                    gate="examples", level="refuse", file=f"cells/{cell.name}/contract.py",
                    what=f"{wrong.source} should give {wrong.want or 'nothing'} and gave {wrong.got or 'nothing'}",
                    cure="mend the implementation, or the example if it promises the wrong thing",
                )  # fmt: skip
