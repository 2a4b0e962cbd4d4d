"""A broker with a source on loopback and a resolver that answers as each test says."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass

from planaria.placement.egress.access import Accesses
from planaria.placement.egress.broker import Broker
from planaria.placement.egress.client import Client, install
from planaria.placement.egress.line import channel
from planaria.placement.egress.plain import PlainSockets
from planaria.placement.right import Host
from planaria.testing.clock import NOON, FakeClock

CELL = "intake"


class Names:
    """A resolver: names to what is given; a list gives its answers one after another."""

    def __init__(self, **known):
        self.known = {name.replace("_", "."): found for name, found in known.items()}
        self.asked = []

    async def addresses(self, name):
        self.asked.append(name)
        found = self.known[name]
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass(kw_only=True)
class House:
    broker: Broker
    kept: Accesses
    client: Client
    ends: tuple[socket.socket, socket.socket]
    serving: asyncio.Task[None]

    async def gone(self):
        """Let the worker die."""
        self.ends[1].close()
        await self.serving

    async def last(self):
        """Return the only access, once it is over."""
        await turned(lambda: self.kept.of(CELL))
        (one,) = self.kept.of(CELL)
        assert one.at == NOON
        assert one.seconds >= 0
        return one


@asynccontextmanager
async def housed(*hosts, names=None, limits=None, installed=False):
    """Serve one worker, which is this process."""
    kept, ends = Accesses(), channel()
    broker = Broker(CELL, [Host(*one) for one in hosts], record=kept, clock=FakeClock(), limits=limits, resolver=names or Names())
    serving = asyncio.create_task(broker.serve(ends[0]))
    undo = installed_here(ends[1]) if installed else None
    house = House(broker=broker, kept=kept, client=Client(ends[1]), ends=ends, serving=serving)
    try:
        yield house
    finally:
        if undo:
            undo()
        await house.gone()
        await broker.close()
    assert broker._lines == set()


def installed_here(end):
    """Install all but what the broker needs itself, which lives in this process too: sockets of its own."""
    kept, PlainSockets.install = PlainSockets.install, lambda sockets: None
    try:
        return install(end)
    finally:
        PlainSockets.install = kept


@asynccontextmanager
async def source(talk, context=None):
    """Run a source on loopback; `talk(reader, writer)` is its side of each connection."""
    tasks = set()

    async def met(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(asyncio.current_task())

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in tuple(tasks):
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def echo(reader, writer):
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def silent(reader, writer):
    await reader.read()
    await asyncio.Event().wait()


async def in_thread(work, *given):
    """Run blocking work in a thread that is not kept."""
    loop, done = asyncio.get_running_loop(), asyncio.Future()

    def run():
        try:
            result = work(*given)
        except BaseException as error:
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        return await done
    finally:
        thread.join()


async def exchange(house, host, port, data):
    line = await house.client.reach(host, port)
    reader, writer = await asyncio.open_connection(sock=line)
    writer.write(data)
    writer.write_eof()
    try:
        return await reader.read()
    finally:
        writer.close()


def read_all(line):
    line.settimeout(30)
    with line:
        found = b""
        while piece := line.recv(100):
            found += piece
        return found


async def turned(seen):
    """Let others go on until `seen()`."""
    while not seen():  # noqa: ASYNC110 - there is no event in what a user sees
        await asyncio.sleep(0)
