"""What a confined process may still do, as one value.

Why: everything that is decided about a worker is decided before it is forked, by whoever places the cell; the worker
only carries it out.
Not here: the rights that a contract declares and how they become a policy (`placement.right`, `placement.process`).
"""

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Say what a worker may touch and use; what is not said is refused. Paths are absolute.

    What the interpreter itself needs (its standard library, installed packages, shared libraries, time zones,
    certificates) is always readable, and nothing else is.

    >>> Policy(reads=("/srv/pages",), memory_bytes=64 * MEGABYTE).writes
    ()
    >>> Policy(reads=("pages",)).problems()
    ["'pages' is no absolute path"]
    """

    reads: tuple[str, ...] = ()
    """Files and folders that may be read, with what is below them."""
    writes: tuple[str, ...] = ()
    """Folders (or files) that may be read and changed."""
    executes: tuple[str, ...] = ()
    """Programs that may be started; needs `spawn`."""
    connects: tuple[int, ...] = ()
    """TCP ports. Normally none, since connections come from the broker; nothing answers inside a network namespace."""
    memory_bytes: int = 256 * MEGABYTE
    """Address space beyond what the process had when it was confined."""
    files_max: int = 64
    """Open descriptors."""
    processes_max: int = 32
    """Threads, and processes with `spawn`, of this worker."""
    cpu_s: int | None = None
    """Processor time over the whole life, or no limit."""
    file_bytes: int = 64 * MEGABYTE
    """The largest file that may be written, where there is anything to write to."""
    scratch_bytes: int = 0
    """Size of a private folder in memory at `SCRATCH`; 0 for none. Needs a mount namespace."""
    threads: bool = True
    """Whether threads may be started."""
    spawn: bool = False
    """Whether the programs in `executes` may be started. Whoever confines must end what outlives the worker."""
    chance: bool = True
    """Whether the kernel's random source may be used. Timing and addresses remain as chance."""
    executable_memory: bool = False
    """Whether memory may become executable (compilers at run time need it); never writable and executable at once."""
    uid: int | None = None
    """Who to become, where this process is root: claimed by `identity.claim`, one for each worker."""
    group: str | None = None
    """A cgroup v2 folder to join (`group.Group`)."""

    def problems(self) -> list[str]:
        """Return what is wrong with this policy as it is written, as sentences."""
        paths = (*self.reads, *self.writes, *self.executes)
        told = [f"'{path}' is no absolute path" for path in paths if not path.startswith("/") or ".." in path.split("/") or "\0" in path]
        told += [f"'{path}' is everything" for path in paths if path.strip("/") == "" and path]
        told += [f"{port} is no port" for port in self.connects if not 0 < port < 1 << 16]
        sizes = {"memory_bytes": 1, "files_max": 4, "processes_max": 1, "file_bytes": 0, "scratch_bytes": 0}
        told += [f"{name} is below {least}" for name, least in sizes.items() if getattr(self, name) < least]
        if self.cpu_s is not None and self.cpu_s < 1:
            told.append("cpu_s is below 1")
        if self.executes and not self.spawn:
            told.append("programs are named, but spawn is not allowed")
        if self.uid is not None and self.uid < 1:
            told.append(f"uid {self.uid} is no ordinary user")
        return told


SCRATCH = "/scratch"
"""Where the private folder of a worker is."""
