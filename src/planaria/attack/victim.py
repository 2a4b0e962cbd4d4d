"""Victims: what the attacks are after, set up around the host, and what reached it.

Why: an attack's own word is not enough, and some succeed in silence; so files are compared, listeners count who comes, a
canary process tells which signals it got, and secrets are random words that can be known only by reading them.
Not here: the cells that are attacked (`host`).
"""

import asyncio
import ctypes
import os
import platform
import secrets
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from planaria.attack.canary import Canary
from planaria.attack.catalogue import calls_used

MARK = "PLANARIA-SECRET-"
OPEN_TO_ALL, OPEN_FOLDER = 0o666, 0o777
TURNS = 10
Facts = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of the victims: what may be read lies beside what may not.

    >>> Files(root=Path("here")).secret.as_posix()
    'here/secrets/secret'
    """

    root: Path

    @property
    def secret(self) -> Path:
        """Return the file of which nobody but the host may know."""
        return self.root / "secrets" / "secret"

    def build(self, word: str) -> None:
        """Make them, wide open: what keeps a cell out is to be its placement, not the mode of a file."""
        for name in ("public", "public-not", "secrets", "home/.ssh", "outside", "app", "neighbour", "store"):
            (self.root / name).mkdir(parents=True)
        for name in ("public/page.html", "outside/victim"):
            (self.root / name).write_text("<p>a page</p>\n")
        for name in ("secrets/secret", "secrets/leaked", "home/.ssh/id_ed25519", "public-not/page.html"):
            (self.root / name).write_text(word)
        (self.root / "outside" / "link").symlink_to(self.secret)
        (self.root / "public" / "way-out").symlink_to(self.secret)
        source = Path(__file__).parent / "neighbour" / "impl" / "__init__.py"
        (self.root / "neighbour" / "__init__.py").write_text(source.read_text())
        for path in (self.root, *self.root.rglob("*")):
            if not path.is_symlink() and ".ssh" not in path.parts:
                path.chmod(OPEN_FOLDER if path.is_dir() else OPEN_TO_ALL)
        (self.root / "store").chmod(0o700)

    def seen(self) -> dict[str, tuple[object, ...]]:
        """Return how every file is now: kind, mode, owner, age, content."""
        return {
            str(path.relative_to(self.root)): _state(path)
            for path in self.root.rglob("*")
            if "store" not in path.relative_to(self.root).parts[:1]
        }

    def facts(self) -> Facts:
        """Return where they are."""
        named = {
            "public": "public",
            "outside": "outside",
            "victim": "outside/victim",
            "home": "home",
            "implementation": "neighbour",
            "link": "outside/link",
        }
        return {name: str(self.root / path) for name, path in named.items()} | {"secret": str(self.secret)}


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return ("link", str(path.readlink()))
    if stat.S_ISDIR(found.st_mode):
        return ("folder", found.st_mode, found.st_uid)
    content = path.read_bytes() if stat.S_ISREG(found.st_mode) else b""
    attributes = tuple(os.listxattr(path)) if hasattr(os, "listxattr") else ()
    return ("file", found.st_mode, found.st_uid, found.st_mtime_ns, content, attributes)


class _Visits(asyncio.DatagramProtocol):
    """Count what comes to the listeners."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.seen.append("a datagram came")


class _Visitor(asyncio.Protocol):
    """Note that somebody came, and send him away."""

    def __init__(self, visits: _Visits, name: str) -> None:
        self.visits, self.name = visits, name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.visits.seen.append(f"somebody came to {self.name}")
        assert isinstance(transport, asyncio.Transport), "it is a connection"
        transport.abort()


