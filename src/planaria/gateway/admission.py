"""Admission: the checks before any cell code, cheapest first.

Why: whoever may not come in must cost next to nothing; so a key is looked up by the very bytes of its header, and a
body that is too large is refused by what it says of itself.
Not here: places in a cell and its queue (`kernel.admission`), reading the body (`application`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from planaria.gateway.error import (
    BodyTooLarge,
    KeyMayNot,
    NoKey,
    Overloaded,
    TooManyOfKey,
    UnknownKey,
    WrongDeadline,
    WrongMediaType,
)
from planaria.gateway.keys import Key, Keys

Headers = Mapping[bytes, bytes]
RETRY_AFTER_S = 1.0
JSON = b"application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the gateway takes; every limit has an answer that says so.

    >>> Limits().body_bytes
    1048576
    """

    body_bytes: int = 1 << 20
    body_s: float = 10.0
    head_bytes: int = 32 << 10
    head_s: float = 10.0
    idle_s: float = 75.0
    send_s: float = 30.0
    grace_s: float = 5.0
    drain_s: float = 15.0
    requests: int = 1024
    requests_per_key: int = 512
    connections: int = 2048
    backlog: int = 1024


@dataclass(frozen=False, slots=True, kw_only=True)
class Guest:
    """A key that is being used: how many of its requests run."""

    key: Key
    caller: str
    running: int = 0

    def may_call(self, cell: str) -> bool:
        """Say whether the key opens a cell."""
        return self.key.cells is None or cell in self.key.cells


class Admission:
    """The door: who comes in, with what, and how many at once."""

    def __init__(self, keys: Keys, limits: Limits) -> None:
        self.keys, self.limits = keys, limits
        self.running = 0
        self._version = keys.version
        self._guests: dict[str, Guest] = {}
        self._bearers: dict[bytes, Guest] = {}
        self._plain: dict[bytes, Guest] = {}

    def guest(self, headers: Headers) -> Guest:
        """Return who makes a request.

        Raises: `PLN-G201`, `PLN-G202`.
        """
        if self._version != self.keys.version:
            self._version = self.keys.version
            self._bearers, self._plain = {}, {}
        bearer = headers.get(b"authorization")
        if bearer is not None:
            return self._bearers.get(bearer) or self._bearer(bearer)
        plain = headers.get(b"x-api-key")
        if plain is None:
            raise NoKey
        found = self._plain.get(plain)
        if found is None:
            found = self._plain[plain] = self._identified(plain)
        return found

    def _bearer(self, header: bytes) -> Guest:
        scheme, _, secret = header.partition(b" ")
        if scheme.lower() != b"bearer":
            raise NoKey
        found = self._bearers[header] = self._identified(secret.strip())
        return found

    def _identified(self, secret: bytes) -> Guest:
        key = self.keys.find(secret.decode("latin-1"))
        if key is None:
            raise UnknownKey
        guest = self._guests.setdefault(key.id, Guest(key=key, caller=key.caller))
        guest.key = key
        return guest

    def enter(self, headers: Headers, cell: str) -> Guest:
        """Let a request to a cell in, or refuse it; whoever came in must `leave`.

        Raises: `PLN-G201`, `PLN-G202`, `PLN-G203`, `PLN-G206`, `PLN-G207`, `PLN-G209`, `PLN-G210`.
        """
        guest = self.guest(headers)
        if guest.key.cells is not None and cell not in guest.key.cells:
            raise KeyMayNot(key=guest.key.id, cell=cell, cells=", ".join(sorted(guest.key.cells)) or "none")
        if headers.get(b"content-type", JSON) != JSON or b"content-encoding" in headers:
            check_media_type(headers)
        length = headers.get(b"content-length")
        if length is not None and int(length) > self.limits.body_bytes:
            raise BodyTooLarge(limit_bytes=self.limits.body_bytes)
        if self.running >= self.limits.requests:
            raise Overloaded(running=self.running, retry_after_s=RETRY_AFTER_S)
        if guest.running >= self.limits.requests_per_key:
            raise TooManyOfKey(key=guest.key.id, running=guest.running, retry_after_s=RETRY_AFTER_S)
        self.running += 1
        guest.running += 1
        return guest

    def leave(self, guest: Guest) -> None:
        """Give back the place of a request."""
        self.running -= 1
        guest.running -= 1


def check_media_type(headers: Headers) -> None:
    """Refuse a body that is not said to be plain JSON.

    Raises: `PLN-G207`.

    >>> check_media_type({b"content-type": b"Application/JSON; charset=utf-8"})
    """
    given = headers.get(b"content-type", JSON)
    encoding = headers.get(b"content-encoding", b"identity").lower()
    if given.partition(b";")[0].strip().lower() != JSON or encoding != b"identity":
        shown = given if encoding == b"identity" else given + b", " + encoding
        raise WrongMediaType(media_type=shown.decode("latin-1"))


def deadline_of(headers: Headers) -> float | None:
    """Return the seconds that a client gives, None where it says nothing.

    Raises: `PLN-G212`.

    >>> deadline_of({b"x-deadline-s": b"2.5"}), deadline_of({})
    (2.5, None)
    """
    given = headers.get(b"x-deadline-s")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise WrongDeadline(value=given.decode("latin-1"))
    return seconds
