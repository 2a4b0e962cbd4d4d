"""Attacks on the kernel: calls that no cell needs, and that many a break-in began with.

Why: where a call is privileged its arguments lead nowhere, so that even a success changes nothing.
Allows: whoever breaks the kernel has broken every sandbox on it.
"""

import os

from .means import Blocked, Facts, attack, considered, facility, libc, numbers, system_call

RARE = (
    "lookup_dcookie", "vmsplice", "remap_file_pages", "uselib", "ustat", "sysfs", "_sysctl", "nfsservctl", "quotactl_fd", "vhangup",
    "process_madvise", "process_mrelease", "lsm_get_self_attr", "statmount", "listmount", "map_shadow_stack", "mount_setattr", "move_mount",
)  # fmt: skip


@attack(bare="a machine may have switched it off")
def queues_work_by_io_uring(facts: Facts) -> str:
    """Set up a ring by which the kernel does work without system calls.

    Allows: passing every filter of system calls.
    """
    return f"descriptor {system_call(facts, 'io_uring_setup', 8, numbers('I', 0, size=120))}"


@attack(bare="it needs a privilege")
def loads_a_program_into_the_kernel(facts: Facts) -> str:
    """Make a map for programs that run in the kernel (BPF).

    Allows: reading the memory of everything, where the kernel has a hole.
    """
    return f"descriptor {system_call(facts, 'bpf', 0, numbers('IIII', 2, 4, 4, 1, size=128), 72)}"


@attack(bare="it needs a privilege, or a setting")
def measures_by_the_kernel(facts: Facts) -> str:
    """Open a counter of the processor or the kernel (perf).

    Allows: watching other cells compute, and reaching kernel code that had many holes.
    """
    return f"descriptor {system_call(facts, 'perf_event_open', numbers('IIQ', 1, 112, 0, size=128), 0, -1, -1, 0)}"


@attack(bare="it needs a privilege, or a setting")
def handles_its_own_page_faults(facts: Facts) -> str:
    """Ask to be told when memory is missing (userfaultfd).

    Allows: holding the kernel at a moment of the attacker's choice, which made many holes usable.
    """
    return f"descriptor {system_call(facts, 'userfaultfd', 0)}"


@attack()
def reads_the_keys_of_the_session(facts: Facts) -> str:
    """Find the key ring of its session in the kernel.

    Allows: using keys of the host's user.
    """
    return f"ring {system_call(facts, 'keyctl', 0, -3, 1)}"


@attack()
def keeps_a_key_in_the_kernel(facts: Facts) -> str:
    """Keep data in the key ring of its user.

    Allows: talking to other cells past the host, and reaching kernel code that had many holes.
    """
    ctypes = facility("ctypes")
    kind, name, text = ctypes.c_char_p(b"user"), ctypes.c_char_p(b"planaria-attack"), ctypes.c_char_p(b"x")
    return f"key {system_call(facts, 'add_key', kind, name, text, 1, -2)}"


@attack()
def asks_for_a_key(facts: Facts) -> str:
    """Ask the kernel for a key, which may start a program outside to fetch it.

    Allows: having the kernel start a program.
    """
    ctypes = facility("ctypes")
    return considered(system_call, facts, "request_key", ctypes.c_char_p(b"user"), ctypes.c_char_p(b"planaria-none"), 0, 0)


@attack(bare="it needs a privilege")
def watches_every_file(facts: Facts) -> str:
    """Ask to be told of every file that is opened on the machine.

    Allows: watching every program of the machine.
    """
    return f"descriptor {system_call(facts, 'fanotify_init', 0, 0)}"


@attack(bare="it needs a privilege")
def loads_a_module(facts: Facts) -> str:
    """Load a module into the kernel, from nowhere.

    Allows: becoming the kernel.
    """
    return considered(system_call, facts, "finit_module", -1, facility("ctypes").c_char_p(b""), 0)


@attack(bare="it needs a privilege")
def loads_another_kernel(facts: Facts) -> str:
    """Prepare to start another kernel, from nowhere.

    Allows: becoming the kernel.
    """
    return considered(system_call, facts, "kexec_load", 0, 17, 0, 0)


@attack(bare="it needs a privilege")
def stops_the_machine(facts: Facts) -> str:
    """Ask for a restart of the machine, with words that mean nothing.

    Allows: stopping everything.
    """
    return considered(system_call, facts, "reboot", 1, 2, 3, 0)


@attack(bare="it needs a privilege")
def sets_the_clock(facts: Facts) -> str:
    """Set the pace of the machine's clock, to one that cannot be.

    Allows: confusing certificates, logs and everything that goes by time.
    """
    wrong_tick = 0x4000
    return considered(system_call, facts, "clock_adjtime", 0, numbers("I", wrong_tick, size=256))


@attack(bare="a machine may have closed it")
def reads_the_log_of_the_kernel(facts: Facts) -> str:
    """Ask how much there is in the log of the kernel, and for some of it.

    Allows: learning addresses and devices that help to break the kernel.
    """
    room = facility("ctypes").create_string_buffer(64)
    return f"{system_call(facts, 'syslog', 3, room, 64)} bytes"


