"""Tracing: which ways through a version's own code were taken, as pairs of lines.

Why: an input that takes a new way is worth varying, and a search that says how hard it looked must say which branches it reached.
Not here: which pairs are branches (`witness.script.branch`).
"""

import sys
from types import FrameType
from typing import Any

Arc = tuple[str, int, int]
FOREIGN, ALWAYS, SOMETIMES = -1, 100, 8  # a way is seldom new in the hundredth call of a function


class Tracer:
    """Record arcs of the code whose files lie below a folder; switched on around each call.

    >>> Tracer("shop/").arcs
    set()
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.arcs: set[Arc] = set()
        self.known: dict[Any, int] = {}

    def start(self) -> None:
        """Begin to record."""
        sys.settrace(self._called)

    def stop(self) -> None:
        """Record no more."""
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        code = frame.f_code
        count = self.known.get(code)
        if count is None:
            count = 0 if code.co_filename.startswith(self.folder) else FOREIGN
        elif count >= 0:
            count += 1
        self.known[code] = count
        if count < 0 or (count > ALWAYS and count % SOMETIMES):
            frame.f_trace_lines = False
            return None
        name, arcs, last = code.co_filename[len(self.folder) :], self.arcs, 0

        def line(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            del argument
            if event == "line":
                number = frame.f_lineno
                arcs.add((name, last, number))
                last = number
            elif event == "return":
                arcs.add((name, last, -1))
            return line

        return line
