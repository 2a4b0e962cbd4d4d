"""Audit events of Python as touches of the outside.

Why: what happened is told in about forty shapes by the interpreter (PEP 578, and the audit events table of the library
reference), and everything else here wants one: a kind of effect and what was touched.
Not here: whose touch it is (`hook`), whether it may be (`watch`).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
SHELL = "/bin/sh"
SHOWN = 200
UNDECLARABLE = {
    "native": "runs native code, which nothing can watch",
    "listens": "listens for others: the gateway is the only way in",
    "process": "changes the whole process, which is not its own",
}


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch: a kind of effect (or of `UNDECLARABLE`), and what was touched.

    >>> Touch("reads", "/etc/hosts").shown
    'reads /etc/hosts'
    """

    kind: str
    what: str

    @property
    def shown(self) -> str:
        """Return it as text without control characters, and not longer than a line."""
        text = f"{self.kind} {self.what}"
        plain = text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode()
        return plain if len(plain) <= SHOWN else plain[:SHOWN] + "…"


Reading = Callable[..., Iterator[Touch]]


def touches_of(event: str, arguments: tuple[Any, ...]) -> list[Touch]:
    """Return what an audit event touches; nothing where it is of no interest, or names a descriptor that is open already.

    >>> touches_of("os.mkdir", ("/srv/new", 0o777, -1))
    [Touch(kind='writes', what='/srv/new')]
    >>> touches_of("socket.connect", (None, ("docs.example", 443)))
    [Touch(kind='connects', what='docs.example:443')]
    """
    return list(READINGS[event](*arguments)) if event in READINGS else []


def place_of(path: Any, directory: int = -1) -> str | None:
    """Return the real place of a path as an event names it; None for a descriptor."""
    if isinstance(path, int):
        return None
    try:
        text = os.fsdecode("." if path is None else path)
        base = str(Path(f"/proc/self/fd/{directory}").readlink()) if directory >= 0 else ""
        return os.path.realpath(os.path.join(base, text))  # noqa: PTH118 - pathlib costs ten times as much, for each touch
    except (TypeError, ValueError, OSError):
        return None  # the call that raised the event refuses such a path itself


def _open(path: Any, mode: str | None, flags: int) -> Iterator[Touch]:
    place = place_of(path)
    if place is None:
        return
    writes = bool(flags & WRITING) or any(one in (mode or "") for one in "wax+")
    if writes:
        yield Touch("writes", place)
    if not writes or flags & os.O_RDWR:
        yield Touch("reads", place)


def _files(kind: str, *places: tuple[int, int]) -> Reading:
    """Read an event whose arguments hold paths, each beside the descriptor of its directory (or none)."""

    def read(*given: Any) -> Iterator[Touch]:
        for path, directory in places:
            fd = given[directory] if 0 < directory < len(given) else -1
            if (place := place_of(given[path], fd)) is not None:
                yield Touch(kind, place)

    return read


def _database(name: Any) -> Iterator[Touch]:
    text = os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else ""
    path, _, query = text.removeprefix("file:").partition("?") if text.startswith("file:") else (text, "", "")
    if path in ("", ":memory:") or "mode=memory" in query:
        return
    place = place_of(unquote(path) if text.startswith("file:") else path)
    if place is not None:
        yield Touch("writes", place)
        yield Touch("reads", place)


def _address(_socket: Any, address: Any) -> Iterator[Touch]:
    if address is not None:
        yield Touch("connects", address_text(address))


def address_text(address: Any) -> str:
    r"""Return an address as text: host and port, or `unix:` and a path ('@' begins an abstract name).

    >>> address_text(("::1", 80, 0, 0)), address_text("/run/x.sock"), address_text(b"\0x")
    ('::1:80', 'unix:/run/x.sock', 'unix:@x')
    """
    if isinstance(address, (str, bytes, os.PathLike)):
        path = os.fsdecode(address)
        return f"unix:@{path[1:]}" if path.startswith("\0") else f"unix:{place_of(path)}"
    if isinstance(address, tuple) and len(address) > 1 and isinstance(address[0], (str, bytes)):
        return _host_text(address[0], address[1])
    return repr(address)


