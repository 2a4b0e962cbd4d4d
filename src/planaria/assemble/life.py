"""A system, running: its adapters are chosen here.

Why: tests, gates, the demo and `planaria up` run a system through the same few lines, and differ only in what they
hand in.
Not here: the port it is served on (`serve`), loading it (`system`).
"""

import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from planaria.assemble.clock import RandomIds, SystemClock
from planaria.assemble.error import CellNotStarted, CellTooSlow
from planaria.assemble.host import HostCell, with_hosts
from planaria.assemble.place import Places
from planaria.assemble.placement import close, placements_at, warm
from planaria.assemble.system import system_at
from planaria.kernel.cell import START_S
from planaria.kernel.error import PlanariaError
from planaria.kernel.life import Life
from planaria.kernel.loader import PREFIX, Generation, generation_at
from planaria.kernel.port import Clock, Ids, Placement, Ports
from planaria.kernel.system import CellPlan, System


@asynccontextmanager
async def life_at(
    root: Path, *, system: System | None = None, store_path: Path | None = None, placements: Mapping[str, Placement] | None = None,
    generations: Mapping[str, Generation] | None = None, hosts: tuple[HostCell, ...] = (), clock: Clock | None = None,
    ids: Ids | None = None, complain: Callable[[str], None] | None = None, watched: bool = False,
) -> AsyncIterator[Life]:  # fmt: skip
    """Run the system at `root`: open its store, migrate, start its cells; stop and close in reverse.

    `system` replaces what system.py says; `store_path` the store; `generations` the implementations of some cells;
    `placements` are added to those there are (another `inprocess` runs every cell otherwise); `hosts` are cells of planaria
    itself, which are added to the system; where it is `watched`, the tripwire sees what cells in this process touch.

    Raises:
        StoreInUse: PLN-S108, when it is already up; CellNotStarted: PLN-L207; and problems of the composition.
    """
    from planaria.placement.codec import MsgspecCodec
    from planaria.store import SqliteStore

    composed, host = with_hosts(system_at(root) if system is None else system, hosts)
    places, given, clock = Places.of(root), dict(generations or {}), clock or SystemClock()
    if store_path is None:
        places.runtime.mkdir(mode=0o700, exist_ok=True)
    store = SqliteStore.open(store_path or places.store)
    try:
        for name in composed.cells:
            if places.migrations(name).is_dir():
                await store.migrate(name, places.migrations(name), clock=clock)
        codec = MsgspecCodec()
        made = placements_at(root, codec=codec, watched=watched, tell=complain or (lambda _: None))
        known: dict[str, Placement] = {**made, "host": host, **(placements or {})}
        ports = Ports(store=store, codec=codec, clock=clock, ids=ids or RandomIds(), placements=known)

        def current(plan: CellPlan) -> Generation:
            own = host.cells.get(plan.name)
            return given.get(plan.name) or generation_at(plan.name, own.directory if own else places.impl(plan.name))

        life = host.life = Life(composed, ports=ports, current=current, complain=complain)
        try:
            await warm(known, composed.cells.values(), lambda plan: current(plan).directory)
            await _start(life)
            try:
                yield life
            finally:
                await life.stop()
        finally:
            await close(made.values())
    finally:
        await store.close()


async def _start(life: Life) -> None:
    try:
        await life.start()
    except PlanariaError:
        raise
    except Exception as error:
        frames = list(traceback.walk_tb(error.__traceback__))
        names = [frame.f_globals.get("__name__", "").split(".") for frame, _ in frames]
        inside = max((at for at, parts in enumerate(names) if parts[0] == PREFIX and len(parts) > 1), default=None)
        if inside is None:
            late = [frame.f_locals["plan"] for frame, _ in frames if frame.f_code is Life.start.__code__ and "plan" in frame.f_locals]
            if not late or not isinstance(error, TimeoutError):
                raise
            raise CellTooSlow(cell=late[0].name, placement=late[0].placement, within_s=START_S) from error
        frame, line = frames[inside]
        place = f"{frame.f_code.co_filename}:{line}"
        raise CellNotStarted(cell=names[inside][1], error=type(error).__name__, text=str(error), place=place) from error
