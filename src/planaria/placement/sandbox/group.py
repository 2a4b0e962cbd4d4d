"""Control groups (cgroup v2): limits and an end for a worker together with everything that it starts.

Why: limits of one process do not add up; a group's do, and a group is ended as a whole. They need a part of the hierarchy
that was delegated to planaria, so they stand beside the other limits and never instead of them.
Source: Documentation/admin-guide/cgroup-v2.rst.
Not here: joining (`confinement` does, for `Policy.group`).
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from planaria.placement.sandbox.error import NoGroup
from planaria.placement.sandbox.system_call import write_kernel

CONTROLLERS = ("memory", "pids")
_OWN, _MOUNTS = Path("/proc/self/cgroup"), Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True)
class Group:
    """A control group of one worker.

    >>> Group("/nowhere", ()).memory_bytes() is None
    True
    """

    path: str
    limited: tuple[str, ...]

    def memory_bytes(self) -> int | None:
        """Return the memory in use, or None where it is not counted."""
        try:
            return int(Path(self.path, "memory.current").read_text(encoding="ascii"))
        except OSError:
            return None

    def kill(self) -> None:
        """End everything inside, at once. What is gone is no error."""
        with suppress(OSError):
            write_kernel(f"{self.path}/cgroup.kill", "1")

    def close(self) -> None:
        """Remove the group; call it when nothing is inside."""
        with suppress(FileNotFoundError):
            Path(self.path).rmdir()


@dataclass(frozen=True, slots=True)
class Home:
    """A place in the hierarchy where this process may make groups, and what can be limited there.

    >>> home = Home.find()
    >>> home is None or set(home.controllers) <= set(CONTROLLERS)
    True
    """

    path: str
    controllers: tuple[str, ...]

    @staticmethod
    def find(own: Path = _OWN, mounts: Path = _MOUNTS) -> "Home | None":
        """Return the place of this process where cgroup v2 is delegated to it, or None."""
        try:
            inside = next(line[3:].strip() for line in own.read_text(encoding="utf-8").splitlines() if line.startswith("0::"))
            fields = (line.split(" ") for line in mounts.read_text(encoding="utf-8").splitlines())
            root = next(at for _, at, kind, *_ in fields if kind == "cgroup2")
        except (OSError, StopIteration):
            return None
        path = Path(root, inside.lstrip("/"))
        if not all(os.access(one, os.W_OK) for one in (path, path / "cgroup.procs")):
            return None
        for left in path.glob("planaria-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                with suppress(OSError):  # left by a host that was killed; one with processes inside stays
                    left.rmdir()
        return Home(str(path), _controllers(path))

    def make(self, name: str, *, memory_bytes: int, processes_max: int) -> Group:
        """Make a group with these limits, as far as they can be set here.

        Raises: PLN-P412.
        """
        path = Path(self.path, f"planaria-{name}")
        limits = {"memory": {"memory.max": memory_bytes, "memory.swap.max": 0, "memory.oom.group": 1}, "pids": {"pids.max": processes_max}}
        try:
            path.mkdir()
            for controller in self.controllers:
                for file, value in limits[controller].items():
                    with suppress(FileNotFoundError):  # a machine without swap has no limit for it
                        write_kernel(str(path / file), str(value))
        except OSError as error:
            raise NoGroup(text=f"{error.strerror}: {path}") from error
        return Group(str(path), self.controllers)


def _controllers(path: Path) -> tuple[str, ...]:
    """Return what children can be limited in, after asking for what is offered; a group with processes inside may refuse."""
    offered, given = ((path / name).read_text(encoding="ascii").split() for name in ("cgroup.controllers", "cgroup.subtree_control"))
    for name in CONTROLLERS:
        if name in offered and name not in given:
            with suppress(OSError):
                write_kernel(str(path / "cgroup.subtree_control"), f"+{name}")
    given = (path / "cgroup.subtree_control").read_text(encoding="ascii").split()
    return tuple(name for name in CONTROLLERS if name in given)