def _host_text(host: str | bytes, port: Any) -> str:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    number = port.decode("ascii", "replace") if isinstance(port, bytes) else port
    return f"{name.lower().rstrip('.').partition('%')[0]}:{number or '*'}"


def _name(host: Any, port: Any = None, *_: Any) -> Iterator[Touch]:
    if isinstance(host, (str, bytes)) and host:
        yield Touch("connects", _host_text(host, port if not isinstance(port, str) or port.isdecimal() else None))


def _program(program: Any, *_: Any) -> Iterator[Touch]:
    first = program[0] if isinstance(program, (list, tuple)) and program else program
    yield Touch("spawns", os.fsdecode(first) if isinstance(first, (str, bytes, os.PathLike)) else repr(first))


def _always(kind: str, what: str) -> Reading:
    def read(*_: Any) -> Iterator[Touch]:
        yield Touch(kind, what)

    return read


def _extension(_module: Any, file: Any = None, *_: Any) -> Iterator[Touch]:
    """Only the loading of a native extension names its file."""
    if isinstance(file, str):
        yield Touch("native", os.path.realpath(file))


def _library(name: Any, *_: Any) -> Iterator[Touch]:
    yield Touch("native", f"library {name if isinstance(name, str) else 'of this process'}")


def _listens(_socket: Any, address: Any) -> Iterator[Touch]:
    yield Touch("listens", address_text(address))


_ONE: tuple[tuple[int, int], ...] = ((0, -1),)
READINGS: dict[str, Reading] = {
    "open": _open,
    "sqlite3.connect": _database,
    "os.listdir": _files("reads", *_ONE),
    "os.scandir": _files("reads", *_ONE),
    "os.getxattr": _files("reads", *_ONE),
    "os.listxattr": _files("reads", *_ONE),
    "os.setxattr": _files("writes", *_ONE),
    "os.removexattr": _files("writes", *_ONE),
    "os.truncate": _files("writes", *_ONE),
    "os.chflags": _files("writes", *_ONE),
    "os.remove": _files("writes", (0, 1)),
    "os.rmdir": _files("writes", (0, 1)),
    "os.mkdir": _files("writes", (0, 2)),
    "os.chmod": _files("writes", (0, 2)),
    "os.chown": _files("writes", (0, 3)),
    "os.utime": _files("writes", (0, 3)),
    "os.rename": _files("writes", (0, 2), (1, 3)),
    "os.link": _files("writes", (0, 2), (1, 3)),
    "os.symlink": _files("writes", (1, 2)),
    "socket.connect": _address,
    "socket.sendto": _address,
    "socket.sendmsg": _address,
    "socket.bind": _listens,
    "socket.getaddrinfo": _name,
    "socket.gethostbyname": _name,
    "socket.gethostbyaddr": _name,
    "socket.getnameinfo": lambda address: _address(None, address),
    "subprocess.Popen": _program,
    "os.posix_spawn": _program,
    "os.exec": _program,
    "pty.spawn": _program,
    "os.system": _always("spawns", SHELL),
    "os.fork": _always("spawns", "fork"),
    "os.forkpty": _always("spawns", "fork"),
    "import": _extension,
    "ctypes.dlopen": _library,
    "ctypes.dlsym": _always("native", "ctypes"),
    "ctypes.dlsym/handle": _always("native", "ctypes"),
    "ctypes.call_function": _always("native", "ctypes"),
    "ctypes.addressof": _always("native", "ctypes"),
    "ctypes.cdata": _always("native", "ctypes"),
    "ctypes.string_at": _always("native", "ctypes"),
    "ctypes.wstring_at": _always("native", "ctypes"),
    "os.chdir": _always("process", "os.chdir"),
    "os.kill": _always("process", "os.kill"),
    "os.killpg": _always("process", "os.killpg"),
    "signal.pthread_kill": _always("process", "signal.pthread_kill"),
    "os.putenv": _always("process", "os.environ"),
    "os.unsetenv": _always("process", "os.environ"),
    "resource.setrlimit": _always("process", "resource.setrlimit"),
    "resource.prlimit": _always("process", "resource.prlimit"),
    "sys.addaudithook": _always("process", "sys.addaudithook"),
}
