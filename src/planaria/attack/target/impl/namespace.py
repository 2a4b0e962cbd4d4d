# ruff: noqa: PTH102, PTH123 - an attack takes the shortest way
"""Attacks that leave or remake the world that a process sees: roots, mounts, namespaces, control groups.

Allows: whoever makes the world sees what he likes.
"""

import os
from contextlib import suppress

from .means import Blocked, Facts, attack, checked, considered, facility, libc, scratch, system_call

NEW_USER, NEW_MOUNTS, NEW_NET, NEW_PROCESSES, NEW_NAMES, NEW_GROUPS = 0x10000000, 0x20000, 0x40000000, 0x20000000, 0x4000000, 0x2000000


@attack(bare="it needs a privilege")
def mounts_a_file_system(_: Facts) -> str:
    """Mount a file system in the scratch folder.

    Allows: hiding files, and replacing what others read.
    """
    path = scratch().encode()
    checked(libc().mount(b"none", path, b"tmpfs", 0, None))
    libc().umount2(path, 2)
    return "mounted"


@attack(bare="it needs a privilege")
def mounts_by_the_newer_calls(facts: Facts) -> str:
    """Open a file system with the newer calls for mounting.

    Allows: passing a filter that knows the older call alone.
    """
    return f"descriptor {system_call(facts, 'fsopen', facility('ctypes').c_char_p(b'tmpfs'), 0)}"


@attack(bare="it needs a privilege")
def copies_a_mount(facts: Facts) -> str:
    """Take a copy of a mount, to put it elsewhere.

    Allows: seeing what was hidden under another mount.
    """
    return f"descriptor {system_call(facts, 'open_tree', -100, facility('ctypes').c_char_p(b'/'), 1)}"


@attack(bare="it needs a privilege")
def takes_a_mount_away(_: Facts) -> str:
    """Unmount the folder of processes, or the root, to see what is below.

    Allows: seeing what was hidden under another mount.
    """
    mark_only = 4
    return considered(lambda: checked(libc().umount2(b"/proc", mark_only)))


@attack(bare="it needs a privilege")
def changes_its_root(_: Facts) -> str:
    """Make the scratch folder its root, which is the first step out of a changed root.

    Allows: leaving a root that was only changed.
    """
    path = f"{scratch()}/root"
    with suppress(FileExistsError):
        os.mkdir(path)
    os.chroot(path)
    return "changed"


@attack(bare="it needs a privilege")
def turns_the_root_around(facts: Facts) -> str:
    """Exchange the root with another mount.

    Allows: leaving a root, with all that is mounted.
    """
    path = facility("ctypes").c_char_p(scratch().encode())
    return considered(system_call, facts, "pivot_root", path, path)


@attack(bare="a machine may allow no user namespaces")
def becomes_root_of_its_own_users(_: Facts) -> str:
    """Make a namespace of users, in which it is root.

    Allows: reaching kernel code that only root reaches, which had many holes.
    """
    checked(libc().unshare(NEW_USER))
    return "made"


@attack(bare="a machine may allow no user namespaces")
def mounts_in_a_namespace_of_its_own(_: Facts) -> str:
    """Make namespaces of users and mounts, and mount over the folder of processes.

    Allows: remaking the world that it sees.
    """
    checked(libc().unshare(NEW_USER | NEW_MOUNTS))
    checked(libc().mount(b"none", b"/proc", b"tmpfs", 0, None))
    return "mounted"


@attack(bare="it needs a privilege")
def makes_other_namespaces(_: Facts) -> str:
    """Make namespaces of networks, processes, names and control groups.

    Allows: reaching kernel code that only root reaches.
    """
    for kind in (NEW_NET, NEW_PROCESSES, NEW_NAMES, NEW_GROUPS, NEW_MOUNTS):
        if libc().unshare(kind) == 0:
            return f"made {kind:x}"
    raise OSError(1, "none of them was made")


