# ruff: noqa: PTH101, S103, PTH118, PTH123 - an attack takes the shortest way
"""Attacks on devices and on the settings of the kernel, which are files as well.

Allows: a disk that is read as it is has no rights on it; a setting of the kernel is a door to all.
"""

import os
from contextlib import suppress

from .means import Blocked, Facts, attack, head, scratch


def _first(paths: tuple[str, ...], flags: int) -> str:
    for path in paths:
        with suppress(OSError):
            os.close(os.open(path, flags | os.O_NONBLOCK))
            return f"opened {path}"
    raise Blocked("none of them opens")


@attack(bare="it needs a privilege")
def reads_the_disk(_: Facts) -> str:
    """Open the machine's disks as devices.

    Allows: reading every file of the machine, without its rights.
    """
    return _first(
        ("/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/xvda", "/dev/dm-0", "/dev/loop0", "/dev/loop-control", "/dev/mapper/control"),
        os.O_RDONLY,
    )


@attack(bare="it needs a privilege")
def makes_a_device(_: Facts) -> str:
    """Make a device of its own that stands for a disk, and read it.

    Allows: reading every file of the machine, without its rights.
    """
    path = f"{scratch()}/disk"
    os.mknod(path, 0o60600, os.makedev(254, 0))
    return head(path)


@attack(bare="it needs a privilege")
def reads_the_memory_of_the_machine(_: Facts) -> str:
    """Open the machine's memory as a device.

    Allows: reading every key on the machine.
    """
    return _first(("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"), os.O_RDONLY)


@attack(bare="it needs a privilege")
def writes_the_log_of_the_kernel(_: Facts) -> str:
    """Open the log of the kernel as a device.

    Allows: forging the machine's log, and reading it.
    """
    return _first(("/dev/kmsg",), os.O_WRONLY)


@attack(bare="it may not be there")
def starts_a_machine_of_its_own(_: Facts) -> str:
    """Open the device by which virtual machines are made.

    Allows: reaching kernel code that had many holes.
    """
    return _first(("/dev/kvm", "/dev/vhost-net", "/dev/vhost-vsock", "/dev/vfio/vfio"), os.O_RDWR)


@attack(bare="it may not be there")
def opens_devices_for_everybody(_: Facts) -> str:
    """Open devices that are often open to all: tunnels, file systems in programs, sound, pictures, inputs.

    Allows: making networks and file systems of its own, hearing and seeing the user.
    """
    return _first(
        (
            "/dev/net/tun",
            "/dev/fuse",
            "/dev/snd/seq",
            "/dev/dri/renderD128",
            "/dev/input/event0",
            "/dev/uinput",
            "/dev/vsock",
            "/dev/userfaultfd",
        ),
        os.O_RDWR,
    )


@attack(bare="there may be none")
def opens_a_terminal_of_its_own(_: Facts) -> str:
    """Make a terminal, as programs do that watch what is typed.

    Allows: using up the machine's terminals, and reaching kernel code that no cell needs.
    """
    leader, follower = os.openpty()
    os.close(leader)
    os.close(follower)
    return "made"


@attack(bare="it needs a privilege")
def writes_the_settings_of_the_kernel(_: Facts) -> str:
    """Open settings of the kernel for writing.

    Allows: changing the machine for everybody.
    """
    paths = (
        "/proc/sysrq-trigger",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/kernel/randomize_va_space",
        "/proc/sys/net/ipv4/ip_forward",
        "/sys/power/state",
    )
    return _first(paths, os.O_WRONLY)


@attack(bare="it needs a privilege")
def looks_into_the_kernel(_: Facts) -> str:
    """Open the files by which the kernel is debugged and traced.

    Allows: watching every program of the machine.
    """
    return _first(
        ("/sys/kernel/debug/sched/debug", "/sys/kernel/tracing/trace", "/sys/kernel/debug/tracing/trace", "/sys/kernel/security/lockdown"),
        os.O_RDONLY,
    )


@attack()
def reads_what_the_machine_is(_: Facts) -> str:
    """Read of which parts the machine is made, and what identifies it.

    Allows: learning where it runs, and telling this machine from others.
    """
    failures = []
    for path in (
        "/etc/machine-id",
        "/proc/cpuinfo",
        "/proc/version",
        "/sys/class/dmi/id/product_name",
        "/etc/os-release",
        "/etc/hostname",
        "/proc/cmdline",
    ):
        try:
            return f"{path}: {head(path)}"
        except OSError as error:
            failures.append(f"{path}: {error.strerror}")
    raise Blocked("; ".join(failures))


