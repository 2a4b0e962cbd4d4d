"""A running system of two cells behind a gateway, for the tests of the gateway."""

import asyncio
import itertools
import sqlite3
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.gateway.keys import Keys
from planaria.gateway.server import Gateway
from planaria.kernel.life import Life
from planaria.kernel.loader import generation_at
from planaria.kernel.port import Ports
from planaria.kernel.system import System
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess
from tests.gateway.cells.other.contract import Other
from tests.gateway.cells.probe.contract import Probe
from tests.gateway.client import Client

CELLS = Path(__file__).parent / "cells"


class MemoryStore:
    def __init__(self):
        self.connection = sqlite3.connect(":memory:")

    def execute(self, scope, sql, parameters=()):
        return self.connection.execute(sql, parameters).fetchall()

    def changes(self):
        return self.connection.total_changes

    async def read(self, body):
        return body(self)

    async def write(self, body):
        return body(self)

    async def close(self):
        self.connection.close()


class StillClock:
    def now(self):
        return 1_700_000_000.0


class Numbers:
    def __init__(self):
        self.numbers = itertools.count(1)

    def new(self):
        return f"r{next(self.numbers)}"


@dataclass
class House:
    life: Life
    gateway: Gateway
    keys: Keys
    secret: str

    @property
    def probe(self) -> Any:
        seat: Any = self.life.cells["probe"].seat
        return seat.instance

    def client(self, key: str | None = "") -> Client:
        return Client(self.gateway.port, self.secret if key == "" else key)


@asynccontextmanager
async def open_house(folder: Path, *, system: System | None = None, **options: Any):
    """Run two cells behind a gateway on a free port."""
    if system is None:
        system = System("house")
        system.add(Probe, concurrency=400, drain_s=0.5)
        system.add(Other)
    store, codec = MemoryStore(), MsgspecCodec()
    ports = Ports(store=store, codec=codec, clock=StillClock(), ids=Numbers(), placements={"inprocess": InProcess()})
    keys = Keys(folder / "keys.json", clock=ports.clock)
    _, secret = keys.make("test")
    life = Life(system, ports=ports, current=lambda plan: generation_at(plan.name, CELLS / plan.name / "impl"))
    async with life, Gateway(life, keys, codec=codec, **options) as gateway:
        yield House(life, gateway, keys, secret)
    await store.close()


async def until(holds):
    """Give the loop its turns until something holds; the suite's own time limit ends what never does."""
    while not holds():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)
