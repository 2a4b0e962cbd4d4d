# ruff: noqa: PTH123 - an attack takes the shortest way
"""Attacks on the memory of the host, and with memory of a forbidden kind; the host looks whether its memory was changed.

Allows: whoever reads the host's memory has every key, and whoever writes it is the host.
"""

import os

from .means import Blocked, Facts, attack, facility, libc, numbers, system_call

PAGE = 4096


def _pieces(local: object, address: int, size: int) -> tuple[object, object]:
    return numbers("QQ", facility("ctypes").addressof(local), size), numbers("QQ", address, size)


@attack()
def reads_the_memory_of_the_host(facts: Facts) -> str:
    """Copy a secret out of the host's memory by a system call.

    Allows: reading every key that the host holds.
    """
    ctypes = facility("ctypes")
    room = ctypes.create_string_buffer(64)
    mine, theirs = _pieces(room, int(facts["address"]), 48)
    system_call(facts, "process_vm_readv", int(facts["host"]), mine, 1, theirs, 1, 0)
    return str(room.value.decode("ascii", "replace"))


@attack()
def writes_the_memory_of_the_host(facts: Facts) -> str:
    """Copy bytes into the host's memory by a system call.

    Allows: becoming the host.
    """
    ctypes = facility("ctypes")
    room = ctypes.create_string_buffer(b"overwritten", 16)
    mine, theirs = _pieces(room, int(facts["board"]), 8)
    return f"wrote {system_call(facts, 'process_vm_writev', int(facts['host']), mine, 1, theirs, 1, 0)}"


@attack()
def reads_the_memory_file_of_the_host(facts: Facts) -> str:
    """Read a secret out of the file by which the kernel shows the host's memory.

    Allows: reading every key that the host holds.
    """
    with open(f"/proc/{facts['host']}/mem", "rb", 0) as memory:
        memory.seek(int(facts["address"]))
        return memory.read(48).decode("ascii", "replace")


@attack()
def writes_the_memory_file_of_the_host(facts: Facts) -> str:
    """Write into the file by which the kernel shows the host's memory.

    Allows: becoming the host.
    """
    with open(f"/proc/{facts['host']}/mem", "r+b", 0) as memory:
        memory.seek(int(facts["board"]))
        return f"wrote {memory.write(b'overwritten'[:8])}"


@attack()
def reads_the_map_of_the_host(facts: Facts) -> str:
    """Read where the host's code and data are in memory.

    Allows: finding what to attack, though addresses are made at random.
    """
    with open(f"/proc/{facts['host']}/maps") as file:
        return file.readline() or _nothing()


@attack()
def writes_its_own_memory_by_a_file(_: Facts) -> str:
    """Write its own read-only memory through the file by which the kernel shows it.

    Allows: changing code that was made read-only.
    """
    ctypes = facility("ctypes")
    room = ctypes.create_string_buffer(8)
    with open("/proc/self/mem", "r+b", 0) as memory:
        memory.seek(ctypes.addressof(room))
        memory.write(b"changed\0")
    return str(room.value.decode())


@attack()
def makes_memory_writable_and_executable(_: Facts) -> str:
    """Map memory that may be both written and executed.

    Allows: running native code that was brought along; what that code may do is held by the system calls it has.
    """
    mmap = facility("mmap")
    mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return "mapped"


@attack()
def turns_data_into_code(_: Facts) -> str:
    """Write into memory first, and make it executable afterwards.

    Allows: running native code that was brought along; what that code may do is held by the system calls it has.
    """
    ctypes, mmap = facility("ctypes"), facility("mmap")
    area = mmap.mmap(-1, PAGE)
    area.write(b"\xc3")
    if libc().mprotect(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area))), PAGE, 5) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "turned"


@attack(bare="it needs an x86 machine")
def speaks_the_older_abi(facts: Facts) -> str:
    """Make a system call by the door of 32-bit programs, where the same numbers mean other calls.

    Allows: passing a filter that knows the 64-bit numbers alone.
    """
    if facts["architecture"] != "x86_64":
        raise Blocked("there is no such door on this machine")
    ctypes, mmap = facility("ctypes"), facility("mmap")
    area = mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
    if result <= 0:
        raise OSError(-result, "it was refused")
    return f"it is process {result}"


