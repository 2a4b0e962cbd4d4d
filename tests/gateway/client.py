"""A small HTTP/1.1 client that keeps its connection and shows every byte that matters."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    port: int
    key: str | None = None
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        given = {"host": "test"} | ({"authorization": f"Bearer {self.key}"} if self.key else {}) | headers
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if data:
            given = {"content-type": "application/json", "content-length": str(len(data))} | given
        return self.head(method, path, given) + data

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, *, body: bool = True) -> Reply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        if headers.get("transfer-encoding") == "chunked":
            return Reply(int(head[0].split()[1]), headers, b"".join([chunk async for chunk in self.chunks()]))
        data = await self.reader.readexactly(int(headers.get("content-length", 0))) if body else b""
        return Reply(int(head[0].split()[1]), headers, data)

    async def chunks(self):
        while size := int(await self.reader.readline(), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        await self.send(self.request(method, path, body, **headers))
        return await self.reply(body=method != "HEAD")

    async def call(self, path: str, body: Any = None, **headers: str) -> Reply:
        return await self.ask("POST", f"/cells/{path}", body, **headers)

    async def closed(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True
