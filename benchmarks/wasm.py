"""Placement `wasm` beside a raw call of the same guest, in one run: what planaria adds to WebAssembly."""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from report import Figure, main, ratio

from planaria.assemble.clock import SystemClock
from planaria.kernel.life import Life
from planaria.kernel.loader import generation_at
from planaria.kernel.port import Ports, SeatOrder
from planaria.kernel.system import System
from planaria.placement.codec import MsgspecCodec
from planaria.placement.right import Rights
from planaria.placement.wasm import engine
from planaria.placement.wasm.build import cache_folder
from planaria.placement.wasm.capability import Capabilities
from planaria.placement.wasm.material import material
from planaria.placement.wasm.placement import Wasm
from planaria.testing.ids import CountingIds
from planaria.testing.store import MemoryStore

ROUNDS, CALLS, STARTS = 9, 400, 15
CONTRACT = '''
from dataclasses import dataclass

from planaria import Contract, operation


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    quantity: int
    price: float


class Echo(Contract):
    """Says it again."""

    @operation(idempotent=True)
    async def again(self, number: int) -> int:
        """The smallest call."""

    @operation(idempotent=True)
    async def order(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """A call with records."""

    @operation(idempotent=True)
    async def text(self, text: str) -> str:
        """A call with a long text."""
'''
IMPL = """
from cells.echo.contract import Echo


class EchoCell(Echo):
    async def again(self, number):
        return number

    async def order(self, lines):
        return lines

    async def text(self, text):
        return text
"""


def written(root: Path):
    """Write the cell; return its contract and the place of its implementation."""
    (root / "cells" / "echo" / "impl").mkdir(parents=True)
    (root / "cells" / "echo" / "contract.py").write_text(CONTRACT, encoding="utf-8")
    (root / "cells" / "echo" / "impl" / "__init__.py").write_text(IMPL, encoding="utf-8")
    sys.path.insert(0, str(root))
    import cells.echo.contract as module

    return module, root / "cells" / "echo" / "impl"


def p50_us(times):
    return median(times) * 1e6


async def timed(call, *given, calls=CALLS):
    times = []
    for _ in range(calls):
        began = perf_counter()
        await call(*given)
        times.append(perf_counter() - began)
    return p50_us(times)


def raw(module, generation):
    """Return the guest's `turn` as the engine's binding gives it, with the cell loaded."""
    import wasmtime

    host, guest = engine.shared(epochs=False), engine.shared_guest(cache_folder())
    codec, store = MsgspecCodec(), wasmtime.Store(host.engine)
    store.set_fuel(1 << 62)
    turn = Capabilities(module.Echo, Rights(), codec, lambda: 0.0).linker(host).instantiate(store, guest).get_func(store, "turn")
    sent = codec.encode(material(generation, module.Echo, Rights(), {})).decode()
    assert turn(store, f"l 1 0.0 - -\n{sent}").startswith("- r 1 ")

    def again():
        return turn(store, "c 2 1234.567890 again -\n[7]")

    assert again().endswith("\n7")
    return again


@asynccontextmanager
async def running(module, generation, placement):
    system = System("bench")
    system.add(module.Echo)
    system.place(module.Echo, "wasm")
    ports = Ports(store=MemoryStore(), codec=MsgspecCodec(), clock=SystemClock(), ids=CountingIds(), placements={"wasm": placement})
    async with Life(system, ports=ports, current=lambda plan: generation, complain=print) as life:
        yield life.handle(module.Echo)


async def first_call_ms(module, generation, placement):
    order = SeatOrder(
        cell="echo", contract=module.Echo, generation=generation, uses=(), wires=lambda asked: {}, limits={}, complain=print
    )  # fmt: skip
    began = perf_counter()
    seat = placement.open(order)
    await seat.start()
    assert await seat.method("again")(7) == 7
    ms = (perf_counter() - began) * 1e3
    await seat.stop()
    return ms


async def figures(module, generation):
    placement = Wasm(cache=cache_folder(), progress=print)
    await placement.warm()
    again = raw(module, generation)
    lines = tuple(module.Line(f"sku-{number}", number, 1.5) for number in range(10))
    long = "x" * 100_000
    below, whole, records, texts = [], [], [], []
    async with running(module, generation, placement) as echo:
        for _ in range(ROUNDS):
            times = []
            for _ in range(CALLS):
                began = perf_counter()
                again()
                times.append(perf_counter() - began)
            below.append(p50_us(times))
            whole.append(await timed(echo.again, 7))
            records.append(await timed(echo.order, lines, calls=100))
            texts.append(await timed(echo.text, long, calls=50))
    starts = [await first_call_ms(module, generation, placement) for _ in range(STARTS)]
    await placement.close()
    target = "at most 400"
    return [
        Figure(name="raw call of the generic guest, p50", value=median(below), unit="us"),
        Figure(name="call of a cell in wasm, through its handle, p50", value=median(whole), unit="us"),
        ratio("call of a cell in wasm over the raw call", whole, below, at_most=1.5),
        Figure(name="ten records there and back, p50", value=median(records), unit="us"),
        Figure(name="a text of 100 kB there and back, p50", value=median(texts), unit="us", target=target, met=median(texts) <= 400),
        Figure(name="first call of a new instance", value=(ms := median(starts)), unit="ms", target="at most 20", met=ms <= 20),
    ]  # fmt: skip


def measure():
    with TemporaryDirectory(prefix="planaria-bench-") as name:
        module, impl = written(Path(name))
        return asyncio.run(figures(module, generation_at("echo", impl)))


if __name__ == "__main__":
    main(measure, about="placement wasm")
