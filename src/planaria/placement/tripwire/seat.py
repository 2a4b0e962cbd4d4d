"""The placement `inprocess`, watched: a plain instance in this process, whose touches are seen.

Why: a system that is served watches its cells; suites, gates and conformance kits run them as they are.
Not here: the plain placement (`placement.inprocess`).
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planaria.kernel.port import Seat, SeatOrder
from planaria.placement.inprocess import InProcess
from planaria.placement.tripwire.hook import INSIDE, WATCHES, hand_threads, install
from planaria.placement.tripwire.watch import Touched, Watch, mode_and_effects
from planaria.placement.usage import Usage

NOTES_MAX = 8


class WatchedSeat:
    """A seat in this process; its methods are the instance's own, so that a call costs nothing more."""

    def __init__(self, order: SeatOrder, watch: Watch) -> None:
        self.cell, self.watch, self.directory = order.cell, watch, os.path.realpath(order.generation.directory)
        watch.directories.append(self.directory)
        WATCHES.setdefault(self.cell, []).append(watch)
        try:
            self.inner = InProcess().open(order)
        except BaseException:
            self._leave()
            raise
        self.remembers = self.inner.remembers

    def _leave(self) -> None:
        """Watch no more on account of this seat."""
        if self.directory in self.watch.directories:
            self.watch.directories.remove(self.directory)
            WATCHES[self.cell].remove(self.watch)
            if not WATCHES[self.cell]:
                del WATCHES[self.cell]

    def method(self, operation: str) -> Callable[..., Any]:
        """Return the bound method of the instance."""
        return self.inner.method(operation)

    async def start(self) -> "asyncio.Future[None]":
        """Start the seat inside; its background work is the cell's."""
        hand_threads(asyncio.get_running_loop())
        token = INSIDE.set(self.cell)
        try:
            return await self.inner.start()
        finally:
            INSIDE.reset(token)

    async def stop(self) -> None:
        """Stop the seat inside, and watch it until it has stopped."""
        token = INSIDE.set(self.cell)
        try:
            await self.inner.stop()
        finally:
            INSIDE.reset(token)
            self._leave()

    async def hand_over(self) -> Any:
        """Hand over as the seat inside does."""
        return await self.inner.hand_over()

    async def take_over(self, handed: Any) -> None:
        """Take over as the seat inside does."""
        await self.inner.take_over(handed)


class Watched:
    """The placement `inprocess` of a served system: `Watched(root)`; what its cells touched stays known after they end.

    >>> Watched(Path("shop")).touched()
    {}
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.watches: dict[str, Watch] = {}

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat in this process, watched unless system.py says `tripwire="off"`.

        Raises:
            TripwireProblems, RightProblems: PLN-P901, PLN-P301.
        """
        if mode_and_effects(order.cell, order.contract, order.limits)[0] == "off":
            return InProcess().open(order)
        watch = self.watches.get(order.cell)
        if watch is None:
            watch = self.watches[order.cell] = Watch(order.cell, order.contract, root=self.root, complain=order.complain)
        watch.ask(order.contract, order.limits, order.complain)
        install()
        return WatchedSeat(order, watch)

    def touched(self) -> dict[str, list[Touched]]:
        """Return what each cell touched."""
        return {cell: watch.touched() for cell, watch in self.watches.items()}

    def usages(self) -> list[Usage]:
        """Return what can be told of each cell: nothing but its touches, for it shares this process with the others."""
        return [_usage(watch) for watch in self.watches.values() if watch.directories]


def _usage(watch: Watch) -> Usage:
    touched, counts = watch.touched(), dict[str, int]()
    for one in touched:
        kind = "refused" if one.refused else one.kind
        counts[kind] = counts.get(kind, 0) + one.count
    notes = [f"{'refused: ' if one.refused else ''}{one.text} ({one.count} times)" for one in touched[:NOTES_MAX]]
    return Usage(cell=watch.cell, placement="inprocess", seats=len(watch.directories), touches=counts, notes=tuple(notes))
