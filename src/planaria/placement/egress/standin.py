"""Stand-ins: addresses that a worker gives to names, so that code which resolves before it connects can go on.

Why: many libraries ask for the addresses of a name and then connect to one of them; a worker resolves nothing, so it answers
with an address that means the name to itself, and asks the broker for the name. The range is kept for benchmarks
(RFC 2544), so that it is nobody's.
Not here: real addresses, which only the broker sees.
"""

import ipaddress
import socket
import threading
from collections import OrderedDict
from typing import Any

RANGE = ipaddress.IPv4Network("198.18.0.0/15")
NAMES_MAX = 10_000
SERVICES = {None: 0, "": 0, "http": 80, "https": 443}
WISHES = ("family", "type", "proto", "flags")
Info = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class StandIns:
    """The names that a worker has asked for, and what stands for each; the one that was unused longest is forgotten first.

    >>> names = StandIns()
    >>> names.of("docs.example"), names.name("198.18.0.1"), names.name("192.0.2.1")
    ('198.18.0.1', 'docs.example', '192.0.2.1')
    """

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, str] = OrderedDict()
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> str:
        """Return the address that stands for a name."""
        with self._lock:
            address = self._addresses.get(name)
            if address is None:
                if len(self._addresses) < NAMES_MAX:
                    address = str(RANGE[len(self._addresses) + 1])
                else:
                    _, address = self._addresses.popitem(last=False)
                self._addresses[name], self._names[address] = address, name
            self._addresses.move_to_end(name)
            return address

    def name(self, host: Any) -> Any:
        """Return the name that an address stands for; anything else as it is."""
        return self._names.get(host, host) if isinstance(host, str) else host

    def infos(self, host: Any, port: Any, *given: int, **named: int) -> list[Info]:
        """Answer as `socket.getaddrinfo` does, with one address for a stream.

        Raises:
            socket.gaierror: where a stream to it cannot be.
        """
        asked = dict(zip(WISHES, given, strict=False)) | named
        text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        number = _number(port)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            if asked.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
            address = ipaddress.IPv4Address(self.of(text))
        found = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - the version of the internet protocol
        if asked.get("family", 0) not in (0, found):
            raise socket.gaierror(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
        if asked.get("type", 0) not in (0, socket.SOCK_STREAM) or asked.get("proto", 0) not in (0, socket.IPPROTO_TCP):
            raise socket.gaierror(socket.EAI_SOCKTYPE, "ai_socktype not supported")
        place: tuple[Any, ...] = (str(address), number) if found == socket.AF_INET else (str(address), number, 0, 0)
        return [(found, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)]


def _number(port: Any) -> int:
    text = port.decode("ascii", "replace") if isinstance(port, bytes) else port
    if isinstance(text, int):
        return text
    if isinstance(text, str) and text.isdecimal():
        return int(text)
    if text not in SERVICES:
        raise socket.gaierror(socket.EAI_SERVICE, "Servname not supported for ai_socktype")
    return SERVICES[text]
