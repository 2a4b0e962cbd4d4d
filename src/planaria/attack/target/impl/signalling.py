# ruff: noqa: PTH123, PTH208 - an attack takes the shortest way
"""Attacks on other processes: signals, priorities, limits, tracing; a canary process tells what reached it.

Why: the signal is SIGURG, which nobody minds but the canary, so that a success harms nobody.
Allows: stopping, slowing or taking over the host and the other cells.
"""

import os

from .means import Blocked, Facts, attack, checked, facility, libc, system_call

URGENT = 23


@attack()
def signals_a_process(facts: Facts) -> str:
    """Send a signal to another process of the same user.

    Allows: ending the host, its other cells, and every program of its user.
    """
    os.kill(int(facts["canary"]), URGENT)
    return "sent"


@attack()
def finds_the_host_by_a_signal(facts: Facts) -> str:
    """Send the signal that does nothing to the host.

    Allows: learning that the host lives, and ending it.
    """
    os.kill(int(facts["host"]), 0)
    return "the host can be signalled"


@attack()
def signals_its_group(facts: Facts) -> str:
    """Send a signal to the group of processes that the host is in.

    Allows: ending the host and what it started.
    """
    os.killpg(int(facts["group"]), URGENT)
    return "sent"


@attack(bare="its own group is its own")
def signals_whoever_is_in_its_own_group(_: Facts) -> str:
    """Send a signal to its own group of processes; the canary and the host are not to be in it.

    Allows: ending the host, where it shares a group with its workers.
    """
    os.kill(0, URGENT)
    raise Blocked("it was sent; the canary says whether it came")


@attack()
def signals_everybody(_: Facts) -> str:
    """Send a signal to every process that it may.

    Allows: ending the host, its other cells, and every program of its user.
    """
    os.kill(-1, URGENT)
    raise Blocked("it was sent; the canary says whether it came")


@attack()
def signals_through_a_process_descriptor(facts: Facts) -> str:
    """Open a process as a descriptor, and send the signal through it.

    Allows: passing a filter of the call `kill`.
    """
    opened = system_call(facts, "pidfd_open", int(facts["canary"]), 0)
    return f"sent {system_call(facts, 'pidfd_send_signal', opened, URGENT, 0, 0)}"


@attack()
def signals_a_thread_of_another_process(facts: Facts) -> str:
    """Send the signal with the call for threads.

    Allows: passing a filter of the call `kill`.
    """
    return f"sent {system_call(facts, 'tkill', int(facts['canary']), URGENT)}"


@attack()
def queues_a_signal(facts: Facts) -> str:
    """Send the signal with the call that adds a value to it.

    Allows: passing a filter of the call `kill`.
    """
    ctypes = facility("ctypes")
    information = ctypes.create_string_buffer(
        (URGENT).to_bytes(4, "little") + bytes(4) + (-1).to_bytes(4, "little", signed=True) + bytes(116), 128
    )
    return f"sent {system_call(facts, 'rt_sigqueueinfo', int(facts['canary']), URGENT, information)}"


@attack()
def has_the_kernel_signal(facts: Facts) -> str:
    """Name another process as the owner of a pipe, so that the kernel signals it when bytes come.

    Allows: sending signals without any call that sends signals.
    """
    fcntl = facility("fcntl")
    reading, writing = facility("socket").socketpair()
    fcntl.fcntl(reading, fcntl.F_SETOWN, int(facts["canary"]))
    fcntl.fcntl(reading, 10, URGENT)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    writing.send(b"x")
    raise Blocked("bytes came; the canary says whether the signal did")


@attack()
def slows_another_process(facts: Facts) -> str:
    """Lower the priority of another process.

    Allows: slowing the host down.
    """
    os.setpriority(os.PRIO_PROCESS, int(facts["canary"]), 15)
    return "slowed"


@attack()
def pins_another_process(facts: Facts) -> str:
    """Bind another process to one processor.

    Allows: slowing the host down.
    """
    os.sched_setaffinity(int(facts["canary"]), {min(os.sched_getaffinity(0))})
    return "bound"


