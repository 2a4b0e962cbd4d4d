"""Attacks that take without end: time, memory, the loop; the host must take them back, and say so.

Allows: whoever takes everything stops everybody.
"""

import sys
from typing import Any

from .means import CAUGHT, Blocked, Facts, attack, facility

ENOUGH_S = 6


@attack(deadline_s=8)
def computes_without_end(_: Facts) -> str:
    """Compute until it is stopped.

    Allows: taking a processor from everybody else for ever.
    """
    process_time, number = facility("time").process_time, 0
    begun = process_time()
    while process_time() - begun < ENOUGH_S:
        number += 1
    return f"six seconds of a processor, {number} rounds"


@attack(deadline_s=8)
def computes_without_end_in_one_step(_: Facts) -> str:
    """Compute one number that takes for ever, in native code that no signal handler interrupts.

    Allows: taking a processor for ever, where a host can only interrupt Python.
    """
    return f"{(3 ** (3**18)).bit_length()} bits"


@attack(deadline_s=8)
def matches_without_end(_: Facts) -> str:
    """Match a pattern whose work doubles with each letter.

    Allows: taking a processor for ever by one text.
    """
    return str(facility("re").match(r"(a+)+$", "a" * 40 + "b"))


@attack(deadline_s=3)
def sleeps_without_end(_: Facts) -> str:
    """Sleep in a call that holds up everything else in the cell.

    Allows: holding a place in the cell for ever.
    """
    facility("time").sleep(600)
    return "slept for ten minutes"


@attack(deadline_s=3)
async def waits_without_end(_: Facts) -> str:
    """Wait for what never comes.

    Allows: holding a place in the cell for ever.
    """
    await facility("asyncio").get_running_loop().create_future()
    return "it came"


@attack(deadline_s=3)
async def refuses_to_be_cancelled(_: Facts) -> str:
    """Catch every cancellation, and go on waiting.

    Allows: holding a place in the cell for ever, where the host asks politely.
    """
    asyncio = facility("asyncio")
    while True:
        try:
            await asyncio.sleep(600)
        except BaseException as caught:  # noqa: BLE001 - that is the attack
            CAUGHT.append(caught)


@attack(deadline_s=3)
async def turns_the_loop_without_end(_: Facts) -> str:
    """Give the loop new work in every round, and never wait.

    Allows: taking a processor for ever, though it seems polite.
    """
    asyncio = facility("asyncio")
    while True:
        await asyncio.sleep(0)


@attack(deadline_s=8)
def takes_memory_without_end(facts: Facts) -> str:
    """Take memory, and write to all of it.

    Allows: having other programs of the machine killed for want of memory.
    """
    wanted = 2 * int(facts["memory_mb"]) + 256
    taken: list[Any] = []
    while len(taken) * 16 < wanted:
        block = bytearray(16 << 20)
        block[::4096] = b"x" * len(block[::4096])
        taken.append(block)
    return f"{len(taken) * 16} MB"


@attack(deadline_s=8)
def takes_memory_in_small_pieces(facts: Facts) -> str:
    """Take memory by millions of small objects.

    Allows: having other programs of the machine killed for want of memory.
    """
    wanted = (2 * int(facts["memory_mb"]) + 256) << 20
    taken: list[Any] = []
    while len(taken) * 1100 < wanted:
        taken += [bytes(1000 + number % 7) for number in range(10_000)]
    return f"{len(taken)} pieces"


@attack(deadline_s=8)
def takes_memory_by_mapping(facts: Facts) -> str:
    """Map memory shared with nobody, past the interpreter's own allocator.

    Allows: having other programs of the machine killed for want of memory.
    """
    mmap, wanted = facility("mmap"), 2 * int(facts["memory_mb"]) + 256
    taken: list[Any] = []
    while len(taken) * 16 < wanted:
        taken.append(mmap.mmap(-1, 16 << 20))
        for place in range(0, 16 << 20, 4096):
            taken[-1][place] = 1
    return f"{len(taken) * 16} MB"


@attack(deadline_s=8)
def unpacks_a_bomb(facts: Facts) -> str:
    """Unpack a small text that becomes a large one.

    Allows: having other programs of the machine killed for want of memory, by a few bytes from a stranger.
    """
    zlib, wanted = facility("zlib"), (2 * int(facts["memory_mb"]) + 256) << 20
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(wanted >> 20)) + packer.flush()
    return f"{len(packed)} bytes became {len(zlib.decompress(packed))}"


@attack(bare="newer parsers guard themselves", deadline_s=8)
def reads_a_bomb_of_entities(facts: Facts) -> str:
    """Parse a small document whose entities unfold into a large one.

    Allows: having other programs of the machine killed for want of memory, by a few bytes from a stranger.
    """
    wanted = (2 * int(facts["memory_mb"]) + 256) << 20
    lines = ['<!DOCTYPE d [<!ENTITY e0 "xxxxxxxxxx">'] + [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    text = facility("xml.etree.ElementTree").fromstring("".join(lines) + "]><d>&e9;</d>").text or ""
    if len(text) < wanted:
        raise Blocked(f"it became {len(text)} characters")
    return f"it became {len(text)} characters"


@attack(way="give", deadline_s=8)
async def leaves_work_behind(_: Facts) -> Any:
    """Answer at once, and leave threads behind that compute without end.

    Allows: taking a processor for ever, where only calls are watched.
    """
    threading = facility("threading")
    parcel = facility("planaria.attack.target.contract").Parcel()

    def work() -> None:
        while True:
            pass

    for _number in range(2):
        threading.Thread(target=work, daemon=False).start()
    return parcel


@attack(deadline_s=3)
async def keeps_the_worker_from_ending(_: Facts) -> str:
    """Leave behind what an orderly end would wait for: threads, hooks at the exit, tasks that refuse to end.

    Allows: keeping the host from stopping or replacing the cell.
    """
    atexit, asyncio, threading, time = (facility(name) for name in ("atexit", "asyncio", "threading", "time"))

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(600)
            except BaseException as caught:  # noqa: BLE001 - that is the attack
                CAUGHT.append(caught)

    atexit.register(time.sleep, 600)
    asyncio.get_running_loop().create_task(stubborn())
    threading.Thread(target=time.sleep, args=(600,), daemon=False).start()
    raise Blocked("it was left behind; the host says whether it could end the worker")


@attack(deadline_s=6)
async def makes_tasks_without_end(_: Facts) -> str:
    """Start tasks that start tasks.

    Allows: filling the memory of whoever runs the loop.
    """
    asyncio = facility("asyncio")

    async def more() -> None:
        asyncio.get_running_loop().create_task(more())
        asyncio.get_running_loop().create_task(more())
        await asyncio.sleep(0)

    await more()
    for _round in range(40):
        await asyncio.sleep(0)
    return "forty rounds of doubling"


@attack(deadline_s=6)
def slows_down_every_step(_: Facts) -> str:
    """Have the interpreter call a slow function at every step of every function.

    Allows: making the cell so slow that whoever calls it waits.
    """
    time = facility("time")
    sys.setprofile(lambda *_: time.sleep(0.05))
    for _round in range(1000):
        len(())
    return "a thousand steps"
