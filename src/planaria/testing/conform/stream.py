"""What a placement promises about streams: items in order, back-pressure, one outcome at the end, and a producer that is let go.

Not here: the call that a stream is (`kernel.stream`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from planaria.kernel.port import Placement
from planaria.record.status import status_of
from planaria.testing.cells import Cells
from planaria.testing.conform.check import raises, same
from planaria.testing.conform.source import FOUNTAIN
from planaria.testing.conform.stage import running, swapped, until, until_said
from planaria.testing.conform.subject import Basin, Circle, Colour, Fountain, Missing, Square

BIG = 100_000
ENDLESS = 1_000_000
AHEAD_MAX = 1000
"""How many small items may be made ahead of who takes them."""
BIG_AHEAD_MAX = 100


async def _taken(stream: AsyncIterator[Any], into: list[Any] | None = None) -> list[Any]:
    taken = [] if into is None else into
    async for one in stream:
        taken.append(one)
    return taken


def _open(stream: AsyncIterator[Any]) -> "aclosing[Any]":
    return aclosing(cast("Any", stream))


async def _closed(cells: Cells, count: int) -> None:
    """Wait until so many streams are closed in the cell, and no place is held."""
    await until_said(cells.handle(Fountain).counts, lambda counts: counts[1] >= count)
    await until(lambda: not any(one.running for one in status_of(cells.life)))


async def streams_items_in_order(placement: Placement) -> None:
    """Give every item once, in order; also none, and many."""
    async with running(placement, Fountain) as cells:
        fountain = cells.handle(Fountain)
        for count in (0, 1, 5000):
            same("all items come", await _taken(fountain.drops(count)), [str(number) for number in range(count)])
        same("items are values", await _taken(fountain.shapes()), [Circle(1.5), Square(2.5, Colour.GREEN)])
        same("a stream may be asked by name", await _taken(fountain.drops(then="end", count=2)), ["0", "1"])


async def streams_big_items(placement: Placement) -> None:
    """Give items of 100 kB, and let small calls pass between them."""
    async with running(placement, Fountain) as cells:
        fountain = cells.handle(Fountain)
        async with _open(fountain.drops(30, BIG)) as drops:
            number = 0
            async for one in drops:
                same("a big item is whole", (one.rstrip("."), len(one)), (str(number), BIG))
                same("a call between is answered", (await fountain.counts())[0] > number, wanted=True)
                number += 1
        same("all came", number, 30)


async def makes_no_more_than_is_taken(placement: Placement) -> None:
    """Hold a producer back while nobody takes its items."""
    async with running(placement, Fountain) as cells:
        fountain = cells.handle(Fountain)
        for size, ahead_max in ((0, AHEAD_MAX), (BIG, BIG_AHEAD_MAX)):
            before = (await fountain.counts())[0]
            async with _open(fountain.drops(ENDLESS, size)) as drops:
                await anext(drops)
                made = [(await fountain.counts())[0] - before for _ in range(50)]
                same("it stops before long", made[-1] <= ahead_max, wanted=True)


async def ends_a_stream_as_its_producer_does(placement: Placement) -> None:
    """Give what came before an error, then the error: a declared one as it is, any other as a failure."""
    async with running(placement, Fountain) as cells:
        fountain = cells.handle(Fountain)
        for then, kind in (("declared", Missing), ("other", "PLN-C300")):
            taken: list[str] = []
            error = await raises("the error comes", _taken(fountain.drops(3, then=then), taken), cast("Any", kind))
            same("what came before it is there", taken, ["0", "1", "2"])
            same("it is named", error.facts.get("name") or error.facts["error"], "water" if then == "declared" else "KeyError")
        await _closed(cells, 2)


async def lets_a_producer_go_when_its_consumer_leaves(placement: Placement) -> None:
    """Close a producer whose consumer leaves early; that is no failure."""
    async with running(placement, Fountain) as cells:
        for count in (1, 2, 3):
            async with _open(cells.handle(Fountain).drops(ENDLESS)) as drops:
                for _ in range(count):
                    await anext(drops)
            await _closed(cells, count)


async def lets_a_producer_go_when_its_consumer_is_cancelled(placement: Placement) -> None:
    """Close a producer whose consumer is cancelled."""
    async with running(placement, Fountain) as cells:
        taken: list[str] = []
        task = asyncio.create_task(_taken(cells.handle(Fountain).drops(2, then="wait"), taken))
        await until(lambda: len(taken) > 1)
        task.cancel()
        await asyncio.wait([task])
        same("its consumer is cancelled", task.cancelled(), wanted=True)
        await _closed(cells, 1)


async def ends_a_stream_at_its_deadline(placement: Placement) -> None:
    """End a stream at the deadline of the whole of it, with the outcome unknown."""
    async with running(placement, Fountain) as cells:
        taken: list[int] = []
        await raises("a stream ends at its deadline", _taken(cells.handle(Fountain).trickle(), taken), "PLN-C401")
        same("what came before is there", taken, [1])
        await _closed(cells, 1)


async def streams_side_by_side(placement: Placement) -> None:
    """Mix up no items of streams that run at once, fast ones and slow ones."""
    async with running(placement, Fountain) as cells:
        fountain = cells.handle(Fountain)
        async with _open(fountain.drops(10, 20_000)) as slow:
            first = await anext(slow)
            fast = await asyncio.gather(*(_taken(fountain.drops(200 + number)) for number in range(5)))
            rest = await _taken(slow)
        same("each has its own items", [len(one) for one in fast], [200 + number for number in range(5)])
        same("a slow one has them too", [one.rstrip(".") for one in (first, *rest)], [str(number) for number in range(10)])


async def streams_through_cells(placement: Placement) -> None:
    """Let a cell take a stream of another, and pass one on."""
    async with running(placement, Basin, Fountain) as cells:
        basin = cells.handle(Basin)
        same("a cell takes a stream", await basin.fill(100), 300)
        same("a cell passes a stream on", await _taken(basin.overflow(50)), [f"{number}!" for number in range(50)])
        async with _open(basin.overflow(ENDLESS)) as items:
            await anext(items)
        await _closed(cells, 3)


async def loses_a_stream_whose_generation_is_closed(placement: Placement) -> None:
    """Tell the consumer of a stream that outlasts the drain of its generation that it is lost."""
    async with running(placement, Fountain, drain_s=0.2) as cells:
        stream = cells.handle(Fountain).drops(1, then="wait")
        async with _open(stream) as drops:
            await anext(drops)
            async with swapped(cells, FOUNTAIN, Fountain):
                await raises("the stream is lost", anext(drops), "PLN-C402")
        same("the new generation streams", await _taken(cells.handle(Fountain).drops(2)), ["0", "1"])


STREAM_PROMISES = (
    streams_items_in_order, streams_big_items, makes_no_more_than_is_taken, ends_a_stream_as_its_producer_does,
    lets_a_producer_go_when_its_consumer_leaves, lets_a_producer_go_when_its_consumer_is_cancelled, ends_a_stream_at_its_deadline,
    streams_side_by_side, streams_through_cells, loses_a_stream_whose_generation_is_closed,
)  # fmt: skip
