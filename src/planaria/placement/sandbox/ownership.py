"""User namespaces that serve as a table: who owns files on the disk, and who owns them for a worker.

Why: a worker of root is another user, and a folder that root declared for it would be closed to it. A mount with such a table
opens exactly that folder, and changes nothing on the disk.
Source: mount_setattr(2), "ID-mapped mounts"; Linux 5.12, and by file system (ext4, xfs, btrfs, tmpfs since 6.3).
Not here: the mounts (`tree`).
"""

import os
import socket

from planaria.placement.sandbox.error import StepRefused
from planaria.placement.sandbox.identity import become
from planaria.placement.sandbox.namespace import USER
from planaria.placement.sandbox.system_call import attempt, library, write_kernel

_SET_DUMPABLE = 4


def mapping(on_disk: tuple[int, int], for_worker: tuple[int, int]) -> int:
    """Return a descriptor of a user namespace in which the owner (user, group) on the disk is the worker's.

    A child becomes the worker's user first, because who maps only itself needs no privilege, and no path of /proc to another.

    Raises: PLN-P410; `OSError` where user namespaces are refused.
    """
    inside, outside = socket.socketpair()
    child = os.fork()
    if child == 0:
        _map(on_disk, for_worker, outside)
    outside.close()
    try:
        with inside:
            text, descriptors, _, _ = socket.recv_fds(inside, 256, 1)
    finally:
        os.waitpid(child, 0)
    if not descriptors:
        raise StepRefused(step="map owners", text=text.decode("utf-8", "replace") or "the child that tried it ended")
    return descriptors[0]


def _map(on_disk: tuple[int, int], for_worker: tuple[int, int], outside: socket.socket) -> None:
    try:
        become(for_worker[0])
        library().prctl(_SET_DUMPABLE, 1, 0, 0, 0)
        attempt("unshare", USER)
        write_kernel("/proc/self/setgroups", "deny")
        write_kernel("/proc/self/uid_map", f"{on_disk[0]} {for_worker[0]} 1")
        write_kernel("/proc/self/gid_map", f"{on_disk[1]} {for_worker[1]} 1")
        descriptor = os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        socket.send_fds(outside, [b"well"], [descriptor])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        outside.send((str(error) or type(error).__name__).encode()[:250])
    finally:
        os._exit(0)
