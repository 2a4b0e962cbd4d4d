"""A call from cell to cell, beside a bare await and beside the peers that people would otherwise put between two parts.

Every peer is asked one question and awaited, one call after the other, on loopback or in memory, in the same run. A peer
that is not installed is said to be so.
"""

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from report import Figure, main, ratio
from system import running, write_calls

ROUNDS = 15
CALLS = 100_000
PEER_ROUNDS = 5
PEER_CALLS = 400
CELLS = (10, 100, 1_000)
Ask = Callable[[], Awaitable[object]]


def free_port() -> int:
    """Return a port of loopback that was free."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def server(command: list[str], port: int) -> AsyncIterator[None]:
    """Run a server on loopback until the block ends."""
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def ray_actor() -> AsyncIterator[Ask]:
    """A local actor of Ray."""
    import ray

    ray.init(address="local", include_dashboard=False, log_to_driver=False, num_cpus=1, _temp_dir=tempfile.mkdtemp())

    @ray.remote
    class Called:
        def answer(self, number: int) -> int:
            return number

    actor = Called.remote()
    await actor.answer.remote(1)
    try:
        yield lambda: actor.answer.remote(1)
    finally:
        ray.shutdown()


@asynccontextmanager
async def nats_request() -> AsyncIterator[Ask]:
    """A request over a NATS server to another connection."""
    import nats

    program = shutil.which("nats-server", path=f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin") or "nats-server"
    port = free_port()
    async with server([program, "-a", "127.0.0.1", "-p", str(port)], port):
        asking, answering = await nats.connect(f"nats://127.0.0.1:{port}"), await nats.connect(f"nats://127.0.0.1:{port}")

        async def answer(message: object) -> None:
            await message.respond(message.data)

        await answering.subscribe("answer", cb=answer)
        await answering.flush()
        yield lambda: asking.request("answer", b"1", timeout=5)
        await asking.close()
        await answering.close()


@asynccontextmanager
async def redis_request() -> AsyncIterator[Ask]:
    """One command to a Redis server: less than a request, as no one else answers."""
    import redis.asyncio

    port = free_port()
    async with server(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], port):
        client = redis.asyncio.Redis(port=port)
        yield lambda: client.echo(b"1")
        await client.aclose()


@asynccontextmanager
async def faststream_memory() -> AsyncIterator[Ask]:
    """FastStream's in-memory broker, in this process: no network at all."""
    from faststream.nats import NatsBroker, TestNatsBroker

    broker = NatsBroker(logger=None)

    @broker.subscriber("answer")
    async def answer(number: int) -> int:
        return number

    async with TestNatsBroker(broker) as memory:
        yield lambda: memory.request(1, "answer", timeout=5)


APPLICATION = """
from fastapi import FastAPI

application = FastAPI()


@application.get("/answer/{number}")
async def answer(number: int) -> int:
    return number
"""


@asynccontextmanager
async def fastapi_http() -> AsyncIterator[Ask]:
    """HTTP to a FastAPI application under uvicorn, over one kept connection."""
    import fastapi  # noqa: F401 - only to learn whether it is there

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "application.py").write_text(APPLICATION)
        command = [sys.executable, "-m", "uvicorn", "--app-dir", folder, "application:application", "--port", str(port), "--no-access-log"]
        async with server(command, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)

            async def ask() -> bytes:
                writer.write(b"GET /answer/1 HTTP/1.1\r\nhost: local\r\n\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                return await reader.readexactly(size)

            yield ask
            writer.close()


PEERS = {
    "Ray actor": ray_actor, "NATS request": nats_request, "Redis command": redis_request, "FastStream in memory": faststream_memory,
    "FastAPI over HTTP": fastapi_http,
}  # fmt: skip
NETWORK = ("Ray actor", "NATS request", "Redis command", "FastAPI over HTTP")


async def ask_peer(peer: Callable[[], object]) -> float | None:
    """Return the median seconds per call of a peer, or None where it is not installed."""
    try:
        async with peer() as ask:
            rounds = []
            for _ in range(PEER_ROUNDS):
                started = perf_counter()
                for _ in range(PEER_CALLS):
                    await ask()
                rounds.append((perf_counter() - started) / PEER_CALLS)
            return median(rounds)
    except (ImportError, FileNotFoundError):
        return None


async def ours(cells: int, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds per call, bare and through a handle, in turn, in a system of `cells` cells."""
    bare, handle = [], []
    async with running(write_calls(folder / str(cells), cells)) as life:
        for number in range(rounds + 1):
            pair = [await life.call("caller", name, (CALLS,), caller="benchmark") for name in ("bare", "through_handle")]
            if number:
                bare.append(pair[0])
                handle.append(pair[1])
    return bare, handle


async def measure() -> list[Figure]:
    """Measure all, one after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare, handle = await ours(1, folder, ROUNDS)
        figures = [
            Figure(name="bare await", value=median(bare) * 1e6, unit="us"),
            Figure(name="call through a handle", value=median(handle) * 1e6, unit="us"),
            ratio("call through a handle / bare await", handle, bare, at_most=4.0),
        ]  # fmt: skip
        many = {cells: await ours(cells, folder, 5) for cells in CELLS}
    first = median(a / b for a, b in zip(many[CELLS[0]][1], many[CELLS[0]][0], strict=True))
    for cells, (plain, through) in many.items():
        value = median(a / b for a, b in zip(through, plain, strict=True))
        figures.append(
            Figure(name=f"the same, in a system of {cells} cells", value=value, unit="x", target="flat", met=value <= first * 1.25)
        )
    fastest: list[float] = []
    for peer, enter in PEERS.items():
        seconds = await ask_peer(enter)
        if seconds is None:
            figures.append(Figure(name=f"{peer}: not installed here", value=float("nan"), unit=""))
            continue
        fastest += [seconds] if peer in NETWORK else []
        figures.append(Figure(name=peer, value=seconds * 1e6, unit="us"))
        figures.append(Figure(name=f"{peer} / call through a handle", value=seconds / median(handle), unit="x"))
    if fastest:
        value = min(fastest) / median(handle)
        figures.append(
            Figure(name="fastest network peer / call through a handle", value=value, unit="x", target="at least 100", met=value >= 100)
        )
    return figures


if __name__ == "__main__":
    main(lambda: asyncio.run(measure()), about="A call from cell to cell")
