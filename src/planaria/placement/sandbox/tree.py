"""The file tree of a worker: an empty file system in memory that holds only what is declared, read-only where it may be.

Why: Landlock keeps a worker from reading what is outside, but not from asking whether it is there, how large and how old it
is. In a tree of its own there is no outside, /proc is absent, and an interpreter inside a closed folder of root's works,
because the folders above it are made anew.
Decision D-067: the machine's root is covered and left by chroot, and not unmounted after pivot_root. Because that costs every
start a wait for all processors, and a worker has no capability, no system call and no descriptor to go below. Revisit
when a worker keeps any of them.
Source: mount_setattr(2), open_tree(2), move_mount(2), fsopen(2), chroot(2); all of them are older than Landlock.
Not here: rights to what is in the tree (`landlock`).
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from planaria.placement.sandbox.error import PathUnreachable
from planaria.placement.sandbox.ownership import mapping
from planaria.placement.sandbox.policy import SCRATCH
from planaria.placement.sandbox.system_call import attempt

_LINKS_MAX = 40
_CLONE, _CLOEXEC, _RECURSIVE, _NO_FOLLOW = 1, os.O_CLOEXEC, 0x8000, 0x100
_EMPTY_PATH = 0x1000
_HERE = -100
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXECUTION, _MAP_OWNERS = 1, 2, 4, 8, 0x10_0000
_OPEN_CLOEXEC, _SET_STRING, _CREATE = 1, 1, 6
_MOVE_FROM_DESCRIPTOR = 4
_PRIVATE = 0x4_0000
_BYTES_FOR_ONE_FILE = 4096
_FILES_MIN = 64
_OPEN_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A path of the machine that appears in the tree, at the same place."""

    path: str
    is_folder: bool
    writable: bool = False
    device: bool = False
    declared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the tree will hold, found out beforehand: folders to make, links to make, paths to bind."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    binds: tuple[Bind, ...]


def route(path: str) -> tuple[list[tuple[str, str]], str]:
    """Follow a path, and return the links on the way and where it ends.

    >>> route("/")
    ([], '/')
    """
    links: list[tuple[str, str]] = []
    ahead = [part for part in path.split("/") if part]
    at = Path("/")
    while ahead:
        part = ahead.pop(0)
        if part in (".", ".."):
            at = at.parent if part == ".." else at
            continue
        following = at / part
        if following.is_symlink():
            target = str(following.readlink())
            links.append((str(following), target))
            if len(links) > _LINKS_MAX:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            ahead = [*(one for one in target.split("/") if one), *ahead]
            at = Path("/") if target.startswith("/") else at
        else:
            at = following
    return links, str(at)


def plan_of(binds: Iterable[Bind]) -> Plan:
    """Plan the tree: what lies in a folder that is bound anyway, with the same rights, is not bound again.

    >>> plan_of([Bind(path="/usr", is_folder=True)]).folders
    ('/usr',)
    """
    links: dict[str, str] = {}
    kept: dict[str, Bind] = {}
    routed = []
    for bind in binds:
        on_the_way, end = route(bind.path)
        links |= dict(on_the_way)
        routed.append((end, bind))
    for end, bind in sorted(routed, key=lambda one: (one[0].count("/"), not one[1].writable)):
        around = _around(end, kept)
        if around is None or bind.device != around.device or (bind.writable and not around.writable):
            kept[end] = replace(bind, path=end)
    fresh = [one for one in kept.values() if _around(str(Path(one.path).parent), kept) is None]
    links = {path: target for path, target in links.items() if _around(path, kept) is None}
    folders = {one.path for one in fresh if one.is_folder} | {SCRATCH}
    above = {part for path in (*(one.path for one in fresh), *links) for part in _above(path)}
    return Plan(
        folders=tuple(sorted((folders | above) - {"/", SCRATCH})),
        files=tuple(one.path for one in fresh if not one.is_folder),
        links=tuple(sorted(links.items())),
        binds=tuple(sorted(kept.values(), key=lambda one: one.path.count("/"))),
    )


def _around(path: str, kept: dict[str, Bind]) -> Bind | None:
    """Return the bind that shows `path`, the innermost."""
    for one in (path, *reversed(list(_above(path)))):
        if one in kept:
            return kept[one]
    return None


def _above(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts)))