@attack()
def reads_how_busy_the_machine_is(_: Facts) -> str:
    """Read from the kernel's files what the machine is busy with.

    Allows: guessing what other cells do, from the load that they make.
    """
    failures = []
    for path in ("/proc/stat", "/proc/loadavg", "/proc/meminfo", "/proc/uptime", "/proc/interrupts", "/proc/net/dev"):
        try:
            return f"{path}: {head(path)}"
        except OSError as error:
            failures.append(f"{path}: {error.strerror}")
    raise Blocked("; ".join(failures))


@attack()
def reads_the_connections_of_the_machine(_: Facts) -> str:
    """Read which connections the machine has.

    Allows: learning whom the host talks to.
    """
    return head("/proc/net/tcp")


@attack(bare="it needs a privilege")
def sets_a_bit_that_gives_rights(_: Facts) -> str:
    """Make a program in the scratch folder that would run with the rights of its owner.

    Allows: leaving a door for another user of the machine to come through.
    """
    path = os.path.join(scratch(), "bit")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.chmod(path, 0o6755)
    if not os.stat(path).st_mode & 0o4000:  # noqa: PTH116 - an attack takes the shortest way
        raise Blocked("the bit was not set")
    if os.statvfs(scratch()).f_flag & os.ST_NOSUID:
        raise Blocked("the bit is set, and means nothing on this file system")
    return "the bit is set"


@attack()
def fills_the_disk_with_one_file(facts: Facts) -> str:
    """Write one file until it is stopped.

    Allows: filling the disk of the machine, which stops every write.
    """
    wanted, written, block = int(facts["disk_mb"]), 0, b"x" * (1 << 20)
    with open(f"{scratch()}/big", "wb") as file:
        while written < wanted:
            file.write(block)
            written += 1
    os.unlink(f"{scratch()}/big")  # noqa: PTH108 - an attack takes the shortest way
    return f"{written} MB"


@attack()
def fills_the_disk_with_many_files(facts: Facts) -> str:
    """Write many files, each of them small enough, until it is stopped.

    Allows: filling the disk of the machine, which stops every write.
    """
    wanted, written, block = int(facts["disk_mb"]), 0, b"x" * (4 << 20)
    try:
        while written < wanted:
            with open(f"{scratch()}/big-{written}", "wb") as file:
                file.write(block)
            written += 4
    finally:
        for number in range(0, written + 4, 4):
            with suppress(OSError):
                os.unlink(f"{scratch()}/big-{number}")  # noqa: PTH108 - an attack takes the shortest way
    return f"{written} MB in {written // 4} files"


@attack(deadline_s=8)
def fills_the_disk_with_names(_: Facts) -> str:
    """Make empty files until it is stopped.

    Allows: using up the names that a disk can hold, which stops every new file.
    """
    made, many = 0, 50_000
    try:
        while made < many:
            os.close(os.open(f"{scratch()}/name-{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError as error:
        raise Blocked(f"stopped at {made}: {error}") from error
    finally:
        for number in range(made):
            with suppress(OSError):
                os.unlink(f"{scratch()}/name-{number}")  # noqa: PTH108 - an attack takes the shortest way
    return f"{made} names"


@attack()
def reserves_the_disk(facts: Facts) -> str:
    """Have space reserved that it does not write.

    Allows: filling the disk of the machine in one call.
    """
    path = f"{scratch()}/reserved"
    opened = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        os.posix_fallocate(opened, 0, int(facts["disk_mb"]) << 20)
    finally:
        os.close(opened)
        os.unlink(path)  # noqa: PTH108 - an attack takes the shortest way
    return f"{facts['disk_mb']} MB"


@attack(bare="a kernel may not have it")
def keeps_files_in_the_folder_of_shared_memory(_: Facts) -> str:
    """Write a file into the folder that is kept in memory.

    Allows: taking the machine's memory, whatever the limit of the cell.
    """
    path = "/dev/shm/planaria-attack"  # noqa: S108 - that is the attack
    with open(path, "wb") as file:
        file.write(b"x" * (1 << 20))
    os.unlink(path)  # noqa: PTH108 - an attack takes the shortest way
    return "1 MB"
