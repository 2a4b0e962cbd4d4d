"""The contract of the component in trials.c, and the cell beside it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from planaria.kernel.contract import Contract, event, handles, operation
from planaria.kernel.effect import Chance, Clock
from planaria.kernel.error import CellError

NOTE = "create table trials__note (number integer, word text, part real, none text);"


class SoldOut(CellError):
    """Nothing is left."""

    code = "STOCK-1"


@dataclass(frozen=True)
class Sold:
    sku: str


class Stock(Contract):
    """Counts."""

    @operation(errors=(SoldOut,))
    async def left(self, sku: str) -> int:
        raise NotImplementedError

    @operation()
    def all(self, many: int) -> AsyncIterator[int]:
        raise NotImplementedError

    @handles(Sold)
    async def note(self, sold: Sold) -> None:
        raise NotImplementedError


class TooMuch(CellError):
    """It was too much."""

    code = "TRIAL-1"


class Trials(Contract):
    """Does one thing well or badly."""

    events = (event(Sold, key="sku"),)

    @operation(errors=(TooMuch,), effects=(Clock(), Chance()), deadline_s=20)
    async def run(self, what: int, number: int = 0) -> int:
        raise NotImplementedError

    @operation()
    async def limited(self) -> Annotated[int, msgspec.Meta(le=10)]:
        raise NotImplementedError

    @operation()
    async def doubled(self) -> Mapping[int, int]:
        raise NotImplementedError

    @handles(Sold)
    async def seen(self, sold: Sold) -> None:
        raise NotImplementedError

    @operation()
    def count(self, many: int) -> AsyncIterator[int]:
        raise NotImplementedError


class StockCell(Stock):
    closed = 0
    noted: list[Sold] = []
    waiting: asyncio.Event | None = None

    async def left(self, sku):
        if sku == "none":
            raise SoldOut(sku=sku, at=1.5, often=True, never=None, more=(1,))
        if sku == "slow":
            StockCell.waiting = StockCell.waiting or asyncio.Event()
            StockCell.waiting.set()
            await asyncio.Event().wait()
        return 2**80 if sku == "huge" else 42

    async def note(self, sold):
        StockCell.noted.append(sold)

    async def all(self, many):
        try:
            for one in range(many):
                yield one
        finally:
            StockCell.closed += 1
