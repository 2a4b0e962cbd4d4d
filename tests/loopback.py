"""Keeps tests on this machine: whoever tries to reach another one is refused.

Why: a test that needs the network fails for reasons that are not in the code.
"""

import ipaddress
import sys
from typing import Any


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_local(str(arguments[1][0])):
        told = f"a test tried to reach {arguments[1]}: tests reach only this machine's loopback"
        raise PermissionError(told)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


def pytest_configure() -> None:
    sys.addaudithook(_refuse_the_network)