@attack(bare="a machine may allow no user namespaces")
def forks_into_a_namespace(facts: Facts) -> str:
    """Make a copy of itself in a namespace of users, in one call.

    Allows: passing a filter of the call that makes namespaces.
    """
    child = system_call(facts, "clone", NEW_USER | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return f"process {child}"


@attack(bare="it needs a privilege")
def enters_the_namespace_of_the_host(facts: Facts) -> str:
    """Enter the namespaces of the host, by files or by a process descriptor.

    Allows: leaving every namespace that it was put in.
    """
    failures = []
    for name in ("mnt", "net", "user", "pid"):
        try:
            checked(libc().setns(os.open(f"/proc/{facts['host']}/ns/{name}", os.O_RDONLY), 0))
        except OSError as error:
            failures.append(f"{name}: {error.strerror}")
            continue
        return f"entered {name}"
    try:
        checked(libc().setns(system_call(facts, "pidfd_open", int(facts["host"]), 0), NEW_MOUNTS))
    except OSError as error:
        raise Blocked("; ".join([*failures, str(error)])) from error
    return "entered by a process descriptor"


@attack(bare="it needs a privilege")
def leaves_its_control_group(_: Facts) -> str:
    """Move itself to the topmost control group.

    Allows: taking more memory and time than its group has.
    """
    base, failures = "/sys/fs/cgroup", []
    for name in ("cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs", "unified/cgroup.procs", "cpu/cgroup.procs"):
        try:
            os.close(os.open(f"{base}/{name}", os.O_WRONLY))
        except OSError as error:
            failures.append(f"{name}: {error.strerror}")
            continue
        return f"opened {name}"
    raise Blocked("; ".join(failures))


@attack(bare="it needs a privilege")
def has_the_kernel_run_a_program(_: Facts) -> str:
    """Open the files that name programs which the kernel itself runs, as root, outside of all namespaces.

    Allows: becoming root of the machine (the classic way out of a container).
    """
    paths = (
        "/sys/fs/cgroup/rdma/release_agent", "/sys/fs/cgroup/memory/release_agent", "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/sys/kernel/uevent_helper", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/usermodehelper/bset",
    )  # fmt: skip
    for path in paths:
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY))
            return f"opened {path}"
    raise Blocked("none of them opens")


@attack(bare="it needs a privilege")
def switches_accounting_off(facts: Facts) -> str:
    """Switch the accounting of processes off.

    Allows: hiding traces.
    """
    return considered(system_call, facts, "acct", 0)


@attack(bare="it needs a privilege")
def changes_where_memory_is_put_aside(facts: Facts) -> str:
    """Take a swap file away that is not there.

    Allows: stopping the machine for want of memory, and reading what was put aside.
    """
    return considered(system_call, facts, "swapoff", facility("ctypes").c_char_p(b"/nowhere"))


@attack()
def asks_how_the_disk_is(_: Facts) -> str:
    """Ask which file system the root is on, and how full.

    Allows: learning how the machine is built; nothing more.
    """
    found = os.statvfs("/")
    if found.f_blocks * found.f_frsize < 1 << 30:
        raise Blocked(f"it sees a disk of {found.f_blocks * found.f_frsize >> 20} MB, its own")
    return f"a disk of {found.f_blocks * found.f_frsize >> 30} GB"


@attack()
def reads_the_mounts(_: Facts) -> str:
    """Read what is mounted where.

    Allows: learning how the machine is built, and where its disks are.
    """
    with open("/proc/self/mountinfo") as file:
        return f"{len(file.readlines())} mounts"


@attack()
def leaves_a_file_without_a_name(facts: Facts) -> str:
    """Make a file without a name beside the system's files, and give it one afterwards.

    Allows: passing a filter of names at creation.
    """
    opened = os.open(facts["outside"], os.O_TMPFILE | os.O_RDWR, 0o600)
    path = f"{facts['outside']}/planted"
    ctypes = facility("ctypes")
    name, empty = ctypes.c_char_p(path.encode()), ctypes.c_char_p(f"/proc/self/fd/{opened}".encode())
    system_call(facts, "linkat", -100, empty, -100, name, 0x400)
    return "planted"
