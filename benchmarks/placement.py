"""A call to a cell in a process of its own, beside the raw round trip that it is made of, and beside what people would use.

The floor is a framed msgpack message there and back over a socketpair, between two asyncio loops with `BufferedProtocol`,
and nothing else: no types, no cancellation, no sandbox. All take turns in the same run, and ratios are of the same round.
"""

import asyncio
import multiprocessing
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import msgspec
from report import Figure, main, ratio

from planaria.kernel.port import Placement, Seat, SeatOrder
from planaria.placement.inprocess import InProcess
from planaria.placement.process.placement import Process
from planaria.testing import run_cells
from planaria.testing.inline import inline_generation

sys.path.insert(0, str(Path(__file__).parent))
from call import ask_peer, fastapi_http, ray_actor
from echo import CALLER, ECHO, Caller, Echo

SMALL, LARGE = 100, 100_000
ROUNDS, CALLS = 12, {SMALL: 1_000, LARGE: 200}
STARTS = 30
HEAD = struct.Struct("<I")
encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
Round = Callable[[int, int], Awaitable[list[float]]]


class Framed(asyncio.BufferedProtocol):
    """The floor: length, then msgpack."""

    def __init__(self, take: Callable[["Framed", Any], None]) -> None:
        self.take, self.buffer, self.first, self.end = take, bytearray(1 << 18), 0, 0
        self.view = memoryview(self.buffer)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get_buffer(self, hint: int) -> memoryview:
        if self.first == self.end:
            self.first = self.end = 0
        return self.view[self.end :]

    def buffer_updated(self, count: int) -> None:
        self.end += count
        while self.end - self.first >= HEAD.size:
            (length,) = HEAD.unpack_from(self.buffer, self.first)
            if self.end - self.first < HEAD.size + length:
                break
            start = self.first + HEAD.size
            self.first = start + length
            self.take(self, decode(self.view[start : self.first]))

    def say(self, number: int, value: bytes) -> None:
        data = encode({"id": number, "value": value})
        self.transport.write(HEAD.pack(len(data)) + data)


async def answer(sock: socket.socket) -> None:
    """Answer for ever, in the child of the floor."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: Framed(lambda one, said: one.say(said["id"], said["value"])), sock=sock)
    protocol.connection_lost = lambda _: os._exit(0)  # type: ignore[method-assign]  # the child ends with its parent
    await loop.create_future()


@asynccontextmanager
async def floor() -> AsyncIterator[Round]:
    """The raw round trip."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        ours.close()
        asyncio.new_event_loop().run_until_complete(answer(theirs))
    theirs.close()
    ours.setblocking(False)
    loop, waiting = asyncio.get_running_loop(), {}
    _, protocol = await loop.create_connection(lambda: Framed(lambda _, said: waiting.pop(said["id"]).set_result(said["value"])), sock=ours)

    async def ask(size: int, times: int) -> list[float]:
        value, taken = bytes(size), []
        for number in range(times):
            started = perf_counter()
            future = waiting[number] = loop.create_future()
            protocol.say(number, value)
            await future
            taken.append(perf_counter() - started)
        return taken

    yield ask
    protocol.transport.close()
    await asyncio.to_thread(os.waitpid, child, 0)


def send_back(end: Any) -> None:
    """Send back what comes, in the child of the pipe."""
    while (value := end.recv()) is not None:
        end.send(value)


@asynccontextmanager
async def pipe() -> AsyncIterator[Round]:
    """`multiprocessing.Pipe`, blocking."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=send_back, args=(theirs,))
    child.start()

    async def ask(size: int, times: int) -> list[float]:
        value, taken = bytes(size), []
        for _ in range(times):
            started = perf_counter()
            ours.send(value)
            ours.recv()
            taken.append(perf_counter() - started)
        return taken

    await ask(1, 1)
    yield ask
    ours.send(None)
    child.join()


def same(value: bytes) -> bytes:
    """Give back."""
    return value


@asynccontextmanager
async def executor() -> AsyncIterator[Round]:
    """`ProcessPoolExecutor`, awaited."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()

        async def ask(size: int, times: int) -> list[float]:
            value, taken = bytes(size), []
            for _ in range(times):
                started = perf_counter()
                await loop.run_in_executor(pool, same, value)
                taken.append(perf_counter() - started)
            return taken

        await ask(1, 1)
        yield ask