def build(plan: Plan, *, scratch_bytes: int, owner: tuple[int, int], maps_owners: bool = False) -> int:
    """Make the tree in this mount namespace, and return a descriptor of its root; nothing is changed for this process yet.

    With `maps_owners`, declared paths look as if they were `owner`'s, where their file system can do that; what is written
    there is theirs in truth who own the path now.

    Raises: `OSError` where the kernel refuses; PLN-P408 where a path has gone since the plan was made.
    """
    attached: list[tuple[int, Bind]] = []
    try:
        for bind in plan.binds:
            attached.append((_copy(bind, owner if maps_owners and bind.declared else None), bind))  # noqa: PERF401 - what was opened must be closed when the next one fails
        root = _memory({"mode": "0755", "size": "1m"}, _NO_SUID | _NO_DEVICES | _NO_EXECUTION)
        _attach(root, _HERE, "/")
        _furnish(root, plan)
        for copied, bind in attached:
            _attach(copied, root, bind.path[1:])
    finally:
        for copied, _ in attached:
            os.close(copied)
    if scratch_bytes:
        os.mkdir(SCRATCH[1:], 0o700, dir_fd=root)
        _attach_scratch(root, scratch_bytes, owner)
    _set_attributes(root, _READ_ONLY, recursive=False)
    return root


def _attach_scratch(root: int, size_bytes: int, owner: tuple[int, int]) -> None:
    uid, gid = owner
    files_max = max(_FILES_MIN, size_bytes // _BYTES_FOR_ONE_FILE)
    options = {"mode": "0700", "size": str(size_bytes), "nr_inodes": str(files_max), "uid": str(uid), "gid": str(gid)}
    scratch = _memory(options, _NO_SUID | _NO_DEVICES | _NO_EXECUTION)
    try:
        _attach(scratch, root, SCRATCH[1:])
    finally:
        os.close(scratch)


def _furnish(root: int, plan: Plan) -> None:
    before = os.umask(0)
    try:
        for path in plan.folders:
            os.mkdir(path[1:], 0o755, dir_fd=root)
        for path in plan.files:
            os.close(os.open(path[1:], os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644, dir_fd=root))
        for path, target in plan.links:
            os.symlink(target, path[1:], dir_fd=root)
    finally:
        os.umask(before)


def enter(root: int) -> None:
    """Make the tree the root of this process, for good once it has no capabilities.

    The machine's root stays below, out of reach: to unmount it the kernel waits until every processor has passed a quiet
    point, which takes milliseconds on a busy machine.

    Raises: `OSError` where the kernel refuses.
    """
    os.fchdir(root)
    os.close(root)
    os.chroot(".")
    os.chdir("/")


def _copy(bind: Bind, owner: tuple[int, int] | None) -> int:
    flags = _CLONE | _CLOEXEC | _NO_FOLLOW | (_RECURSIVE if bind.is_folder else 0)
    try:
        copied = attempt("open_tree", _HERE, os.fsencode(bind.path), flags)
    except FileNotFoundError as error:
        raise PathUnreachable(act="find", path=bind.path, text=error.strerror, uid=os.geteuid()) from error
    attributes = _NO_SUID
    attributes |= 0 if bind.device else _NO_DEVICES
    attributes |= 0 if bind.writable or bind.device else _READ_ONLY
    attributes |= _NO_EXECUTION if bind.writable or bind.device else 0
    try:
        _set_attributes(copied, attributes, recursive=bind.is_folder)
        if owner is not None:
            _map_owner(copied, bind, owner)
    except OSError:
        os.close(copied)
        raise
    return copied


def _map_owner(mount: int, bind: Bind, owner: tuple[int, int]) -> None:
    now = os.stat(bind.path)  # noqa: PTH116 - its owner is of no use to a path object
    if (now.st_uid, now.st_gid) == owner:
        return
    descriptor = mapping((now.st_uid, now.st_gid), owner)
    try:
        with suppress(OSError):  # a file system that cannot do it: whether the path can be reached is checked afterwards
            _set_attributes(mount, _MAP_OWNERS, recursive=bind.is_folder, namespace=descriptor)
    finally:
        os.close(descriptor)


def _set_attributes(mount: int, attributes: int, *, recursive: bool, namespace: int = 0) -> None:
    given = struct.pack("=QQQQ", attributes, 0, _PRIVATE, namespace)
    attempt("mount_setattr", mount, b"", _EMPTY_PATH | (_RECURSIVE if recursive else 0), ctypes.c_char_p(given), len(given))


def _memory(options: dict[str, str], attributes: int) -> int:
    made = attempt("fsopen", b"tmpfs", _OPEN_CLOEXEC)
    try:
        for name, value in options.items():
            attempt("fsconfig", made, _SET_STRING, name.encode(), value.encode(), 0)
        attempt("fsconfig", made, _CREATE, None, None, 0)
        return attempt("fsmount", made, _OPEN_CLOEXEC, attributes)
    finally:
        os.close(made)


def _attach(mount: int, folder: int, path: str) -> None:
    attempt("move_mount", mount, b"", folder, os.fsencode(path), _MOVE_FROM_DESCRIPTOR)
