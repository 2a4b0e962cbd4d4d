"""The gateway beside a bare application of the same server, and beside FastAPI doing the same work.

Each runs in a process of its own with the same server settings (uvicorn, httptools, plain asyncio), and is saturated in
turn by one load process with 150 keep-alive connections: A B C A B C …; the medians over the rounds are compared.
Requests per second of processor time are shown beside requests per second: they hold on a machine that others use too.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from report import Figure, main, ratio

BODY = json.dumps({"question": "what does a flatworm do", "limit": 3}).encode()
PATH = "/cells/asked/ask"
PEERS = ("bare", "planaria", "fastapi")
CONNECTIONS, ROUNDS, SECONDS = 150, 7, 2.0
SHOWN = (("requests_per_s", "1/s"), ("requests_per_cpu_s", "1/s"), ("p50_ms", "ms"), ("p99_ms", "ms"))

SYSTEM = """
from cells.asked.contract import Asked
from planaria import System

system = System("bench")
system.add(Asked, concurrency=256)
"""
CONTRACT = '''
from dataclasses import dataclass

from planaria import Contract, operation, requires


@dataclass(frozen=True)
class Answer:
    question: str
    limit: int
    passages: tuple[str, ...]


class Asked(Contract):
    """Answers."""

    @operation(idempotent=True, deadline_s=5)
    @requires("the limit is 1 to 50", lambda limit: 1 <= limit <= 50)
    async def ask(self, question: str, limit: int = 10) -> Answer:
        """Answer a question."""
'''
IMPLEMENTATION = """
from cells.asked.contract import Answer, Asked


class AskedCell(Asked):
    async def ask(self, question, limit=10):
        return Answer(question=question, limit=limit, passages=("one passage", "another passage")[:limit])
"""


async def bare_application(scope, receive, send):
    """Read the body, answer bytes of the same size: what the server itself costs."""
    await receive()
    answer = b'{"question":"what does a flatworm do","limit":3,"passages":["one passage","another passage"]}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def fastapi_application(key):
    """Build the same with FastAPI: key, body limit, deadline, typed in and out."""
    import hashlib
    import uuid
    from typing import Annotated

    from fastapi import Depends, FastAPI, HTTPException, Request, Response
    from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
    from pydantic import BaseModel, ConfigDict, Field

    class Question(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        question: str
        limit: int = Field(default=10, ge=1, le=50)

    class Answer(BaseModel):
        question: str
        limit: int
        passages: tuple[str, ...]

    hashes, bearer = {hashlib.sha256(key.encode()).hexdigest()}, HTTPBearer()

    def guest(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]):
        if hashlib.sha256(given.credentials.encode()).hexdigest() not in hashes:
            raise HTTPException(401)

    async def bounded(request: Request):
        if int(request.headers.get("content-length", 0)) > 1 << 20:
            raise HTTPException(413)

    async def key_of(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]):
        guest(given)

    app = FastAPI()

    @app.post(PATH, dependencies=[Depends(key_of), Depends(bounded)])
    async def ask(asked: Question, response: Response) -> Answer:
        response.headers["x-request-id"] = uuid.uuid4().hex
        async with asyncio.timeout(5):  # noqa: ASYNC100 - the same work as the gateway's: a deadline around each call
            return Answer(question=asked.question, limit=asked.limit, passages=("one passage", "another passage")[: asked.limit])

    return app


async def serve_asgi(application):
    import uvicorn

    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, loop="none", http="httptools", ws="none", lifespan="off", access_log=False,
        log_level="error", proxy_headers=False, server_header=False, backlog=1024,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
        await asyncio.sleep(0.01)
    print(json.dumps({"port": server.servers[0].sockets[0].getsockname()[1], "key": "pk_bench"}), flush=True)
    await serving


async def serve_planaria(folder):
    from planaria.assemble.serve import serve

    files = {
        "system.py": SYSTEM, "cells/asked/contract.py": CONTRACT, "cells/asked/impl/__init__.py": IMPLEMENTATION,
    }  # fmt: skip
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    async with serve(Path(folder), record=False) as served:
        print(json.dumps({"port": served.gateway.port, "key": served.key}), flush=True)
        await asyncio.Event().wait()


class Visitor(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, request, latencies, errors):
        self.request, self.latencies, self.errors = request, latencies, errors
        self.data = b""
        self.asked_at = 0.0
        self.answers = 0

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def ask(self):
        self.asked_at = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data):
        self.data = data = self.data + data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            return
        at = data.find(b"content-length: ", 0, head) + 16
        if len(data) < head + 4 + int(data[at : data.find(b"\r\n", at)]):
            return
        self.latencies.append(time.perf_counter() - self.asked_at)
        if data[9:12] != b"200":
            self.errors.append(data[:400])
        self.answers += 1
        self.data = b""
        self.ask()


async def load(port, key):
    """Saturate one server and print what it did."""
    head = f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
    request = f"{head}content-length: {len(BODY)}\r\n\r\n".encode() + BODY
    latencies, errors, loop = [], [], asyncio.get_running_loop()
    visitors = [
        (await loop.create_connection(lambda: Visitor(request, latencies, errors), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(0.5)
    latencies.clear()
    before = [one.answers for one in visitors]
    started = time.perf_counter()
    await asyncio.sleep(SECONDS)
    elapsed_s, found = time.perf_counter() - started, sorted(latencies)
    answers = [one.answers - first for one, first in zip(visitors, before, strict=True)]
    for one in visitors:
        one.transport.abort()
    result = {
        "requests_per_s": len(found) / elapsed_s, "p50_ms": 1e3 * found[len(found) // 2], "p99_ms": 1e3 * found[int(len(found) * 0.99)],
        "errors": len(errors), "fewest": min(answers), "most": max(answers), "answers": sum(one.answers for one in visitors),
    }  # fmt: skip
    if errors:
        print(errors[0].decode(), file=sys.stderr)
    print(json.dumps(result))


def start(peer, folder):
    """Start a server and return it with its address."""
    server = subprocess.Popen([sys.executable, __file__, "--serve", peer, "--folder", folder], stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    if not line:
        raise SystemExit(f"{peer} did not start")
    return server, json.loads(line)


def cpu_s(server):
    """Return the processor time that a server has used."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def visit(server, address):
    """Saturate one server from a process of its own, and return what it did."""
    before, command = cpu_s(server), [sys.executable, __file__, "--load", str(address["port"]), "--key", address["key"]]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {**found, "requests_per_cpu_s": found["answers"] / (cpu_s(server) - before)}


