# ruff: noqa: S103, S606, PTH123 - an attack takes the shortest way
"""Attacks that start programs, gain privileges, or outlive their host.

Allows: a program that was started is no longer a cell, and is held by nothing that a cell is held by.
"""

import os

from .means import Blocked, Facts, attack, checked, facility, libc, numbers, scratch, system_call

MARK = "planaria-attack-executed"
CODE = 7
CHILDREN = 64
THREADS = 200


@attack()
def starts_a_shell(_: Facts) -> str:
    """Start a shell.

    Allows: running every program of the machine.
    """
    done = facility("subprocess").run(["/bin/sh", "-c", f"echo {MARK}"], capture_output=True, text=True, timeout=4, check=False)
    if MARK not in done.stdout:
        raise Blocked(f"it ended with {done.returncode}")
    return str(done.stdout)


@attack()
def starts_a_shell_the_old_way(_: Facts) -> str:
    """Start a shell by a function of the C library.

    Allows: running every program of the machine.
    """
    if (status := facility("os").system("exit 7")) >> 8 != CODE:
        raise Blocked(f"it ended with {status}")
    return "it ran"


@attack()
def spawns_a_program(_: Facts) -> str:
    """Start a program with the call that forks and executes in one.

    Allows: running every program of the machine.
    """
    child = os.posix_spawn("/bin/true", ["true"], {})
    if (status := os.waitpid(child, 0)[1]) != 0:
        raise Blocked(f"it ended with {status}")
    return "it ran"


@attack()
def starts_another_interpreter(_: Facts) -> str:
    """Start the same interpreter anew, without what confines this one.

    Allows: running code that no placement watches.
    """
    sys = facility("sys")
    done = facility("subprocess").run([sys.executable, "-Ic", f"print('{MARK}')"], capture_output=True, text=True, timeout=4, check=False)
    if MARK not in done.stdout:
        raise Blocked(f"it ended with {done.returncode}")
    return str(done.stdout)


@attack()
def forks(_: Facts) -> str:
    """Make a copy of itself.

    Allows: working on when the call, the cell and the host are over.
    """
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return f"process {child}"


