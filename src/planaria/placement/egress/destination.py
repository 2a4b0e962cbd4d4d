"""Destinations: the host and port that a cell asks for, in the one form in which they are compared.

Why: 2130706433, 0x7f.1, 0177.0.0.1, fullwidth digits and ::ffff:127.0.0.1 all reach loopback where a resolver reads them;
so what is not written plainly is refused before anyone resolves it.
Not here: what the addresses behind a name are (`address`).
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from planaria.placement.egress.address import inside
from planaria.placement.egress.error import AddressDisguised, HostNotNamed, HostsWrong
from planaria.placement.right import PORT_MAX, Host

NAME_CHARACTERS_MAX = 253
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
LOOPBACK_NAME = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A host and port that were written plainly; `is_address` where the host is an address itself.

    >>> Destination.of("EXAMPLE.com.", 443)
    Destination(host='example.com', port=443, is_address=False)
    """

    host: str
    port: int
    is_address: bool

    @classmethod
    def of(cls, host: object, port: object) -> "Destination":
        """Read what a cell asked for.

        Raises:
            AddressDisguised: PLN-P603.
        """
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port <= PORT_MAX:
            raise AddressDisguised(host=shown(host), port=shown(port), text="that is no port")
        try:
            name, is_address = plain(host)
        except ValueError as problem:
            raise AddressDisguised(host=shown(host), port=port, text=str(problem)) from None
        return cls(host=name, port=port, is_address=is_address)


def plain(host: object) -> tuple[str, bool]:
    """Return a host in its one form, and whether it is an address; `ValueError` says what is odd about it.

    >>> plain("B\u00fccher.example"), plain("[2001:DB8:0::1]")
    (('xn--bcher-kva.example', False), ('2001:db8::1', True))
    >>> plain("0x7f.1")
    Traceback (most recent call last):
    ValueError: its last part is a number, so it is an address that is not written plainly
    """
    if not isinstance(host, str) or not host or len(host) > NAME_CHARACTERS_MAX:
        raise ValueError("that is no name")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host
    if ":" in bare or "%" in bare:
        try:
            found = ipaddress.IPv6Address(bare)
        except ValueError:
            raise ValueError("that is no IPv6 address") from None
        if found.scope_id is not None:
            raise ValueError("a zone of an interface is no part of a public address")
        return found.compressed, True
    try:
        name = bare.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("that is no international domain name") from None
    labels = name.split(".")
    if NUMBER.fullmatch(labels[-1]):
        return _four(name), True
    if len(name) > NAME_CHARACTERS_MAX or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("a name is made of letters, digits and hyphens between dots")
    return name, False


def _four(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise ValueError("its last part is a number, so it is an address that is not written plainly") from None


def shown(value: object) -> str:
    r"""Show what a cell wrote, without anything that a terminal obeys.

    >>> shown("a" + chr(27) + "[2J")
    'a\\x1b[2J'
    """
    text = ascii(value)
    return (text[1:-1] if isinstance(value, str) else text)[:NAME_CHARACTERS_MAX]


class Named:
    """The hosts that a cell's rights name, for the questions that a broker has.

    `*` stands for any public host, `*.example.com` for any public host below example.com; neither names an address.

    >>> named = Named("intake", [Host("docs.example", 443), Host("localhost", None)])
    >>> named.check(Destination.of("docs.example", 443))
    >>> named.forgives("127.0.0.1", Destination.of("localhost", 80)), named.forgives("127.0.0.1", Destination.of("docs.example", 443))
    (True, False)
    """

    def __init__(self, cell: str, hosts: Iterable[Host]) -> None:
        self.cell = cell
        self.hosts = tuple(hosts)
        problems: list[str] = []
        self._names = {(_right(one.name, problems), one.port) for one in self.hosts}
        if problems:
            raise HostsWrong.of(f"the rights of cell '{cell}'", problems)

    def check(self, asked: Destination) -> None:
        """Refuse a destination that no right names.

        Raises:
            HostNotNamed: PLN-P602.
        """
        if not any(self._has(name, asked.port) for name in _wider(asked)):
            named = ", ".join(map(str, self.hosts)) or "no host"
            raise HostNotNamed(cell=self.cell, host=asked.host, port=asked.port, named=named)

    def forgives(self, address: str, asked: Destination) -> bool:
        """Say whether an address that is not public may be reached: it is named itself, or is the loopback of `localhost`."""
        if self._has(ipaddress.ip_address(address).compressed, asked.port):
            return True
        return asked.host == LOOPBACK_NAME and self._has(LOOPBACK_NAME, asked.port) and inside(address) == "loopback"

    def _has(self, name: str, port: int) -> bool:
        return (name, port) in self._names or (name, None) in self._names


def _right(name: str, problems: list[str]) -> str:
    if name == "*":
        return name
    try:
        return "*." + plain(name[2:])[0] if name.startswith("*.") else plain(name)[0]
    except ValueError as problem:
        problems.append(f"Connects('{name}:…'): {problem}")
        return ""


def _wider(asked: Destination) -> Iterable[str]:
    yield asked.host
    yield "*"
    parts = [] if asked.is_address else asked.host.split(".")
    for number in range(1, len(parts)):
        yield "*." + ".".join(parts[number:])
