"""The guard of an actor: what the code did beside giving results, as far as the interpreter can tell.

Why: a candidate may look at who calls it, change what all code shares, or touch the outside; the sandbox holds the last, and
each of them is a fact for the reviewer. It is told from inside, so a candidate could hide it; what it then gives is compared all the same.
Not here: what may be touched at all (`placement.sandbox`), what is reported (`diff.observed`).
"""

import builtins
import json
import operator
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from typing import Any

EVENTS = {
    "socket.connect": "connects", "socket.bind": "connects", "socket.getaddrinfo": "connects", "socket.sendto": "connects",
    "subprocess.Popen": "spawns", "os.system": "spawns", "os.exec": "spawns", "os.fork": "spawns", "os.forkpty": "spawns",
    "os.posix_spawn": "spawns", "os.kill": "spawns", "os.listdir": "reads", "os.scandir": "reads", "glob.glob": "reads",
    "os.remove": "writes", "os.rename": "writes", "os.mkdir": "writes", "os.rmdir": "writes", "os.chmod": "writes", "os.truncate": "writes",
    "shutil.rmtree": "writes", "shutil.copyfile": "writes", "sqlite3.connect": "writes", "tempfile.mkstemp": "writes",
    "ctypes.dlopen": "code", "os.putenv": "environment",
}  # fmt: skip
TOUCHES = frozenset((*EVENTS, "open", "os.chdir", "os.link", "os.symlink", "os.unsetenv", "shutil.move"))
TRACES = ("sys.settrace", "sys.setprofile")  # heard also where an error, such as too deep a recursion, ends a trace
LOOKS = ("sys._getframe", "sys._current_frames", "gc.get_objects", "gc.get_referrers", "sys.settrace", "sys.setprofile")
NETWORK = (socket.AF_INET, socket.AF_INET6)
ASKERS = ("inspect.py", "traceback.py", "gc.py")
FIRST = (builtins, random, time)  # what every script rests on; the stage holds what itself needs
SHARED = (*FIRST, json, json.encoder, json.decoder, operator, os, signal, sys)
PASSING = (
    "_", "last_value", "last_type", "last_traceback", "last_exc", "stdout", "stderr", "stdin", "path", "modules", "meta_path", "path_hooks",
    "path_importer_cache", "argv", "dont_write_bytecode",
)  # fmt: skip
DEEP = 8
_held = (map, operator.is_)  # what the code may replace


class Guard:
    """Watch one actor; `folder` holds the version's own files, whose acts count.

    >>> Guard("shop/").changed()
    []
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.is_on = self.is_traced = False
        self.is_touched = True
        self.symbol = ""
        self.seen: dict[str, Counter[str]] = {}
        self.looked: Counter[str] = Counter()
        self.before: list[tuple[Any, dict[str, Any]]] = []
        self.settled: list[tuple[dict[str, Any], list[Any]]] = []
        self.alike: list[list[bool]] = []

    def watch(self) -> None:
        """Begin to hear what the interpreter tells; it cannot be ended."""
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in TOUCHES:
            self.is_touched = True
        if not self.is_on:
            return
        self.is_on = False  # what the guard does itself is heard as well
        try:
            self._note(event, arguments)
        finally:
            self.is_on = True

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        kind = EVENTS.get(event)
        if event == "open":
            mode, flags = (arguments[1], arguments[2]) if len(arguments) > 2 else ("r", 0)  # noqa: PLR2004 - path, mode, flags
            writes = any(sign in mode for sign in "wax+") if isinstance(mode, str) else bool(flags & 3)
            kind = "writes" if writes else "reads"
        elif event == "socket.__new__" and arguments[1] in NETWORK:
            kind = "connects"  # a sandbox may refuse it at that
        if kind is not None:
            if not (kind == "reads" and self._is_import()):
                self.seen.setdefault(self.symbol, Counter())[kind] += 1
        elif event in TRACES and self.is_traced:
            return
        elif event in LOOKS and self._is_own(sys._getframe(2)):  # noqa: SLF001 - the frame that the event is about
            self.looked[event] += 1

    def _is_own(self, frame: Any) -> bool:
        """Say whether the version's own code asked, itself or through `inspect` and the like."""
        for _ in range(DEEP):
            if frame is None:
                return False
            name = frame.f_code.co_filename
            if name.startswith(self.folder) or not name.endswith(ASKERS):
                return bool(name.startswith(self.folder))
            frame = frame.f_back
        return False

    def _is_import(self) -> bool:
        frame: Any = sys._getframe(3)  # noqa: SLF001 - reading a module's file is the interpreter's touch, and not the code's
        for _ in range(DEEP * 2):
            if frame is None or "importlib" in frame.f_code.co_filename:
                return frame is not None
            frame = frame.f_back
        return False

    def remember(self) -> None:
        """Keep how the shared modules are, before the version is loaded."""
        self.before = [(module, dict(vars(module))) for module in SHARED]

    def settle(self) -> None:
        """Keep how those are on which every script rests, once the version is loaded."""
        self.settled = [(vars(one), [*vars(one).values()]) for one in FIRST]
        self.alike = [[True] * len(kept) for _, kept in self.settled]

    def is_settled(self) -> bool:
        """Say whether they are still as they were; by identity, which no `__eq__` can feign, and without what could be replaced."""
        over, same = _held
        return [[*over(same, now.values(), kept)] for now, kept in self.settled] == self.alike

    def changed(self) -> list[str]:
        """Return the names in shared modules that are no longer what they were."""
        return sorted(
            f"{module.__name__}.{name}"
            for module, kept in self.before
            for name, one in kept.items()
            if name not in PASSING and vars(module).get(name) is not one
        )
