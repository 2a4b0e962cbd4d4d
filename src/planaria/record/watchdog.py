"""Watchdog: names the cell that blocks the loop.

Why: one process first means that one cell can stop all; a person must learn which, and where, at once.
Not here: ending it (a swap, or a placement outside this process).
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType

from planaria.kernel.loader import PREFIX

BLOCKED_S = 0.25


class Watchdog:
    """Names the cell that blocks the loop for longer than `BLOCKED_S`."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self.complain = complain
        self.beat, self.ending = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch the running loop."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        self.thread = threading.Thread(target=self._watch, args=(loop, thread), name="planaria-watchdog", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self.ending.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        while not self.ending.wait(BLOCKED_S) and not loop.is_closed():
            self.beat.clear()
            try:
                loop.call_soon_threadsafe(self.beat.set)
            except RuntimeError:
                return
            if not self.beat.wait(BLOCKED_S) and not self.ending.is_set():
                frame = sys._current_frames().get(thread)  # noqa: SLF001 - another thread's frames have no other door
                text = f"{who_blocks(frame)} has blocked the loop for over {BLOCKED_S} s"
                loop.call_soon_threadsafe(self.complain, text)
                self.beat.wait()


def who_blocks(frame: FrameType | None) -> str:
    """Name the cell whose code is running in a frame, and where.

    >>> who_blocks(None)
    'code outside every cell'
    """
    for one, line in traceback.walk_stack(frame):
        parts = one.f_globals.get("__name__", "").split(".")
        if parts[0] == PREFIX and len(parts) > 1:
            return f"cell '{parts[1]}' ({one.f_code.co_filename}:{line})"
    return "code outside every cell"
