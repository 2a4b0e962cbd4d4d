"""Ports: what the kernel needs from outside, as small protocols.

Why: time, ids, storage, encoding and placement are reached through ports, so that a seed repeats every failure and an
adapter can be exchanged in the composition root alone.
Not here: the adapters (`store`, `placement`) and their choice (`assemble`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from planaria.kernel.contract import Contract
from planaria.kernel.loader import Generation

T = TypeVar("T")


class Session(Protocol):
    """What a body sees inside the store; it may touch only tables named `{scope}__…`."""

    def execute(self, scope: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""

    def changes(self) -> int:
        """Return how many rows the last statement changed."""


class Store(Protocol):
    """Durable state: a body runs off the loop's thread, in one transaction."""

    async def read(self, body: Callable[[Session], T]) -> T:
        """Run `body` on one snapshot."""

    async def write(self, body: Callable[[Session], T]) -> T:
        """Run `body` atomically; durable when this returns."""


class Codec(Protocol):
    """Values to bytes and back."""

    def encode(self, value: Any) -> bytes:
        """Encode a value."""

    def decode(self, data: bytes, type_: Any) -> Any:
        """Decode bytes as a value of `type_`."""


class Clock(Protocol):
    """The time of day; durations are the event loop's."""

    def now(self) -> float:
        """Return Unix seconds."""


class Ids(Protocol):
    """New identifiers."""

    def new(self) -> str:
        """Return an identifier that was not given before."""


class Seat(Protocol):
    """One generation of one cell where its placement runs it; `remembers` when it has memory to hand over."""

    remembers: bool

    def method(self, operation: str) -> Callable[..., Awaitable[Any]]:
        """Return the callable that runs an operation; raises `AttributeError` where there is none."""

    async def start(self) -> "asyncio.Future[None]":
        """Start it; the future ends with an exception when it crashes."""

    async def stop(self) -> None:
        """Stop it; safe to call once after a start that failed."""

    async def hand_over(self) -> Any:
        """Return the memory that its successor needs; called while no call runs."""

    async def take_over(self, handed: Any) -> None:
        """Take a predecessor's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOrder:
    """What a placement needs to open a seat of one generation, loaded where it runs.

    `wires` takes, by attribute, the cells that an implementation asks for (None for its state), and gives what it may have
    (or raises PLN-L104); `complain` takes text that concerns no caller.

    >>> [name for name in SeatOrder.__dataclass_fields__ if name.startswith("c")]
    ['cell', 'contract', 'complain']
    """

    cell: str
    contract: type[Contract]
    generation: Generation
    uses: tuple[type[Contract], ...]
    wires: Callable[[Mapping[str, str | None]], dict[str, Any]]
    limits: Mapping[str, Any]
    complain: Callable[[str], None]


class Placement(Protocol):
    """Where a cell runs; refuses what it cannot give."""

    def open(self, order: SeatOrder) -> Seat:
        """Open a seat, not yet started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The adapters that one running system uses.

    >>> sorted(Ports.__dataclass_fields__)
    ['clock', 'codec', 'ids', 'placements', 'store']
    """

    store: Store
    codec: Codec
    clock: Clock
    ids: Ids
    placements: Mapping[str, Placement]