@attack(bare="it needs a privilege")
def talks_to_the_ports(facts: Facts) -> str:
    """Ask for the right to talk to the hardware.

    Allows: becoming the machine.
    """
    return f"given: {system_call(facts, 'iopl', 3)}"


@attack(bare="a kernel may not have it")
def changes_the_tables_of_the_processor(facts: Facts) -> str:
    """Read the table of segments of this process, a door for 16-bit programs.

    Allows: reaching kernel code that had many holes.
    """
    return f"{system_call(facts, 'modify_ldt', 0, facility('ctypes').create_string_buffer(64), 64)} bytes"


@attack()
def changes_its_personality(facts: Facts) -> str:
    """Switch off that addresses are made at random, for the programs that it starts.

    Allows: making holes in them easier to use.
    """
    return f"it was {system_call(facts, 'personality', 0x40000):x}"


@attack(bare="it needs several memory nodes, or a privilege")
def moves_memory_of_others(facts: Facts) -> str:
    """Move the memory of the canary between nodes.

    Allows: slowing others down, and watching what they use.
    """
    return considered(system_call, facts, "migrate_pages", int(facts["canary"]), 0, 0, 0)


@attack()
def chooses_where_memory_is(facts: Facts) -> str:
    """Ask where its memory is among the nodes of the machine.

    Allows: learning about the machine, and reaching kernel code that no cell needs.
    """
    return f"asked: {system_call(facts, 'get_mempolicy', 0, 0, 0, 0, 0)}"


@attack(bare="kernels have closed this hole")
def splices_into_a_file(facts: Facts) -> str:
    """Splice bytes from a pipe into a file that it may only read (the hole called dirty pipe).

    Allows: where the kernel has that hole, changing any file that can be read.
    """
    path, before = f"{facts['public']}/page.html", b""
    opened, (reading, writing) = os.open(path, os.O_RDONLY), os.pipe()
    before = os.pread(opened, 64, 0)
    os.write(writing, b"x" * 4096)
    os.read(reading, 4096)
    offset = facility("ctypes").c_longlong(0)
    system_call(facts, "splice", opened, facility("ctypes").byref(offset), writing, 0, 1, 0)
    os.write(writing, b"PLANTED")
    if os.pread(opened, 64, 0) == before:
        raise Blocked("the file is as it was")
    return "the file was changed"


@attack()
def maps_the_zero_page(_: Facts) -> str:
    """Map memory at address zero.

    Allows: making the kernel's own mistakes with empty pointers usable.
    """
    ctypes = facility("ctypes")
    function = libc().mmap
    function.restype = ctypes.c_void_p
    if (address := function(ctypes.c_void_p(0), 4096, 3, 0x32, -1, 0)) not in (0, None):
        raise Blocked(f"not there: {address}")
    return "mapped at zero"


@attack(bare="a machine may have closed it")
def reads_the_addresses_of_the_kernel(_: Facts) -> str:
    """Read where the kernel's own code is in memory.

    Allows: finding what to attack in the kernel, though addresses are made at random.
    """
    with open("/proc/kallsyms") as file:  # noqa: PTH123 - an attack takes the shortest way
        lines = [line for line in file if not line.startswith("0000000000000000")]
    if not lines:
        raise Blocked("every address is hidden")
    return f"{len(lines)} addresses"


@attack()
def asks_for_rare_calls(facts: Facts) -> str:
    """Try old and rare system calls, with arguments that lead nowhere.

    Allows: reaching kernel code that hardly anyone has looked at.
    """
    reached = []
    for name in RARE:
        if f"call {name}" in facts:
            try:
                considered(system_call, facts, name, -1, 0, 0, 0, 0, 0)
            except OSError:
                continue
            reached.append(name)
    if not reached:
        raise Blocked("every one of them is refused")
    return f"looked at, not refused: {', '.join(reached)}"


@attack()
def exhausts_timers(facts: Facts) -> str:
    """Make timers of the kernel without end.

    Allows: taking memory of the kernel, whatever the limit of the cell.
    """
    made, many, room = 0, 60_000, facility("ctypes").c_int()
    try:
        while made < many:
            system_call(facts, "timer_create", 1, 0, facility("ctypes").byref(room))
            made += 1
    except OSError as error:
        raise Blocked(f"stopped at {made}: {error}") from error
    return f"{made} timers"


@attack(bare="the kernel guards itself")
def gives_the_kernel_wrong_addresses(facts: Facts) -> str:
    """Give the kernel addresses of its own, where it expects some of the process.

    Allows: having the kernel write into itself, where it forgets to look.
    """
    for name, given in (("read", (0, -4096, 64)), ("getcwd", (-4096, 64)), ("clock_gettime", (1, -4096))):
        try:
            system_call(facts, name, *given)
        except OSError:
            continue
        return f"{name} wrote there"
    raise Blocked("every one of them is refused")