@attack()
def forks_by_a_raw_call(facts: Facts) -> str:
    """Make a copy of itself with the newest of the system calls that fork.

    Allows: passing a filter that knows only the older ones.
    """
    child = system_call(facts, "clone3", numbers("QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0), 64)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return f"process {child}"


@attack(deadline_s=8)
def forks_without_end(_: Facts) -> str:
    """Make copies of itself until it is stopped.

    Allows: stopping the whole machine.
    """
    children: list[int] = []
    try:
        while len(children) < CHILDREN:
            if (child := os.fork()) == 0:
                facility("time").sleep(3)
                os._exit(0)
            children.append(child)
    except OSError as error:
        raise Blocked(f"stopped at {len(children)}: {error}") from error
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return f"{len(children)} processes"


@attack(deadline_s=8)
def starts_threads_without_end(_: Facts) -> str:
    """Start threads until it is stopped.

    Allows: slowing down the whole machine.
    """
    threading = facility("threading")
    over, started = threading.Event(), 0
    try:
        while started < THREADS:
            threading.Thread(target=over.wait, daemon=True).start()
            started += 1
    except RuntimeError as error:
        raise Blocked(f"stopped at {started}: {error}") from error
    finally:
        over.set()
    return f"{started} threads"


@attack()
def leaves_a_process_behind(_: Facts) -> str:
    """Make a copy of itself in a session of its own, which nobody waits for.

    Allows: working on when the cell and the host are over.
    """
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, b"alive")
            facility("time").sleep(1)
        os._exit(0)
    return os.read(reading, 5).decode()


@attack()
def survives_its_host(_: Facts) -> str:
    """Switch off the signal by which the kernel ends it with its host.

    Allows: working on when the host was killed.
    """
    ctypes = facility("ctypes")
    signal = ctypes.c_int(-1)
    checked(libc().prctl(1, 0, 0, 0, 0))
    checked(libc().prctl(2, ctypes.byref(signal), 0, 0, 0))
    return f"the signal is now {signal.value}"


@attack(marks="planaria-attack-executed")
def becomes_another_program(_: Facts) -> str:
    """Replace itself by another program.

    Allows: running every program of the machine, in the place of the cell.
    """
    os.execv("/bin/echo", ["echo", MARK])


@attack()
def executes_from_memory(_: Facts) -> str:
    """Copy a program into memory that has no path, and execute it.

    Allows: running programs that were brought along.
    """
    memory = os.memfd_create("program")
    with open("/bin/true", "rb") as file:
        os.write(memory, file.read())
    if (child := os.fork()) == 0:
        try:
            os.execve(memory, ["x"], {})
        finally:
            os._exit(99)
    if (status := os.waitpid(child, 0)[1]) != 0:
        raise Blocked(f"it ended with {status}")
    return "executed"


@attack()
def executes_from_the_scratch_folder(_: Facts) -> str:
    """Write a program into the scratch folder, and execute it.

    Allows: running programs that were brought along.
    """
    path = f"{scratch()}/program"
    with open(path, "w") as file:
        file.write("#!/bin/sh\nexit 7\n")
    os.chmod(path, 0o755)  # noqa: PTH101 - an attack takes the shortest way
    done = facility("subprocess").run([path], timeout=4, check=False)
    if done.returncode != CODE:
        raise Blocked(f"it ended with {done.returncode}")
    return "executed"


@attack()
def loads_a_library_that_it_brought(_: Facts) -> str:
    """Map a file from the scratch folder as code.

    Allows: running native code that no review has seen.
    """
    mmap, path = facility("mmap"), f"{scratch()}/library"
    with open(path, "wb") as file:
        file.write(bytes(4096))
    mapped = mmap.mmap(os.open(path, os.O_RDONLY), 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
    return f"mapped {len(mapped)} bytes as code"


@attack(bare="only root becomes root")
def becomes_root(_: Facts) -> str:
    """Become root, if it was root before and only put it off.

    Allows: everything.
    """
    os.setresuid(0, 0, 0)
    return f"user {os.getuid()}"


@attack(bare="an ordinary user keeps its groups")
def takes_groups(_: Facts) -> str:
    """Take the groups of root.

    Allows: reading what is open to those groups.
    """
    os.setgroups([0, 4, 6, 42])
    return f"groups {os.getgroups()}"


@attack(bare="an ordinary user has none")
def keeps_a_capability(_: Facts) -> str:
    """Look for a privilege of root that it still has.

    Allows: whatever that privilege is for; most lead to root.
    """
    head, data = numbers("Ii", 0x20080522, 0), numbers("IIIIII", 0, 0, 0, 0, 0, 0)
    checked(libc().capget(head, data))
    fields = facility("struct").unpack("IIIIII", data.raw[:24])
    if not any(fields[part] for part in (0, 1, 3, 4)):
        raise Blocked("it has none")
    return f"effective {fields[0]:x} {fields[3]:x}, permitted {fields[1]:x} {fields[4]:x}"


@attack()
def may_gain_privileges(_: Facts) -> str:
    """Look whether a program with a set-user bit would still gain privileges.

    Allows: becoming root by any such program that has a hole.
    """
    if checked(libc().prctl(39, 0, 0, 0, 0)) == 1:
        raise Blocked("it may gain none")
    return "it may"


@attack(bare="it needs a privilege")
def raises_its_own_limit(_: Facts) -> str:
    """Raise the limit of open files above what it was given.

    Allows: taking more of the machine than it was given.
    """
    resource = facility("resource")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return f"{hard + 1}"


@attack(bare="it needs a privilege")
def raises_its_own_priority(_: Facts) -> str:
    """Put itself before the other programs of the machine.

    Allows: slowing down everything else.
    """
    return f"nice {os.nice(-5)}"


@attack(bare="it needs a privilege")
def runs_in_real_time(_: Facts) -> str:
    """Ask to be scheduled before everything else.

    Allows: stopping everything else on its processor.
    """
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    return "scheduled in real time"


@attack(bare="it needs a privilege")
def asks_never_to_be_killed_for_memory(_: Facts) -> str:
    """Ask the kernel to kill another process when memory ends.

    Allows: having the host killed for memory that the cell took.
    """
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    return "asked"
