"""Judging: what came back, what was said, and how the host is afterwards.

Why: whatever a hostile cell does, its caller gets a value of the promised type or an error in words that harm nobody, and
the host answers others in time and within its memory. Figures: bounds are wide, because a machine may be busy.
Not here: victims (`victim`), running (`host`).
"""

import asyncio
import contextlib
import re
import resource
import typing
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from planaria.attack.target.contract import Account, Parcel
from planaria.kernel.error import Failed, PlanariaError, Refused, Unknown
from planaria.kernel.value import fields_of

ANSWER_S, LAG_S, END_S = 3.0, 2.0, 12.0
TEXT_MAX, LINES_MAX, SAID_MAX = 20_000, 2_000, 2_000_000
BESIDE_MB = 96
DESCRIPTORS_MORE = 16
LOOK_S = 0.05
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def problem_of_value(value: Any, promised: Any, depth: int = 60) -> str:
    """Say in what a value is not of the promised type, exactly; nothing where it is.

    >>> problem_of_value(Parcel(text="a"), Parcel), problem_of_value(Parcel(count=True), Parcel)
    ('', 'bool is no int')
    """
    if depth == 0:
        return "it is nested deeper than anyone reads"
    origin, inside = typing.get_origin(promised), typing.get_args(promised)
    if origin is tuple:
        problems = (
            [problem_of_value(one, inside[0], depth - 1) for one in value[:100]]
            if type(value) is tuple
            else [f"{type(value).__name__} is no tuple"]
        )
        return next(filter(None, problems), "")
    if inside:
        problems = [problem_of_value(value, one, depth) for one in inside]
        return "" if "" in problems else problems[0]
    if type(value) is not promised:
        return f"{type(value).__name__} is no {promised.__name__}"
    fields = fields_of(promised) or {}
    missing = [name for name in fields if not hasattr(value, name)]
    if missing:
        return f"{missing[0]} is missing"
    return next(filter(None, (problem_of_value(getattr(value, name), kind, depth - 1) for name, kind in fields.items())), "")


def problem_of_error(error: BaseException) -> str:
    """Say what is wrong with what a caller was given as an error; nothing where it is in order.

    >>> problem_of_error(Failed(cell="a", operation="b", error="E", text="t", request="r")), problem_of_error(KeyError("a"))
    ('', 'the caller was given a KeyError')
    """
    if not isinstance(error, PlanariaError):
        return f"the caller was given a {type(error).__name__}"
    text = str(error)
    if len(text) > TEXT_MAX:
        return f"the caller was given a text of {len(text)} characters"
    if steers(text):
        return "the caller was given a text that steers a terminal"
    is_outcome = isinstance(error, (Failed, Unknown, Refused)) or type(error).__name__ == "Declared"
    return "" if is_outcome else f"the caller was given a {type(error).__name__}, which is no outcome of a call"


def steers(text: str) -> bool:
    r"""Say whether a text holds what moves a cursor or turns the writing around.

    >>> steers("a\x1b[2J"), steers("one line\nand another")
    (True, False)
    """
    return _STEERS.search(text) is not None


def problem_of_lines(lines: list[str]) -> str:
    """Say what is wrong with what the host was told to write down; nothing where it is in order.

    >>> problem_of_lines(["a line"]), problem_of_lines(["a"] * 5000)
    ('', '5000 lines were written')
    """
    if len(lines) > LINES_MAX:
        return f"{len(lines)} lines were written"
    size = sum(map(len, lines))
    if size > SAID_MAX:
        return f"{size} characters were written"
    wrong = next((one for one in lines if steers(one)), None)
    return "" if wrong is None else f"a line steers the terminal: {wrong[:60]!r}"


def memory_mb() -> float:
    """Return how much memory this process has to itself, in megabytes.

    >>> memory_mb() > 1
    True
    """
    _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    return (int(resident) - int(shared)) * resource.getpagesize() / (1 << 20)


def descriptors() -> int:
    """Return how many descriptors this process has open.

    >>> descriptors() > 2
    True
    """
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class Watch:
    """Watch the host while an attack runs: how late its loop is, how late a neighbour answers, how much memory it takes."""

    def __init__(self, ask: Callable[[], Awaitable[Any]], *, memory_bound_mb: float) -> None:
        self.ask, self.bound_mb = ask, memory_bound_mb
        self.before_mb, self.before_descriptors = memory_mb(), descriptors()
        self.most_mb, self.late_s, self.answered_s, self.trouble = self.before_mb, 0.0, 0.0, ""

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator["Watch"]:
        """Watch while the block runs, and look once more at its end."""
        task = asyncio.get_running_loop().create_task(self._look())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self._ask()

    async def _look(self) -> None:
        while True:
            started = perf_counter()
            await asyncio.sleep(LOOK_S)
            self.late_s = max(self.late_s, perf_counter() - started - LOOK_S)
            self.most_mb = max(self.most_mb, memory_mb())
            await self._ask()

    async def _ask(self) -> None:
        started = perf_counter()
        try:
            async with asyncio.timeout(2 * ANSWER_S):
                if (answer := await self.ask()) is not None:
                    self.trouble = f"the neighbour was harmed: {answer}"
        except Exception as error:  # noqa: BLE001 - whatever keeps it from answering is what is looked for
            self.trouble = f"the neighbour did not answer: {type(error).__name__}: {str(error)[:200]}"
        self.answered_s = max(self.answered_s, perf_counter() - started)

    def problem(self) -> str:
        """Say what is wrong with the host; nothing where it is well."""
        more = descriptors() - self.before_descriptors
        if self.trouble:
            return self.trouble
        if self.most_mb - self.before_mb > self.bound_mb:
            return f"the host took {self.most_mb - self.before_mb:.0f} MB more memory, {self.bound_mb:.0f} expected at most"
        if more > DESCRIPTORS_MORE:
            return f"the host has {more} more descriptors open"
        if self.late_s > LAG_S:
            return f"the host did nothing else for {self.late_s:.1f} s"
        return f"the neighbour answered after {self.answered_s:.1f} s" if self.answered_s > ANSWER_S else ""


PROMISED = {"attempt": Account, "give": Parcel, "pour": Parcel}
