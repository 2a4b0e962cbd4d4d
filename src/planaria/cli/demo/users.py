"""Simulated users: 150 people who search, ask and read, each over a connection of their own, from a process of their own.

Why: what a user waits for must be measured from outside the served process, or its own stalls would be invisible. Each
user asks, reads the whole answer, thinks, and asks again; an answer that is not 200, or none, is a failed request.
Not here: what the figures mean (`figure`).
"""

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field

THINK_S = (0.5, 1.5)
TOLD_EVERY_S = 0.5
ANSWER_S = 30.0
SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the users do: where, with which key, and the requests to choose from, as (path, body)."""

    host: str
    port: int
    key: str
    users: int
    seed: int
    menu: list[tuple[str, str]]


@dataclass(frozen=False, slots=True)
class Crowd:
    """All users of a process: what they saw since it was last told, as [ended, waited_s, problem], and until when."""

    task: Task
    seen: list[tuple[float, float, str]] = field(default_factory=list)

    async def run(self) -> None:
        """Let everyone ask until standard input closes; tell what was seen as lines of JSON."""
        loop = asyncio.get_running_loop()
        people = [asyncio.create_task(self._user(_chance(self.task.seed + number))) for number in range(self.task.users)]
        told = asyncio.create_task(self._tell())
        await loop.run_in_executor(None, sys.stdin.read)
        for one in (*people, told):
            one.cancel()
        await asyncio.wait([*people, told])
        self._flush()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            self._flush()

    def _flush(self) -> None:
        sys.stdout.write(json.dumps({"until": asyncio.get_running_loop().time(), "seen": self.seen}) + "\n")
        sys.stdout.flush()
        self.seen = []

    async def _user(self, chance: random.Random) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(chance.uniform(0, THINK_S[1]))
            try:
                reader, writer = await asyncio.open_connection(self.task.host, self.task.port)
            except OSError:
                self.seen.append((loop.time(), 0.0, "no connection"))
                continue
            try:
                await self._ask(reader, writer, chance)
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, chance: random.Random) -> None:
        loop = asyncio.get_running_loop()
        while True:
            path, body = chance.choice(self.task.menu)
            head = (
                f"POST {path} HTTP/1.1\r\nhost: {self.task.host}\r\nauthorization: Bearer {self.task.key}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body.encode())}\r\n\r\n"
            )
            asked, problem = loop.time(), "no answer"
            try:
                writer.write((head + body).encode())
                async with asyncio.timeout(ANSWER_S):
                    problem = await _problem(reader)
            except (OSError, EOFError, TimeoutError):
                return
            finally:
                if not asyncio.current_task().cancelling():  # type: ignore[union-attr]  # a coroutine that runs has a task
                    self.seen.append((loop.time(), loop.time() - asked, problem))
            await asyncio.sleep(chance.uniform(*THINK_S))


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - what a user asks next is no secret


async def _problem(reader: asyncio.StreamReader) -> str:
    """Read one whole answer; return nothing where it is good, otherwise its status and what it says."""
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    sizes = [int(line.split(b":", 1)[1]) for line in head if line.lower().startswith(b"content-length:")]
    body = await reader.readexactly(sizes[0] if sizes else 0)
    status = head[0].split(b" ")[1].decode()
    return "" if status == "200" else f"{status} {body[:SHOWN].decode('utf-8', 'replace')}"


def main() -> None:
    """Read the task as the first line of standard input, and go on until it closes."""
    task = Task(**json.loads(sys.stdin.readline()))
    asyncio.run(Crowd(task).run())


if __name__ == "__main__":
    main()
