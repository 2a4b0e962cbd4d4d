"""What stands where an operating system would: nothing, said in Python's own errors.

Why: a guest built without WASI traps at the first touch of a file, a socket or a clock, and a trap ends the instance; a
cell that asks for such a thing should get an error it understands. What the host gives (time, chance, secrets) is asked
of it, and only where the contract declares it.
Not here: the imports themselves, which are the host's.
"""

import asyncio
import datetime as dt
import gc
import io
import os
import random
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

NO_FILES = "there are no files in a WebAssembly guest; move what needs them to another cell, or place this one as 'process'"
NO_SOCKETS = "there are no sockets in a WebAssembly guest; use asyncio.open_connection, and declare Connects(...)"
NO_CLOCK = "the contract declares no Clock(): declare it, and have it reviewed"
NO_CHANCE = "the contract declares no Chance(): declare it, and have it reviewed"
NO_WAITING = "a WebAssembly guest cannot wait: use `await asyncio.sleep`"
KEPT_OF_OS = frozenset(("abort", "putenv", "unsetenv", "fspath", "strerror", "cpu_count", "getpid", "get_exec_path"))
BOUND = ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "gauss", "getrandbits", "randbytes")


_closed: list[bool] = []


def refuse(text: str, before: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Make a function that refuses; while the guest is built it still does what it did `before`."""

    def refused(*given: Any, **named: Any) -> Any:
        if before is not None and not _closed:
            return before(*given, **named)
        raise PermissionError(1, text)

    return refused


def _nowhere(text: str) -> None:
    """Say nothing."""


class Lines(io.TextIOBase):
    """A text file whose lines go to the host."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self.begun = say, ""

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, text: str) -> int:
        """Send whole lines, keep the rest."""
        *lines, self.begun = (self.begun + text).split("\n")
        for line in lines:
            self.say(line)
        return len(text)