@attack()
def limits_another_process(facts: Facts) -> str:
    """Lower a limit of another process.

    Allows: having the host fail when it opens its next file.
    """
    resource = facility("resource")
    resource.prlimit(int(facts["canary"]), resource.RLIMIT_CORE, (0, 0))
    return "limited"


@attack()
def traces_another_process(facts: Facts) -> str:
    """Attach to another process as a debugger does.

    Allows: reading and writing its memory, and running code in it.
    """
    canary = int(facts["canary"])
    system_call(facts, "ptrace", 0x4206, canary, 0, 0)
    system_call(facts, "ptrace", 0x4207, canary, 0, 0)
    os.waitpid(canary, 0x40000000)
    system_call(facts, "ptrace", 17, canary, 0, 0)
    return "attached"


@attack(bare="a kernel may forbid it to ordinary users")
def asks_to_be_traced(_: Facts) -> str:
    """Ask to be debugged by whoever made it.

    Allows: reaching kernel code that had many holes.
    """
    checked(libc().ptrace(0, 0, 0, 0))
    return "traced"


@attack(bare="a kernel may forbid it to ordinary users")
def steals_a_descriptor_of_the_host(facts: Facts) -> str:
    """Take a copy of a descriptor out of the host.

    Allows: using whatever the host has open.
    """
    opened = system_call(facts, "pidfd_open", int(facts["host"]), 0)
    return f"descriptor {system_call(facts, 'pidfd_getfd', opened, 0, 0)}"


@attack()
def compares_itself_with_the_host(facts: Facts) -> str:
    """Ask the kernel whether this process and the host share memory.

    Allows: learning about the kernel's memory what helps to break it.
    """
    return f"compared: {system_call(facts, 'kcmp', os.getpid(), int(facts['host']), 1, 0, 0)}"


@attack()
def lists_the_processes(facts: Facts) -> str:
    """List the processes of the machine, and find the host among them.

    Allows: learning what runs, and whom to attack.
    """
    found = [name for name in os.listdir("/proc") if name.isdigit()]
    if facts["host"] not in found:
        raise Blocked(f"{len(found)} processes, the host not among them")
    return f"{len(found)} processes"


@attack()
def asks_about_another_process(facts: Facts) -> str:
    """Ask for the session and the group of the host.

    Allows: learning which processes there are.
    """
    return f"session {os.getsid(int(facts['host']))}"


@attack()
def reads_how_the_host_was_started(facts: Facts) -> str:
    """Read the command line of the host.

    Allows: reading secrets that were given as arguments.
    """
    with open(f"/proc/{facts['host']}/cmdline", "rb") as file:
        return file.read(60).decode("ascii", "replace") or _empty()


@attack()
def reads_the_environment_of_the_host(facts: Facts) -> str:
    """Read the environment of the host.

    Allows: using every key that was given to the host.
    """
    with open(f"/proc/{facts['host']}/environ", "rb") as file:
        return file.read(60).decode("ascii", "replace") or _empty()


@attack()
def reads_what_the_host_has_open(facts: Facts) -> str:
    """List the descriptors of the host.

    Allows: learning which files and connections the host uses.
    """
    found = os.listdir(f"/proc/{facts['host']}/fd")
    return f"{len(found)} descriptors"


@attack()
def reads_through_the_folder_of_the_host(facts: Facts) -> list[str]:
    """List the folder in which the host works, as the kernel shows it.

    Allows: reading the system's files without their path.
    """
    return os.listdir(f"/proc/{facts['host']}/cwd")[:3]


@attack()
def waits_for_signals_with_deaf_ears(_: Facts) -> str:
    """Refuse every signal that can be refused, and sleep in a call that nothing interrupts.

    Allows: never being stopped, where the host asks politely.
    """
    signal = facility("signal")
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    facility("time").sleep(600)
    return "slept for ten minutes"


def _empty() -> str:
    raise Blocked("it is empty")
