"""Reaching: from a name to a connection with an address that was judged.

Why: between judging an address and connecting to it nothing is resolved again, so a name that changes its answer
(DNS rebinding) gains nothing; and each connection begins here, so a redirect is judged like any other address.
Not here: whether the cell may ask for the name at all (`destination`).
"""

import asyncio
import errno
import ipaddress
import os
import socket

from planaria.placement.egress.address import inside, is_own
from planaria.placement.egress.destination import Destination, Named
from planaria.placement.egress.error import AddressInside
from planaria.placement.egress.resolver import Resolver


async def judged(asked: Destination, named: Named, resolver: Resolver) -> tuple[str, ...]:
    """Return the addresses of a destination, all of which may be reached.

    Raises:
        AddressInside: PLN-P604, where even one may not.
        socket.gaierror: where there is none.
    """
    found = (asked.host,) if asked.is_address else await resolver.addresses(asked.host)
    for address in found:
        problem = _problem(address)
        if problem and not named.forgives(address, asked):
            raise AddressInside(host=asked.host, port=asked.port, address=address, text=problem)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found


def _problem(address: str) -> str:
    return inside(address) or ("an address of this machine" if is_own(address) else "")


async def connected(addresses: tuple[str, ...], port: int, *, connect_s: float) -> tuple[str, socket.socket]:
    """Connect to the first address that answers; each has its share of the time.

    Raises:
        OSError: what the last of them did.
    """
    last: OSError = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    for address in addresses:
        try:
            async with asyncio.timeout(connect_s / len(addresses)):
                return address, await _connected(address, port)
        except OSError as error:
            last = error if error.errno is not None else timed_out()
    raise last


def timed_out() -> OSError:
    """Return what a plain connection that waits too long raises.

    >>> timed_out()
    TimeoutError(110, 'Connection timed out')
    """
    return OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004 - the version of the internet protocol
    far = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        await asyncio.get_running_loop().sock_connect(far, (address, port))
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if far.getsockname() == far.getpeername():  # nobody listens, and the socket met itself
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    except BaseException:
        far.close()
        raise
    return far
