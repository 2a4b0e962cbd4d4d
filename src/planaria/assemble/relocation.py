"""Relocation: where a cell runs, changed by one line of system.py, with what that means said before it is done.

Why: a placement is a line, and so is the way back; but rights, latency and memory change with it, and nobody should have to
guess them. The edited system is loaded, and its cells are started once on an empty store, before the file is replaced: what
the machine cannot enforce, or the cell cannot do there, refuses with its reason and cure, and nothing is changed.
Not here: editing the text (`composition`), triggers and advice (`scale`), what a placement enforces (`planaria.placement`).
"""

import asyncio
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planaria.assemble.client import Client
from planaria.assemble.composition import replaced
from planaria.assemble.error import ChangedMeanwhile, NotAsEdited, NotPlaceable
from planaria.assemble.life import life_at
from planaria.assemble.place import Places
from planaria.assemble.placement import APART, check_placement, limits_known, usages
from planaria.assemble.probe import Reach, reach_of
from planaria.assemble.regenerate import ledger_at
from planaria.assemble.system import FILE, system_at
from planaria.kernel.system import CellPlan, System
from planaria.placement.right import LIMITS, Rights, rights_of

PLACED = ("inprocess", "process", "wasm")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A cell in one placement: what it may touch, as sentences, and what the way to it costs here."""

    placement: str
    limits: dict[str, str]
    rights: tuple[str, ...]
    reach: Reach
    memory_bytes: int | None
    operations: dict[str, float]
    """Mean time of each operation in ms, as the system that is up has measured it; after a move, as it is predicted."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "placement": self.placement, "limits": self.limits, "rights": list(self.rights), "start_ms": self.reach.start_ms,
            "latency_small_us": self.reach.small_us, "latency_large_us": self.reach.large_us, "memory_bytes": self.memory_bytes,
            "operations_ms": self.operations,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """A cell's placement before and after, and the change of system.py that makes it so."""

    cell: str
    before: Situation
    after: Situation
    change: str
    done: bool
    up: bool

    def plain(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        told = {"cell": self.cell, "before": self.before.plain(), "after": self.after.plain()}
        return {**told, "change": self.change, "done": self.done, "up": self.up}


async def relocate(
    root: Path, cell: str, placement: str, *, limits: Mapping[str, Any], dry: bool = False, tell: Tell = lambda _: None
) -> Relocation:  # fmt: skip
    """Place a cell of the system at `root`; what its line says of limits stays where the placement knows it.

    `limits` are added, None takes one away. Where `dry`, everything is measured and nothing is written.

    Raises:
        NoSuchCell, NotPlaceable, NotEditable: PLN-C105, PLN-L211, PLN-L210; and what keeps this machine from giving the
            placement, or the cell from running in it. Nothing was changed then.
    """
    places = Places.of(root)
    file = places.root / FILE
    before, text = system_at(places.root), file.read_text(encoding="utf-8")
    plan = before.plan(cell)
    if placement not in PLACED:
        raise NotPlaceable(cell=cell, placement=placement, known=", ".join(PLACED))
    wanted = _limits(plan, placement, limits)
    edited = replaced(text, plan.contract.__name__, plan.contract.__module__, placement, wanted)
    after = system_at(places.root, text=edited)
    _compare(before, after, cell=cell, placement=placement, limits=limits)
    check_placement(after.plan(cell), places)
    tell(f"measuring {plan.placement}")
    reach = await reach_of(plan.placement, tell=tell)
    client = Client.find(places.root)
    told = await asyncio.to_thread(_told, client, cell)
    measured = {name: one["mean_ms"] for name, one in told.get("operations", {}).items()}
    first = _situation(plan, reach, operations=measured, memory_bytes=told.get("memory_bytes", reach.memory_bytes))
    tell(f"measuring {placement}")
    reach = await reach_of(placement, tell=tell) if placement != plan.placement else reach
    tell(f"starting {cell} there, on an empty store")
    memory = await _rehearse(places, after, cell)
    more_ms = (reach.small_us - first.reach.small_us) / 1000
    predicted = {name: max(0.0, mean_ms + more_ms) for name, mean_ms in measured.items()}
    second = _situation(after.plan(cell), reach, operations=predicted, memory_bytes=memory)
    if not dry and edited != text:
        await asyncio.to_thread(_write, file, edited, expected=text)
        facts = {"from": plan.placement, "to": placement, "limits": second.limits}
        await asyncio.to_thread(ledger_at(places).append, "relocated", facts, cell=cell)
    change = "\n".join(difflib.unified_diff(text.splitlines(), edited.splitlines(), FILE, FILE, n=1, lineterm=""))
    return Relocation(cell=cell, before=first, after=second, change=change, done=not dry and edited != text, up=client is not None)


def _situation(plan: CellPlan, reach: Reach, *, operations: dict[str, float], memory_bytes: int | None) -> Situation:
    limits = {name: str(value) for name, value in plan.limits.items()}
    return Situation(
        placement=plan.placement, limits=limits, rights=rights_told(plan), reach=reach, memory_bytes=memory_bytes, operations=operations
    )


def _told(client: Client | None, cell: str) -> dict[str, Any]:
    """Return what the system that is up tells of a cell; nothing where it is not up."""
    told: list[dict[str, Any]] = client.ask("GET", "/placements") if client else []
    return next((one for one in told if one["cell"] == cell), {})


def _limits(plan: CellPlan, placement: str, given: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the limits that the line has in the end: None for one that stays as it is written."""
    known = limits_known(placement)
    kept: dict[str, str | None] = {name: None for name in plan.limits if name in known and given.get(name, ...) is not None}
    return kept | {name: repr(value) for name, value in given.items() if value is not None}


def _compare(before: System, after: System, *, cell: str, placement: str, limits: Mapping[str, Any]) -> None:
    """Hold the edit to its word: this cell is placed so, and everything else is as it was."""
    plan = after.plan(cell)
    fits = plan.placement == placement and all(plan.limits.get(name) == value for name, value in limits.items())
    others = {name: _plain(one) for name, one in before.cells.items() if name != cell}
    if not fits or others != {name: _plain(one) for name, one in after.cells.items() if name != cell}:
        raise NotAsEdited(cell=cell, placement=placement, text=f"it is then '{plan.placement}' with {dict(plan.limits)}")


def _plain(plan: CellPlan) -> tuple[Any, ...]:
    return (plan.contract, plan.uses, plan.placement, dict(plan.limits), plan.concurrency, plan.queue)


def rights_told(plan: CellPlan) -> tuple[str, ...]:
    """Return what a cell may touch where its plan places it, as sentences.

    >>> from planaria.kernel.contract import Contract
    >>> rights_told(CellPlan(name="cart", contract=type("Cart", (Contract,), {})))[-1]
    'undeclared effects: seen by the tripwire and refused, which is no boundary'
    """
    limits = dict(plan.limits)
    mode = limits.pop("tripwire", "refuse")
    rights = rights_of(plan.name, plan.contract, {name: value for name, value in limits.items() if name in LIMITS})
    effects = _effects_told(rights)
    if plan.placement not in APART:
        seen = {"refuse": "seen by the tripwire and refused, which is no boundary", "record": "seen by the tripwire and let through"}
        return (*effects, "memory, processor and scratch: no limit of its own", f"undeclared effects: {seen.get(mode, 'not seen')}")
    cpu = "no limit" if rights.cpu_s_per_call is None else f"{rights.cpu_s_per_call:g} s a call"
    scratch = f"{rights.scratch_mb} MB" if rights.scratch_mb else "none"
    return (*effects, f"memory: {rights.memory_mb} MB", f"processor: {cpu}", f"scratch: {scratch}", "all else: does not exist for it")


def _effects_told(rights: Rights) -> tuple[str, ...]:
    lists = {
        "reads": rights.reads, "writes": rights.writes, "connects": tuple(map(str, rights.connects)), "spawns": rights.spawns,
        "secrets": rights.secrets, "clock": ("yes",) * rights.clock, "chance": ("yes",) * rights.chance,
    }  # fmt: skip
    return tuple(f"{name}: {', '.join(values) or 'none'}" for name, values in lists.items())


async def _rehearse(places: Places, system: System, cell: str) -> int | None:
    """Start the edited system once, and return the memory of the cell where its placement tells it."""
    with TemporaryDirectory(prefix="planaria-place-") as folder:
        store = Path(folder) / "store.sqlite"
        async with life_at(places.root, system=system, store_path=store, complain=lambda _: None) as life:
            used = [one.memory_bytes for one in usages(life.ports.placements.values()) if one.cell == cell]
    return used[0] if used else None


def _write(file: Path, text: str, *, expected: str) -> None:
    """Replace the file in one step, unless somebody changed it meanwhile."""
    if file.read_text(encoding="utf-8") != expected:
        raise ChangedMeanwhile(file=str(file))
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(file.stat().st_mode)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
