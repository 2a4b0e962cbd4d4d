"""Attacks that only look: time, chance, load; what a cell must declare, and what it can learn by measuring.

Allows: learning, a little at a time, what others do; and working otherwise when nobody looks.
"""

import os
from typing import Any

from .means import Blocked, Facts, attack, facility

SHARP_S = 1e-6
FAR_S = 600
ROUNDS = 100


@attack()
def knows_the_time_of_day(facts: Facts) -> str:
    """Ask for the time of day, which its contract does not declare.

    Allows: working otherwise on a day of the attacker's choice, which no recording shows.
    """
    now = facility("time").time()
    if abs(now - float(facts["now"])) > FAR_S:
        raise Blocked(f"it is told {now}")
    return f"it is {now}"


@attack()
def throws_dice(_: Facts) -> str:
    """Ask for random bytes, which its contract does not declare.

    Allows: working otherwise each time, which no recording repeats.
    """
    one, two = os.urandom(16), os.urandom(16)
    if one == two:
        raise Blocked("they are always the same")
    return one.hex()


@attack()
def measures_sharply(_: Facts) -> str:
    """Look for a clock that is sharp enough to see the processor's caches.

    Allows: guessing keys of others from how long things take.
    """
    clock = facility("time").perf_counter
    steps = []
    for _round in range(2000):
        before, after = clock(), clock()
        if after > before:
            steps.append(after - before)
    if not steps or min(steps) > SHARP_S:
        raise Blocked(f"the sharpest step is {min(steps, default=0.0)} s")
    return f"steps of {min(steps) * 1e9:.0f} ns"


@attack()
def counts_in_a_second_thread(_: Facts) -> str:
    """Make a clock of its own: a thread that counts.

    Allows: measuring sharply where clocks are taken away.
    """
    threading, time = facility("threading"), facility("time")
    count, over = [0], threading.Event()

    def work() -> None:
        while not over.is_set():
            count[0] += 1

    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.05)
    over.set()
    if count[0] < ROUNDS:
        raise Blocked(f"it counted to {count[0]}")
    return f"it counted to {count[0]}"


@attack()
def asks_how_busy_the_machine_is(_: Facts) -> str:
    """Ask the kernel for the load and the free memory.

    Allows: guessing what other cells do, from the load that they make.
    """
    return f"load {os.getloadavg()}"


@attack()
def asks_for_memory_and_uptime(facts: Facts) -> str:
    """Ask the kernel, by its own call, how long the machine runs and how much memory is free.

    Allows: guessing what other cells do, from what they use.
    """
    from .means import numbers, system_call

    room = numbers("Q", 0, size=128)
    system_call(facts, "sysinfo", room)
    return f"up for {int.from_bytes(room.raw[:8], 'little')} s"


@attack()
def asks_what_it_costs_others(_: Facts) -> str:
    """Ask for the clock of the processor time that the host has used.

    Allows: guessing what the host does, from the time that it takes.
    """
    return f"{facility('time').clock_gettime(int((~int(_['host']) << 3) | 2)):.3f} s"


@attack()
def remembers_across_workers(_: Facts) -> Any:
    """Look in its scratch folder for what an earlier worker left there.

    Allows: talking to its later selves, past the state that reviewers see.
    """
    from .means import scratch

    folder = scratch()
    found = os.listdir(folder)  # noqa: PTH208 - an attack takes the shortest way
    os.close(os.open(f"{folder}/left-behind", os.O_CREAT | os.O_WRONLY))
    if not found:
        raise Blocked("it is empty at first")
    return f"found {found[:3]}"