class Surroundings:
    """The functions of the standard library that reach outside, in the hands of the host."""

    def __init__(self, *, now: Callable[[], float], tick: Callable[[], float], entropy: Callable[[int], bytes]) -> None:
        self.now, self.tick, self.entropy = now, tick, entropy
        self.clock = self.chance = False
        self.tell: Callable[[str], None] = _nowhere

    def seal(self, tell: Callable[[str], None], steady: Callable[[], float]) -> None:
        """Replace everything that would trap; `steady` gives the seconds of the loop."""
        self.tell = tell
        self._files()
        self._sockets()
        self._time(steady)
        self._random()
        asyncio.run = refuse("the guest's loop is running: await what you want to run")

    def close(self) -> None:
        """Begin to refuse; what builds the guest still needs files after it was put together."""
        _closed[:] = [True]
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Lines(self.tell)  # type: ignore[assignment,misc]  # a text file all the same
        sys.path[:], sys.path_hooks[:] = [], []
        sys.meta_path[:] = [one for one in sys.meta_path if "PathFinder" not in getattr(one, "__name__", "")]

    def give(self, rights: Mapping[str, Any]) -> None:
        """Take what this cell was given."""
        self.close()
        self.clock, self.chance = bool(rights.get("clock")), bool(rights.get("chance"))
        vars(os)["environ"].update(rights.get("secrets", {}))
        if self.chance:
            vars(random)["_inst"].seed(int.from_bytes(self.entropy(32), "big"))
        else:
            for name in BOUND:
                setattr(random, name, refuse(NO_CHANCE))

    def _files(self) -> None:
        posix = sys.modules.get("posix")
        for module in (os, posix):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if type(value).__name__ == "builtin_function_or_method" and name not in KEPT_OF_OS and not name.startswith("_"):
                    setattr(module, name, refuse(NO_FILES, value))
        for name in ("walk", "fwalk", "makedirs", "removedirs", "renames", "popen", "fdopen"):
            setattr(os, name, refuse(NO_FILES, getattr(os, name, None)))
        os.getcwd, os.urandom = lambda: "/", self._entropy
        for module in (sys.modules.get("builtins"), io, sys.modules.get("_io"), sys.modules.get("_pyio")):
            for name in ("open", "open_code", "FileIO"):
                if hasattr(module, name):
                    setattr(module, name, refuse(NO_FILES, getattr(module, name)))

    def _sockets(self) -> None:
        nothing = refuse(NO_SOCKETS)
        for module in (socket, sys.modules.get("_socket"), sys.modules.get("select"), sys.modules.get("selectors")):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                kind = type(value).__name__
                if kind == "builtin_function_or_method" and not name.startswith(("hton", "ntoh", "inet_", "_")):
                    setattr(module, name, nothing)
        for name in ("socket", "SocketType", "create_connection", "create_server", "socketpair", "fromfd", "getaddrinfo", "getfqdn"):
            setattr(socket, name, nothing)

    def _entropy(self, count: int) -> bytes:
        if not self.chance:
            raise PermissionError(1, NO_CHANCE)
        return b"".join(self.entropy(min(1024, count - done)) for done in range(0, count, 1024))

    def _now(self) -> float:
        if not _closed:
            return 0.0
        if not self.clock:
            raise PermissionError(1, NO_CLOCK)
        return self.now()

    def _time(self, steady: Callable[[], float]) -> None:
        def elapsed() -> float:
            return self.tick() if self.clock else steady()

        given: dict[str, Callable[..., Any]] = {
            "time": self._now, "time_ns": lambda: int(self._now() * 1e9), "sleep": refuse(NO_WAITING),
            "get_clock_info": lambda _: _ClockInfo(),
        }  # fmt: skip
        for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
            given |= {name: elapsed, f"{name}_ns": lambda: int(elapsed() * 1e9)}
        for name in ("localtime", "gmtime", "ctime", "asctime", "strftime"):
            given[name] = _timed(getattr(time, name), self._now)
        known = {id(getattr(time, name)): one for name, one in given.items() if hasattr(time, name)}
        for module in list(sys.modules.values()):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if id(value) in known:
                    setattr(module, name, known[id(value)])
        self._dates()

    def _dates(self) -> None:
        """Give the two types that ask the system by themselves another `now`; nothing else can be set on a built-in type."""

        def now(cls: Any, tz: Any = None) -> Any:
            return cls.fromtimestamp(self._now(), tz)

        def utcnow(cls: Any) -> Any:
            return cls.fromtimestamp(self._now(), dt.UTC).replace(tzinfo=None)

        def today(cls: Any) -> Any:
            return cls.fromtimestamp(self._now())

        for type_, methods in ((dt.datetime, (now, utcnow, today)), (dt.date, (today,))):
            inside = gc.get_referents(type_.__dict__)[0]
            for method in methods:
                inside[method.__name__] = classmethod(method)

    def _random(self) -> None:
        outer = random.Random
        begin = outer.seed

        def new(cls: Any, *_: Any, **__: Any) -> Any:
            return super(outer, cls).__new__(cls, 0)  # type: ignore[misc]  # the class is known at run time

        def seed(one: Any, a: Any = None, version: int = 2) -> None:
            begin(one, int.from_bytes(self._entropy(32), "big") if a is None else a, version)

        outer.__new__, outer.seed = new, seed  # type: ignore[assignment,method-assign]  # a guest has no system to take a seed from
        for module in list(sys.modules.values()):
            if getattr(module, "_urandom", None) is not None:
                vars(module)["_urandom"] = self._entropy


class _ClockInfo:
    resolution, monotonic, adjustable, implementation = 1e-6, True, False, "host"


def _timed(function: Callable[..., Any], now: Callable[[], float]) -> Callable[..., Any]:
    """Give a function of the moment the host's moment where it is given none."""

    def timed(*given: Any) -> Any:
        if function.__name__ in ("strftime", "asctime"):
            wanted = 2 if function.__name__ == "strftime" else 1
            return function(*given, *(() if len(given) == wanted else (time.gmtime(now()),)))
        return function(*given) if given and given[0] is not None else function(now())

    return timed
