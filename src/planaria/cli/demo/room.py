"""The demo's room: a copy of the reading room, served as `planaria up` serves it, with pages and users.

Why: the demo must show what a user gets, so it starts the real command in a process of its own and talks HTTP to it.
Not here: what is told (`story`).
"""

import asyncio
import importlib.util
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Self

import planaria
from planaria.assemble.client import Client
from planaria.assemble.clock import SystemClock
from planaria.assemble.place import Places
from planaria.assemble.system import system_at
from planaria.cli.demo.figure import Waits, Window
from planaria.cli.demo.users import Task
from planaria.cli.error import ExampleMissing, NotAnswering
from planaria.gateway.keys import Keys

COMMAND = (sys.executable, "-c", "import sys; from planaria.cli import main; sys.exit(main())")
READY_S = 30.0
FETCHERS = 4
USERS = 150
SEARCHES, READINGS = 12, 6


def example() -> Path:
    """Return the folder of the reading room, in the installed package or in the checkout.

    Raises:
        ExampleMissing: PLN-U120.
    """
    home = Path(planaria.__file__).parent
    found = [one for one in (home / "examples" / "readingroom", home.parents[1] / "examples" / "readingroom") if one.is_dir()]
    if not found:
        raise ExampleMissing(text="the folder examples/readingroom")
    return found[0]


def copy_to(root: Path) -> None:
    """Copy the reading room, without what running it leaves."""
    shutil.copytree(example(), root, ignore=shutil.ignore_patterns("__pycache__", ".planaria", "ledger", ".pytest_cache"))


def corpus(root: Path) -> AbstractContextManager[Any]:
    """Return the reading room's own server of pages, as its corpus.py has it."""
    spec = importlib.util.spec_from_file_location("planaria_demo_corpus", root / "corpus.py")
    assert spec is not None, "a path that ends in .py always has a loader"
    assert spec.loader is not None, "a path that ends in .py always has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    served: AbstractContextManager[Any] = module.served()
    return served


class Room:
    """The served copy at `root`, and the key that the demo made for its users."""

    def __init__(self, root: Path, *, port: int) -> None:
        self.root, self.port = root, port
        self.key_id, self.key = "", ""
        self.process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Client]:
        """Make a key, run `planaria up`, and stop it in order at the end."""
        cells = system_at(self.root).cells  # and none of planaria's own: users swap nothing
        made, self.key = Keys(Places.of(self.root).keys, clock=SystemClock()).make("demo", cells=cells)
        self.key_id = made.id
        arguments = ("up", "--json", "--tied", "--port", str(self.port), "--root", str(self.root))
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            *COMMAND, *arguments, stdin=pipe, stdout=pipe, stderr=nothing, start_new_session=True
        )
        assert self.process.stdout is not None, "its output is piped"
        try:
            async with asyncio.timeout(READY_S):
                ready = json.loads(await self.process.stdout.readline() or b"{}")
            if not ready.get("ok"):
                raise NotAnswering(address=f"port {self.port}", pid=self.process.pid, note="run.json", text=json.dumps(ready))
            yield Client.of(self.root)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Ask the served process to stop, and see that it does."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(READY_S):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def shelve_all(client: Client, addresses: tuple[str, ...]) -> AsyncIterator[dict[str, Any] | Exception]:
    """Fetch, parse and shelve every page, a few at a time; yield each summary, or the error, as it comes."""
    waiting = list(reversed(addresses))
    done: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()

    async def fetch() -> None:
        while waiting:
            address = waiting.pop()
            try:
                await done.put(await asyncio.to_thread(client.call, "intake", "shelve", {"address": address}))
            except Exception as error:  # noqa: BLE001 - a page that cannot be had is counted, and told
                await done.put(error)

    fetchers = [asyncio.create_task(fetch()) for _ in range(FETCHERS)]
    for _ in addresses:
        yield await done.get()
    await asyncio.gather(*fetchers)


def menu(summaries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what users ask for: mostly searches, some reading, now and then a question, all from the titles of the pages."""
    found: list[tuple[str, str]] = []
    for one in summaries:
        words = [word for word in one["title"].replace(".", " ").split() if word.isalpha()][:2]
        question = " ".join(words) or "python"
        found += [("/cells/library/search", json.dumps({"question": question}))] * SEARCHES
        found += [("/cells/library/page", json.dumps({"address": one["address"]}))] * READINGS
        found.append(("/cells/desk/answer", json.dumps({"question": f"what does {question} do"})))
    return found


class Visitors:
    """The process of the simulated users, and what it has told so far."""

    def __init__(self, task: Task) -> None:
        self.task, self.waits = task, Waits()
        self.until, self.news = 0.0, asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self.reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "planaria.cli.demo.users")
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26, start_new_session=True)
        assert self.process.stdin is not None, "its input is piped"
        fields = {name: getattr(self.task, name) for name in Task.__slots__}
        self.process.stdin.write(json.dumps(fields).encode() + b"\n")
        self.reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *raised: object) -> None:
        assert self.process is not None, "it was entered"
        assert self.process.stdin is not None, "its input is piped"
        assert self.reading is not None, "it was entered"
        self.process.stdin.close()
        try:
            async with asyncio.timeout(READY_S):
                await self.reading
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def _read(self) -> None:
        assert self.process is not None, "it was entered"
        assert self.process.stdout is not None, "its output is piped"
        async for line in self.process.stdout:
            told = json.loads(line)
            self.waits.seen += [tuple(one) for one in told["seen"]]
            self.until = told["until"]
            self.news.set()
        self.until = float("inf")
        self.news.set()

    async def watch(self, seconds: float) -> Window:
        """Let them go on for a while, and return that window as soon as they have told all of it."""
        start = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        end = asyncio.get_running_loop().time()
        while self.until < end:
            self.news.clear()
            await self.news.wait()
        return Window(start, end)
