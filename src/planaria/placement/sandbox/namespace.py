"""Namespaces: views of the machine of their own, entered by the zygote once and by each worker for its file tree.

Why: what a process cannot even name needs no rule against it. They need CAP_SYS_ADMIN, or user namespaces, which many
containers refuse; so everything that a cell may rely on holds without them too, but for scratch and for hidden names.
Source: namespaces(7), user_namespaces(7).
Not here: the file tree (`tree`), who the worker is (`identity`).
"""

import os

from planaria.placement.sandbox.identity import SYS_ADMIN, has_capability, needs_claim
from planaria.placement.sandbox.system_call import attempt, call, library, refused, write_kernel

MOUNT, UTS, IPC, USER, PID, NET = 0x0002_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000
FLAGS = {"user": USER, "mount": MOUNT, "pid": PID, "ipc": IPC, "uts": UTS, "net": NET}
_RECURSIVE_SLAVE = 0x4000 | 0x8_0000
_SET_DUMPABLE = 4
_OWN = "/proc/self"
_NAME = b"cell"


def enter_namespaces(*, network: bool = False) -> tuple[str, ...]:
    """Move this process, and what it will fork, into namespaces of its own; return those that could be had, or ().

    Call it once, in a process with one thread that was just started. The pid namespace begins with the next child: it is
    process 1 there, must reap every orphan, and its end ends all others. `network` keeps the machine's network.

    Raises: PLN-P410 where it is half inside and cannot go on.
    """
    names = tuple(name for name in FLAGS if name != "user" and not (network and name == "net"))
    if not has_capability(SYS_ADMIN):
        if needs_claim():
            return ()  # a root of a user namespace of its own could not become the workers' users
        names = ("user", *names)
    if could_enter(names) is not None:
        return ()
    enter(names)
    keep_mounts()
    call("name the machine anew", "sethostname", _NAME, len(_NAME))
    return names


def enter(names: tuple[str, ...]) -> None:
    """Enter these namespaces; in a user namespace remain who one is.

    Raises: PLN-P410 where it is half inside; `OSError` where the kernel refuses to begin.
    """
    uid, gid = os.geteuid(), os.getegid()
    flags = 0
    for name in names:
        flags |= FLAGS[name]
    attempt("unshare", flags)
    if "user" in names:
        library().prctl(_SET_DUMPABLE, 1, 0, 0, 0)  # else its own files in /proc belong to root
        try:
            write_kernel(f"{_OWN}/setgroups", "deny")
            write_kernel(f"{_OWN}/uid_map", f"{uid} {uid} 1")
            write_kernel(f"{_OWN}/gid_map", f"{gid} {gid} 1")
        except OSError as error:
            raise refused("map the user into its namespace", error) from error


def keep_mounts() -> None:
    """Keep what is mounted from here on to this mount namespace; what the machine unmounts is still let go of here.

    Raises: PLN-P410.
    """
    call("keep mounts", "mount", None, b"/", None, _RECURSIVE_SLAVE, None)


def could_enter(names: tuple[str, ...]) -> str | None:
    """Try in a child that ends at once; return why not, or None where it would go well."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _try(names, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode("utf-8", "replace")
    os.waitpid(child, 0)
    return None if text == "well" else text or "the child that tried it ended"


def _try(names: tuple[str, ...], writing: int) -> None:
    try:
        if names:
            enter(names)
        if "mount" in names:
            keep_mounts()
        text = "well"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        text = str(error) or type(error).__name__
    try:
        os.write(writing, text.encode("utf-8", "replace"))
    finally:
        os._exit(0)