class Victims:
    """Everything that is to stay as it is; `word` is the secret."""

    def __init__(self, root: Path) -> None:
        self.word = MARK + secrets.token_hex(16)
        self.files = Files(root=root)
        self.memory = ctypes.create_string_buffer(self.word.encode(), 64)
        self.board = ctypes.create_string_buffer(b"untouched", 16)
        self.visits = _Visits()
        self.canary = Canary()
        self.facts: Facts = {}
        self.before: dict[str, tuple[object, ...]] = {}
        self.listeners: list[list[str]] = []
        self.lock = asyncio.Lock()

    async def tell(self) -> None:
        """Tell all who listen what reached the victims since the last time, since it may be anybody's doing."""
        async with self.lock:
            told = await self.observed()
            for one in self.listeners:
                one.extend(told)

    async def observed(self) -> list[str]:
        """Return what reached the victims since the last time, and mend them."""
        for _ in range(TURNS):
            await asyncio.sleep(0)  # a visitor that has come is let in within a few turns of the loop
        told, self.visits.seen = self.visits.seen[:3], []
        told += await self.canary.observed()
        if self.board.value != b"untouched":
            told.append("the host's memory was changed")
            self.board.value = b"untouched"
        now = self.files.seen()
        changed = sorted(name for name in {*now, *self.before} if now.get(name) != self.before.get(name))
        if changed:
            told.append(f"changed: {', '.join(changed[:5])}")
            self._mend(changed)
        return told

    def _mend(self, changed: list[str]) -> None:
        import shutil

        for name in sorted(changed, reverse=True):
            path, was = self.files.root / name, self.before.get(name)
            if was is None:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            elif was[0] == "file":
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                path.write_bytes(bytes(was[4]))  # type: ignore[call-overload]  # the content of a file
                path.chmod(stat.S_IMODE(int(was[1])))  # type: ignore[call-overload]  # its mode
        self.before = self.files.seen()


def _numbers() -> Facts:
    """Return the number of each system call that attacks make on this machine."""
    from planaria.kernel.error import PlanariaError
    from planaria.placement.sandbox.system_call import here

    try:
        known = here().numbers
    except PlanariaError:
        return {}
    return {f"call {name}": str(known[name]) for name in sorted(calls_used()) if name in known}


@asynccontextmanager
async def victims(root: Path) -> AsyncIterator[Victims]:
    """Set the victims up below `root`, an empty folder, and take them away again.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     async with victims(Path(folder)) as around:
    ...         await around.observed()
    []
    """
    around = Victims(root)
    around.files.build(around.word)
    around.before = around.files.seen()
    closing: list[Callable[[], object]] = []
    try:
        around.facts = around.files.facts() | await _listen(around, closing) | _numbers()
        await around.canary.start()
        around.facts |= {
            "host": str(os.getpid()), "group": str(os.getpgrp()), "canary": str(around.canary.pid),
            "address": str(ctypes.addressof(around.memory)), "board": str(ctypes.addressof(around.board)), "machine": platform.node(),
            "architecture": platform.machine(), "store": str(root / "store" / "store.sqlite"),
        }  # fmt: skip
        around.facts["now"] = str(around.files.secret.stat().st_mtime)
        _leak(around, closing)
        yield around
    finally:
        for close in reversed(closing):
            close()
        for _ in range(3):
            await asyncio.sleep(0)  # what was closed says so in a later turn of the loop
        await around.canary.stop()


async def _listen(around: Victims, closing: list[Callable[[], object]]) -> Facts:
    loop, app, abstract = asyncio.get_running_loop(), around.files.root / "app", f"planaria-attack-{os.getpid()}"
    facts = {"unix": str(app / "stream.sock"), "datagram": str(app / "datagram.sock"), "abstract": abstract, "tcp6": "1"}
    for name, host in (("tcp", "127.0.0.1"), ("tcp6", "::1")):
        with suppress(OSError):
            server: asyncio.Server = await loop.create_server(partial(_Visitor, around.visits, name), host, 0)
            closing.append(server.close)
            facts[name] = str(server.sockets[0].getsockname()[1])
    for address in (facts["unix"], f"\0{abstract}"):
        server = await loop.create_unix_server(partial(_Visitor, around.visits, "a local socket"), address)
        closing.append(server.close)
    udp, _ = await loop.create_datagram_endpoint(lambda: around.visits, local_addr=("127.0.0.1", 0))
    local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    local.bind(facts["datagram"])
    one, _ = await loop.create_datagram_endpoint(lambda: around.visits, sock=local)
    closing += [udp.close, one.close]
    facts["udp"] = str(udp.get_extra_info("sockname")[1])
    for path in app.iterdir():
        path.chmod(OPEN_FOLDER)
    around.before = around.files.seen()
    return facts


def _leak(around: Victims, closing: list[Callable[[], object]]) -> None:
    """Leave open what a careless host would: inheritable descriptors, and a secret in the environment."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened = [os.open(around.files.root / "secrets" / "leaked", os.O_RDONLY), os.open(around.files.root / "secrets", os.O_RDONLY)]
    for number in (*opened, listener.fileno()):
        os.set_inheritable(number, True)  # noqa: FBT003 - the function takes it so
    os.putenv("PLANARIA_ATTACK_TOKEN", around.word)
    closing += [
        listener.close,
        *(lambda number=number: os.close(number) for number in opened),
        lambda: os.unsetenv("PLANARIA_ATTACK_TOKEN"),
    ]