class Apart:
    """Put the echo into the placement that is measured, and its caller into this process."""

    def __init__(self, place: Placement) -> None:
        self.place = place

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat."""
        return (self.place if order.cell == "echo" else InProcess()).open(order)


@asynccontextmanager
async def process() -> AsyncIterator[Round]:
    """A cell in a confined process, called by another cell."""
    place = Process(Path())
    try:
        async with run_cells({Echo: ECHO, Caller: CALLER}, placement=Apart(place)) as cells:
            caller = cells.handle(Caller)

            async def ask(size: int, times: int) -> list[float]:
                return list(await caller.time(size, times))

            yield ask
    finally:
        await place.close()


async def starts() -> tuple[list[float], list[float]]:
    """Return the seconds of a start, and of a start with a first call, once the zygote is warm."""
    begun, called = [], []
    place = Process(Path())
    with TemporaryDirectory() as folder:
        generation = inline_generation(Echo, ECHO, Path(folder))
        order = SeatOrder(
            cell="echo", contract=Echo, generation=generation, uses=(), wires=lambda asked: {}, limits={}, complain=lambda text: None
        )
        for number in range(STARTS + 2):
            started = perf_counter()
            seat = place.open(order)
            await seat.start()
            ready = perf_counter() - started
            await seat.method("echo")(b"first")
            if number > 1:
                begun.append(ready)
                called.append(perf_counter() - started)
            await seat.stop()
    await place.close()
    return begun, called


async def measure() -> list[Figure]:
    """Measure all, in turn."""
    ways = {
        "raw framed msgpack, asyncio": floor,
        "planaria process": process,
        "multiprocessing.Pipe": pipe,
        "ProcessPoolExecutor": executor,
    }
    figures, taken = [], {size: {name: [] for name in ways} for size in CALLS}
    entered = {name: way() for name, way in ways.items()}
    asks = {name: await one.__aenter__() for name, one in entered.items()}
    for size, times in CALLS.items():
        for number in range(ROUNDS + 1):
            for name, ask in asks.items():
                p50 = median(await ask(size, times))
                if number:
                    taken[size][name].append(p50)
    for one in entered.values():
        await one.__aexit__(None, None, None)
    for size, by_name in taken.items():
        under = by_name["raw framed msgpack, asyncio"]
        for name, over in by_name.items():
            at_most = 400 if (name, size) == ("planaria process", LARGE) else None
            value = median(over) * 1e6
            told = {"target": f"at most {at_most}", "met": value <= at_most} if at_most else {}
            figures.append(Figure(name=f"{name}, {size} B, p50", value=value, unit="us", **told))
        over = by_name["planaria process"]
        figures.append(ratio(f"planaria process / raw, {size} B", over, under, at_most=1.3 if size == SMALL else None))
    for name, peer in {"HTTP to FastAPI, in this machine": fastapi_http, "a Ray actor, in this machine": ray_actor}.items():
        seconds = await ask_peer(peer)
        there = seconds is not None
        figures.append(
            Figure(name=name if there else f"{name}: not installed here", value=(seconds or float("nan")) * 1e6, unit="us" if there else "")
        )
    begun, called = await starts()
    figures.append(Figure(name="start of a worker", value=median(begun) * 1e3, unit="ms", target="at most 10", met=median(begun) <= 0.010))
    figures.append(
        Figure(name="and its first call", value=median(called) * 1e3, unit="ms", target="at most 15", met=median(called) <= 0.015)
    )
    return figures


if __name__ == "__main__":
    main(lambda: asyncio.run(measure()), about="A call to a cell in a process of its own")
