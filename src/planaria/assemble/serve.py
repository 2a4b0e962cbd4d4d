"""A system, served: its life, the gateway before it, the recorder beside it, and the cell through which it is regenerated.

Why: `planaria up`, the demo and end-to-end tests serve a system in the same way; what starts last stops first.
Not here: signals and what is printed (`cli.up`).
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from planaria.assemble.clock import SystemClock
from planaria.assemble.host import OUTBOX, HostCell
from planaria.assemble.life import life_at
from planaria.assemble.note import RunNote
from planaria.assemble.place import Places
from planaria.assemble.placement import usages
from planaria.assemble.regenerate import recover
from planaria.assemble.system import system_at
from planaria.derive.openapi import openapi
from planaria.gateway.keys import Keys
from planaria.gateway.server import Gateway
from planaria.kernel.life import Life
from planaria.placement.codec import MsgspecCodec
from planaria.record import Recorder
from planaria.record.watchdog import Watchdog
from planaria.regen.contract import Regeneration
from planaria.regen.host import DIRECTORY, host_of

OWNER = "planaria up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A system that is being served; `key` is its owner's, valid until it stops."""

    life: Life
    gateway: Gateway
    key: str

    @property
    def url(self) -> str:
        """Return the address to which paths are added."""
        return self.gateway.url


@asynccontextmanager
async def serve(
    root: Path, *, host: str = "127.0.0.1", port: int = 0, expose: bool = False, record: bool = True,
    complain: Callable[[str], None] | None = None,
) -> AsyncIterator[Served]:  # fmt: skip
    """Serve the system at `root`; port 0 takes a free one, any host beyond this machine needs `expose`.

    Raises:
        StoreInUse: PLN-S108, when it is up already; PortTaken, NotLoopback: PLN-G101, PLN-G102; and whatever keeps a
            cell from starting.
    """
    places, clock, codec = Places.of(root), SystemClock(), MsgspecCodec()
    regeneration = HostCell(Regeneration, DIRECTORY, lambda life: host_of(places.root, life))
    await recover(places.root)
    system = system_at(places.root)
    async with AsyncExitStack() as stack:
        living = life_at(root, system=system, hosts=(OUTBOX, regeneration), clock=clock, complain=complain, watched=True)
        life = await stack.enter_async_context(living)
        watchdog = Watchdog(life.complain)
        watchdog.start()
        stack.callback(watchdog.stop)
        if record:
            await stack.enter_async_context(_recorded(life, places))
        keys = Keys(places.keys, clock=clock)
        for left in [one for one in keys.list() if one.label == OWNER]:
            keys.revoke(left.id)
        key, secret = keys.make(OWNER)
        stack.callback(keys.revoke, key.id)
        document = functools.cache(lambda: openapi(system))
        used = functools.partial(usages, life.ports.placements.values())
        opened = Gateway(life, keys, codec=codec, host=host, port=port, expose=expose, openapi=document, usages=used)
        gateway = await stack.enter_async_context(opened)
        yield Served(life=life, gateway=gateway, key=secret)


@asynccontextmanager
async def noted(served: Served, places: Places, *, pid: int) -> AsyncIterator[RunNote]:
    """Leave a run note while the system is served."""
    gateway = served.gateway
    note = RunNote(host=gateway.host, port=gateway.port, pid=pid, key=served.key, started=served.life.ports.clock.now())
    note.write(places.run)
    try:
        yield note
    finally:
        note.remove(places.run)


@asynccontextmanager
async def _recorded(life: Life, places: Places) -> AsyncIterator[None]:
    """Record calls that enter the system, and nested ones as often as they are sampled anyway (D-050)."""
    own = [one for cell, running in life.cells.items() if places.cell(cell).is_dir() for one in running.operations.values()]
    recorded = [one for one in own if one.description.handles is None]
    names = {(one.cell, one.name): tuple(each.name for each in one.description.parameters) for one in recorded}
    recorder = Recorder(places.recordings, names, codec=life.ports.codec)
    for one in recorded:
        one.observers = (*one.observers, recorder.observe)
    work = asyncio.create_task(recorder.run(life.complain))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])
        await asyncio.to_thread(recorder.flush)
