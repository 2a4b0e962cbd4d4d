"""Starts, crashes and stops of workers, by the thousand, and what they leave behind.

Prints how many processes, descriptors, threads, temporary files and bytes of memory there are after the first tenth (by
then allocators have taken what they will take) and at the end. Nothing may be more; temporary files are the machine's.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from planaria import Contract, Unknown, operation
from planaria.kernel.error import PlanariaError
from planaria.kernel.loader import Generation, generation_at
from planaria.kernel.port import SeatOrder
from planaria.placement.process.placement import Process
from planaria.placement.process.seat import ProcessSeat

WARM_LEAST, WARM_SHARE = 20, 0.1
AT_ONCE = 2
TEXT = """
import os, sys
from {module} import Ending

class EndingCell(Ending):
    async def on_start(self):
        if {start}:
            raise ValueError("no")

    async def end(self, how):
        if how == "exit":
            os._exit(1)
        if how == "raise":
            raise KeyError(how)
        return 1
"""
WAYS = ("stop", "exit", "raise", "kill", "start")


class Ending(Contract):
    """Ends as it is told."""

    @operation()
    async def end(self, how: str) -> int:
        """End so."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What there is."""

    processes: int
    descriptors: int
    threads: int
    files: int
    memory_mb: float
    zygote_mb: float


def looked() -> Left:
    """Count what there is now."""
    gc.collect()
    zygotes = descendants(os.getpid())
    return Left(
        processes=len(zygotes), descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()), threads=threading.active_count(),
        files=sum(1 for _ in Path(tempfile.gettempdir()).iterdir()), memory_mb=resident_mb(os.getpid()),
        zygote_mb=sum(map(resident_mb, zygotes)),
    )  # fmt: skip


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                above = int((one / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if above == pid:
                found += [int(one.name), *descendants(int(one.name))]
    return found


@asynccontextmanager
async def generations() -> AsyncIterator[tuple[Generation, Generation]]:
    """Write a cell that starts, and one that does not."""
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name, start in (("good", "False"), ("bad", "True")):
            (Path(folder) / name).mkdir()
            (Path(folder) / name / "__init__.py").write_text(TEXT.format(module=Ending.__module__, start=start))
            made.append(generation_at("ending", Path(folder) / name))
        yield made[0], made[1]


async def cycle(place: Process, order: SeatOrder, way: str) -> None:
    """Start a worker, end it in one of the ways, and let go of it."""
    seat = place.open(order)
    try:
        lifeline = await seat.start()
        call = seat.method("end")
        if way == "kill":
            assert isinstance(seat, ProcessSeat)
            assert seat.link is not None
            seat.link.child.kill()
            await asyncio.wait([lifeline])
        else:
            await call(way)
    except (PlanariaError, Unknown):
        pass
    finally:
        await seat.stop()


async def run(cycles: int, *, tell: bool = True) -> tuple[Left, Left, float]:
    """Run cycles; return what there was after the first, what there is after the last, and seconds per cycle."""
    async with generations() as (good, bad):
        place = Process(Path())

        def order(way: str) -> SeatOrder:
            return SeatOrder(
                cell="ending", contract=Ending, generation=bad if way == "start" else good, uses=(), wires=lambda asked: {},
                limits={}, complain=lambda text: None,
            )  # fmt: skip

        async def some(count: int) -> None:
            for number in range(count):
                await cycle(place, order(WAYS[number % len(WAYS)]), WAYS[number % len(WAYS)])

        try:
            warm = max(WARM_LEAST, int(cycles * WARM_SHARE))
            await asyncio.gather(*(some(warm // AT_ONCE) for _ in range(AT_ONCE)))
            before, started = looked(), perf_counter()
            await asyncio.gather(*(some(cycles // AT_ONCE) for _ in range(AT_ONCE)))
            after, seconds = looked(), (perf_counter() - started) / max(1, cycles)
        finally:
            await place.close()
        return before, after, seconds


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    before, after, seconds = asyncio.run(run(given.cycles))
    rest = looked_without_zygote()
    if given.json:
        print(json.dumps({"cycles": given.cycles, "ms": seconds * 1e3, "before": asdict(before), "after": asdict(after), "rest": rest}))
        return
    print(f"{given.cycles} cycles of start, crash or stop, {seconds * 1e3:.1f} ms each")
    for name, value in asdict(after).items():
        print(f"  {name:<12} {asdict(before)[name]:>10.1f} before {value:>10.1f} after")
    print(f"  processes left after the placement was closed: {rest}")


def looked_without_zygote() -> int:
    """Count the processes that are left when the placement is closed."""
    return len(descendants(os.getpid()))


if __name__ == "__main__":
    # A contract is found by the name of its module, so this program runs as that module.
    sys.path.insert(0, str(Path(__file__).parent))
    import cycle as program

    program.main()
