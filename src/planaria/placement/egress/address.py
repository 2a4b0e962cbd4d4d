"""Addresses: which ones belong to the public internet, and what is wrong with the others.

Why: a public service that fetches what it is told to is the usual way into a private network (server-side request
forgery); so only addresses that are known to be public are reached without being named.
Not here: names (`destination`).

The tables follow the special-purpose registries of IANA (RFC 6890 and its updates, read 2026-11) and the documentation of
cloud providers for addresses that answer only inside them. For IPv6 the one public range, 2000::/3, is the rule and the
registry its exceptions, so that what is assigned later is refused.
"""

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this machine"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared inside a provider's network"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud's own service for its machines"),
    ("169.254.0.0/16", "link-local, where clouds serve their metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation only"),
    ("192.88.99.0/24", "a relay of 6to4"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks only"),
    ("198.51.100.0/24", "for documentation only"),
    ("203.0.113.0/24", "for documentation only"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved, or broadcast"),
    ("::/128", "this machine"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address in disguise (mapped)"),
    ("::/96", "an IPv4 address in disguise (compatible)"),
    ("64:ff9b::/96", "an IPv4 address in disguise (NAT64)"),
    ("64:ff9b:1::/48", "an IPv4 address in disguise (local NAT64)"),
    ("2001::/32", "an IPv4 address in disguise (Teredo)"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation only"),
    ("2002::/16", "an IPv4 address in disguise (6to4)"),
    ("3fff::/20", "for documentation only"),
    ("fd00:ec2::254/128", "a cloud's metadata"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private (site-local)"),
    ("ff00::/8", "multicast"),
)
TABLE = tuple((ipaddress.ip_network(network), text) for network, text in SPECIAL)
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
DISCARD_PORT = 9


def inside(address: str) -> str:
    """Say what is not public about an address, or nothing where it is a plain public one.

    >>> inside("169.254.169.254"), inside("::ffff:8.8.8.8"), inside("8.8.8.8")
    ('link-local, where clouds serve their metadata', 'an IPv4 address in disguise (mapped)', '')
    """
    found = ipaddress.ip_address(address)
    for network, text in TABLE:
        if found.version == network.version and found in network:
            return text
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None or found not in PUBLIC_6:
            return "not of the public range 2000::/3"
        if (int(found) >> 32) & 0xFFFF_FFFF in ISATAP:
            return "an IPv4 address in disguise (ISATAP)"
    return ""


def is_own(address: str) -> bool:
    """Say whether an address is one of this machine's; nothing is sent to find out.

    A socket that is bound for an address of its own machine leaves from that same address.

    >>> is_own("127.0.0.1"), is_own("0.0.0.1")
    (True, False)
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as trial:
            trial.connect((address, DISCARD_PORT))
            return bool(trial.getsockname()[0] == address)
    except OSError:
        return False
