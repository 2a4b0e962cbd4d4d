"""The errors of egress, family P6: each is an `OSError` as well, so that code which expects a network expects them.

Why: a cell is the same code in every place; what a broker refuses must reach it as a connection that was refused.
Not here: what a source itself does (refused, reset, timed out): that is the plain `OSError` it would have been.
"""

import errno
from typing import Any

from planaria.kernel.error import PlanariaError, Several


class HostsWrong(Several):
    """A right names a host that cannot be one."""

    code = "PLN-P600"
    why = "names are compared exactly, so each must be written as the broker will see it"


class EgressRefused(PlanariaError, ConnectionRefusedError):
    """The broker did not open, or did not keep, a line."""

    code = "PLN-P601"
    what = "no line to {host}:{port}: {text}"
    why = "the broker of egress said no"
    fix = "change the address, or what the cell may reach"
    number = errno.ECONNREFUSED

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.errno = self.number


class HostNotNamed(EgressRefused):
    """The cell may not reach this host."""

    code = "PLN-P602"
    what = "cell '{cell}' may not reach {host}:{port}"
    why = "its rights name only: {named}"
    fix = "declare Connects('{host}:{port}') in the operation's effects and have it reviewed; then let `may` hold it"


class AddressDisguised(EgressRefused):
    """The host is neither a plain name nor a plainly written address, or the port is no port."""

    code = "PLN-P603"
    what = "'{host}' port {port} cannot be reached: {text}"
    why = "an address that is written in an unusual form is compared with nothing"
    fix = "write a name like docs.example or an address like 192.0.2.1 or 2001:db8::1, and a port from 1 to 65535"


class AddressInside(EgressRefused):
    """The name leads to an address that is not public, and that no right names."""

    code = "PLN-P604"
    what = "{host}:{port} is at {address}, which is {text}"
    why = "a name must not lead a cell into the machine or the network that it runs in"
    fix = "if that is meant, declare Connects('{address}:{port}') as well and have it reviewed"


class TooManyLines(EgressRefused):
    """The cell holds as many lines as it may."""

    code = "PLN-P605"
    what = "cell '{cell}' already holds {limit} lines"
    why = "the broker limits how many a cell may have at once"
    fix = "close a connection before opening another"
    number = errno.EMFILE


class LineCut(EgressRefused):
    """A limit ended a line; what came before it is incomplete."""

    code = "PLN-P606"
    what = "the line to {host}:{port} was cut: {text}"
    why = "the broker limits the bytes and the time of each line"
    fix = "ask for less, or in parts"
    number = errno.ECONNABORTED


class BrokerGone(EgressRefused):
    """No broker answers."""

    code = "PLN-P607"
    what = "no line to {host}:{port}: the broker does not answer"
    why = "the cell is being stopped, or its host ended"
    fix = "nothing can be done in the cell"
    number = errno.ENETDOWN