def compare():
    """Load the peers in turn, and hold the gateway against the others."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {peer: start(peer, folder) for peer in PEERS}
        try:
            rounds = [{peer: visit(*servers[peer]) for peer in PEERS} for _ in range(ROUNDS)]
        finally:
            for server, _ in servers.values():
                server.kill()
                server.wait()
    columns = {peer: {name: [one[peer][name] for one in rounds] for name in rounds[0][peer]} for peer in PEERS}
    figures = [Figure(name=f"{peer}: {name}", value=median(columns[peer][name]), unit=unit) for peer in PEERS for name, unit in SHOWN]
    ours = columns["planaria"]
    for peer, least in (("bare", 0.7), ("fastapi", 2.0)):
        theirs = columns[peer]
        figures += [
            ratio(f"planaria of {peer}, requests/s", ours["requests_per_s"], theirs["requests_per_s"], at_least=least),
            ratio(f"planaria of {peer}, requests per CPU second", ours["requests_per_cpu_s"], theirs["requests_per_cpu_s"]),
        ]
    figures.append(ratio("planaria, p99 over p50 when saturated", ours["p99_ms"], ours["p50_ms"], at_most=5.0))
    most = max(one["planaria"]["most"] / one["planaria"]["fewest"] for one in rounds)
    figures.append(Figure(name="planaria, most over fewest answers of a connection", value=most, unit="x"))
    figures.append(Figure(name="errors of all", value=sum(sum(columns[peer]["errors"]) for peer in PEERS), unit=""))
    return figures


def role():
    """Run as one of the processes of the benchmark where the arguments say so."""
    parser = argparse.ArgumentParser(add_help=False)
    for name in ("--serve", "--folder", "--load", "--key"):
        parser.add_argument(name)
    given, _ = parser.parse_known_args()
    if given.serve == "planaria":
        asyncio.run(serve_planaria(given.folder))
    elif given.serve:
        asyncio.run(serve_asgi(bare_application if given.serve == "bare" else fastapi_application("pk_bench")))
    elif given.load:
        asyncio.run(load(int(given.load), given.key))
    return given.serve or given.load


if __name__ == "__main__" and not role():
    main(compare, about=f"The gateway, {CONNECTIONS} keep-alive connections, medians of {ROUNDS} rounds of {SECONDS} s")
