"""Output: what a worker writes to its standard output and error, as lines of the log.

Why: a print in a cell should be found, and a flood of them must cost neither memory nor a terminal, nor the time of the
loop: lines that are dropped are only counted, and whoever floods waits a little at each full pipe.
Not here: what is done with a line (`SeatOrder.complain`).
"""

import asyncio
import os
from collections.abc import Callable

from planaria.placement.process.message import clean

LINE_MAX = 2_000
LINES_PER_S = 100
READ = 65_536
PAUSE_S = 0.01


class Output:
    """Read a pipe on the loop and pass on its lines: cut, cleaned, and so many a second."""

    def __init__(self, pipe: int, complain: Callable[[str], None], *, prefix: str) -> None:
        os.set_blocking(pipe, False)
        self.pipe, self.complain, self.prefix = pipe, complain, prefix
        self.loop = asyncio.get_running_loop()
        self.kept, self.second, self.told, self.dropped = b"", 0, 0, 0
        self.loop.add_reader(pipe, self._readable)

    def close(self) -> None:
        """Take what is left and close the pipe."""
        if self.pipe >= 0:
            self._readable()
            if self.pipe >= 0:
                self._end()

    def _readable(self) -> None:
        try:
            data = os.read(self.pipe, READ)
        except (BlockingIOError, InterruptedError):
            return
        if not data:
            self._end()
            return
        *lines, rest = (self.kept + data).split(b"\n", LINES_PER_S + 1)
        for line in lines:
            self._tell(line)
        if more := rest.count(b"\n"):
            self.dropped += more
            rest = rest.rpartition(b"\n")[2]
            self.loop.remove_reader(self.pipe)
            self.loop.call_later(PAUSE_S, self._go_on)
        self.kept = rest
        if len(self.kept) > LINE_MAX:
            self._tell(self.kept)
            self.kept = b""

    def _go_on(self) -> None:
        if self.pipe >= 0:
            self.loop.add_reader(self.pipe, self._readable)

    def _end(self) -> None:
        self.loop.remove_reader(self.pipe)
        os.close(self.pipe)
        self.pipe = -1
        if self.kept:
            self._tell(self.kept)
        if self.dropped:
            self.complain(f"{self.prefix}: {self.dropped} more lines were dropped")

    def _tell(self, line: bytes) -> None:
        second = int(self.loop.time())
        if second != self.second:
            self.second, self.told = second, 0
        self.told += 1
        if self.told > LINES_PER_S:
            self.dropped += 1
            return
        self.complain(f"{self.prefix}: {clean(line[: 4 * LINE_MAX].decode(errors='replace'), LINE_MAX)}")
