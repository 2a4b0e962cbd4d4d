"""The broker: opens lines to the hosts that a cell may reach, and to nothing else.

Why: names are resolved, judged and connected to in one place that the cell cannot touch, and the connection goes to the very
address that was judged, so that a name which changes its address in between gains nothing.
Not here: carrying the bytes (`relay`), and what both sides say (`line`).
"""

import array
import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planaria.kernel.port import Clock
from planaria.placement.egress.access import Access, Outcome
from planaria.placement.egress.address import inside, is_own
from planaria.placement.egress.destination import Destination, Named
from planaria.placement.egress.error import AddressDisguised, AddressInside, EgressRefused, LineCut, TooManyLines
from planaria.placement.egress.line import FRAME_BYTES_MAX, LENGTH_BYTES, PACKET_BYTES_MAX, frame, told
from planaria.placement.egress.relay import Cut, Limits, Relay
from planaria.placement.egress.resolver import Resolver, SystemResolver
from planaria.placement.right import Host

if TYPE_CHECKING:
    import ssl

ASKING_S = 5.0
REFUSAL_PAUSE_S = 0.1


@dataclass(slots=True, kw_only=True)
class _Draft:
    """An access that is not over."""

    host: str
    port: int
    at: float
    began: float
    address: str = ""


class Broker:
    """The way out of one cell.

    `record` is called once for each access when it is over, in the host's loop; `clock` says when.
    """

    def __init__(
        self,
        cell: str,
        hosts: Iterable[Host],
        *,
        record: Callable[[Access], None],
        clock: Clock,
        limits: Limits | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """Take the hosts from the cell's rights.

        Raises:
            HostsWrong: PLN-P600, with every name that cannot be one.
        """
        self.cell, self.named = cell, Named(cell, hosts)
        self.record, self.clock = record, clock
        self.limits = limits or Limits()
        self.resolver: Resolver = resolver or SystemResolver()
        self._lines: set[asyncio.Task[None]] = set()

    async def serve(self, channel: socket.socket) -> None:
        """Serve one worker on the broker's end of its channel, until the worker's end closes or this is cancelled.

        Then every line of that worker is closed, and the channel too.
        """
        raise NotImplementedError

    async def open(
        self, host: str, port: int, *, tls: "bool | ssl.SSLContext" = False
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a line for someone in this process, such as the host of a WebAssembly guest; `tls` as asyncio's `ssl`.

        Raises:
            EgressRefused: PLN-P602 to PLN-P606.
            OSError: what the source did, as a plain connection would have it.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Close every line."""
        raise NotImplementedError
