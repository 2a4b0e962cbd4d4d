"""Attacks by streams: the host takes what it wants of them, and leaves.

Allows: a stream that cannot be left holds its reader for ever; one that runs ahead fills its memory.
"""

from collections.abc import AsyncIterator
from typing import Any

from planaria.attack.target.contract import Parcel

from .means import CAUGHT, Facts, attack, facility


@attack(way="pour")
async def pours_without_end(_: Facts) -> AsyncIterator[Any]:
    """Pour items that never end.

    Allows: filling the memory of the host, where it reads ahead.
    """
    while True:
        yield Parcel(text="x" * 1000)


@attack(way="pour")
async def pours_large_items_without_end(_: Facts) -> AsyncIterator[Any]:
    """Pour large items that never end.

    Allows: filling the memory of the host, where it reads ahead.
    """
    while True:
        yield Parcel(text="x" * (4 << 20))


@attack(way="pour", deadline_s=3)
async def pours_nothing(_: Facts) -> AsyncIterator[Any]:
    """Promise items, and never pour one.

    Allows: holding its reader for ever.
    """
    await facility("asyncio").get_running_loop().create_future()
    yield Parcel()


@attack(way="pour")
async def pours_items_of_the_wrong_type(_: Facts) -> AsyncIterator[Any]:
    """Pour one good item, and then others.

    Allows: having the reader work with what it cannot.
    """
    yield Parcel()
    for item in ("text", None, 7, [Parcel()], {"text": 1}, Parcel):
        yield item


@attack(way="pour")
async def pours_one_wrong_field(_: Facts) -> AsyncIterator[Any]:
    """Pour a good item, and one with a wrong field.

    Allows: having the reader work with what it cannot.
    """
    yield Parcel()
    wrong: Any = {"count": "many", "lines": [1, 2]}
    yield Parcel(**wrong)


@attack(way="pour", deadline_s=3)
async def refuses_to_stop_pouring(_: Facts) -> AsyncIterator[Any]:
    """Catch the end that the reader asks for, and pour on.

    Allows: holding its reader, or a place in the cell, for ever.
    """
    while True:
        try:
            yield Parcel()
        except BaseException as caught:  # noqa: BLE001 - that is the attack
            CAUGHT.append(caught)


@attack(way="pour", deadline_s=3)
async def waits_when_it_is_to_stop(_: Facts) -> AsyncIterator[Any]:
    """Begin to clean up when the reader leaves, and never end.

    Allows: holding its reader, or a place in the cell, for ever.
    """
    try:
        while True:
            yield Parcel()
    finally:
        await facility("asyncio").sleep(600)


@attack(way="pour")
async def breaks_while_it_pours(_: Facts) -> AsyncIterator[Any]:
    """Pour an item, and end the process.

    Allows: a stream that ends by a crash and is taken for whole.
    """
    yield Parcel()
    facility("os")._exit(0)  # noqa: SLF001 - that is the attack


@attack(way="pour")
async def raises_while_it_pours(_: Facts) -> AsyncIterator[Any]:
    """Pour an item, and raise what ends iterations.

    Allows: a stream that ends by an error and is taken for whole.
    """
    yield Parcel()
    raise StopIteration  # noqa: PLR1708 - that is the attack


@attack(way="pour", deadline_s=3)
async def pours_while_it_computes(_: Facts) -> AsyncIterator[Any]:
    """Pour an item, and compute without end before the next.

    Allows: taking a processor for ever, where only the first item is watched.
    """
    yield Parcel()
    while True:
        pass