@attack(bare="a kernel may not have it")
def speaks_the_odd_abi(facts: Facts) -> str:
    """Make a system call with the bit that marks 64-bit calls of 32-bit programs (x32).

    Allows: passing a filter that compares numbers alone.
    """
    if facts["architecture"] != "x86_64":
        raise Blocked("there is no such door on this machine")
    return f"it is process {system_call({'call x32': str(0x4000_0000 + 39)}, 'x32')}"


@attack()
def fills_memory_that_is_not_counted(facts: Facts) -> str:
    """Fill a file that is only in memory, which the limits of a process do not count.

    Allows: taking all memory of the machine, whatever the limit of the cell.
    """
    wanted = int(facts["memory_mb"]) + 64
    opened, written, block = os.memfd_create("full"), 0, b"x" * (1 << 20)
    while written < wanted:
        os.write(opened, block)
        written += 1
    return f"{written} MB beside its {facts['memory_mb']} MB"


@attack()
def fills_many_pipes(facts: Facts) -> str:
    """Fill pipes with bytes that nobody reads, which are kept in the kernel.

    Allows: taking memory of the kernel, whatever the limit of the cell.
    """
    fcntl, written, kept = facility("fcntl"), 0, []
    try:
        while written < int(facts["memory_mb"]) << 20:
            kept.append(os.pipe())
            fcntl.fcntl(kept[-1][1], 1031, 1 << 20)
            os.set_blocking(kept[-1][1], False)
            written += os.write(kept[-1][1], b"x" * (1 << 20))
    except OSError as error:
        raise Blocked(f"stopped at {written >> 20} MB: {error}") from error
    finally:
        for reading, writing in kept:
            os.close(reading)
            os.close(writing)
    return f"{written >> 20} MB in {len(kept)} pipes"


@attack()
def shares_memory_by_a_number(facts: Facts) -> str:
    """Make a piece of memory that every process finds by its number.

    Allows: talking to other cells past the host, and taking memory that outlives the cell.
    """
    piece = system_call(facts, "shmget", 0x1234567, PAGE, 0o1600)
    system_call(facts, "shmctl", piece, 0, 0)
    return f"piece {piece}"


@attack()
def shares_memory_by_a_name(_: Facts) -> str:
    """Make a piece of memory that every process finds by its name.

    Allows: talking to other cells past the host, and taking memory that outlives the cell.
    """
    shared = facility("multiprocessing.shared_memory").SharedMemory(create=True, size=PAGE)
    shared.close()
    shared.unlink()
    return f"piece {shared.name}"


@attack()
def leaves_messages_in_the_kernel(facts: Facts) -> str:
    """Make a queue of messages that every process finds by its number.

    Allows: talking to other cells past the host.
    """
    queue = system_call(facts, "msgget", 0x1234567, 0o1600)
    system_call(facts, "msgctl", queue, 0, 0)
    return f"queue {queue}"


@attack()
def leaves_a_queue_by_name(facts: Facts) -> str:
    """Make a queue of messages that every process finds by its name.

    Allows: talking to other cells past the host.
    """
    name = facility("ctypes").c_char_p(b"planaria-attack")
    opened = system_call(facts, "mq_open", name, os.O_CREAT | os.O_RDWR, 0o600, 0)
    system_call(facts, "mq_unlink", name)
    return f"descriptor {opened}"


@attack(bare="an ordinary user may lock little")
def keeps_memory_from_being_swapped(_: Facts) -> str:
    """Lock more memory than a small amount into the machine.

    Allows: taking memory that the machine cannot put aside for others.
    """
    mmap, ctypes = facility("mmap"), facility("ctypes")
    area = mmap.mmap(-1, 64 << 20)
    if libc().mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area))), ctypes.c_size_t(64 << 20)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "locked 64 MB"


@attack(bare="a kernel may not have it")
def hides_memory_from_the_kernel(facts: Facts) -> str:
    """Make memory that the kernel itself does not see.

    Allows: hiding from whoever looks for what an attacker does.
    """
    return f"descriptor {system_call(facts, 'memfd_secret', 0)}"


def _nothing() -> str:
    raise Blocked("it is empty")
