"""Resolving: the addresses of a name, asked for anew for each connection.

Why: a resolver of the system may block for as long as it likes, so it is asked in threads of its own, a few at a time, that
nobody waits for at the end.
Not here: judging the addresses (`broker`).
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Protocol

LOOKUPS_MAX = 8
ADDRESSES_MAX = 32


class Resolver(Protocol):
    """Names to addresses."""

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a name, best first; `socket.gaierror` where there are none."""


class SystemResolver:
    """The machine's own resolver, with its files and its order of addresses.

    >>> asyncio.run(SystemResolver().addresses("127.0.0.1"))
    ('127.0.0.1',)
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(LOOKUPS_MAX)

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a name."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

        def settle(found: tuple[str, ...], error: OSError | None) -> None:
            self._free.release()  # only now: a lookup that nobody waits for any more still holds a thread
            if not answer.done():
                answer.set_exception(error) if error is not None else answer.set_result(found)

        def look_up() -> None:
            found, error = _looked_up(name)
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(settle, found, error)

        threading.Thread(target=look_up, name="planaria-resolver", daemon=True).start()
        return await answer


def _looked_up(name: str) -> tuple[tuple[str, ...], OSError | None]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return (), error
    except UnicodeError as error:
        return (), socket.gaierror(socket.EAI_NONAME, str(error))
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))[:ADDRESSES_MAX], None
