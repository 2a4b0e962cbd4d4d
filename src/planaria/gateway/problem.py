"""Problem details: how every refusal and fault looks on the wire (RFC 9457).

Why: a client of any language reads one shape with a stable code and a cure, and never sees what is inside a cell.
The one table of statuses is `STATUSES`; an error class may say its own by `status: ClassVar[int]`.
Not here: the errors themselves.
"""

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from planaria.gateway.error import InternalFault, NoKey, UnknownKey, WrongMethod
from planaria.kernel.call import ConditionBroken, DeadlinePassed, Interrupted
from planaria.kernel.error import (
    CellError,
    Failed,
    NoSuchCell,
    NoSuchOperation,
    PlanariaError,
    Refused,
    Unknown,
)
from planaria.placement.codec import WrongJson, WrongValue

STATUSES: tuple[tuple[type[PlanariaError], int], ...] = (
    (WrongJson, 400),  # the body cannot be read at all
    (WrongValue, 422),  # it can be read, and is not what the contract declares
    (ConditionBroken, 422),  # it is what the contract declares, and a precondition does not hold
    (NoSuchCell, 404),
    (NoSuchOperation, 404),
    (DeadlinePassed, 504),  # nothing ran: there was no time left
    (Interrupted, 504),  # it may have run: its time ended before it did
    (CellError, 409),  # an outcome that the contract declares: the state does not allow what was asked
    (Refused, 503),  # nothing ran: busy, resting, down; Retry-After where the refusal says when
    (Unknown, 500),  # it may have run
    (Failed, 500),  # it ran and raised
)
SHOWN_OF_A_FAULT = ("cell", "operation", "request")
JSON_TYPE = b"application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem, ready to be sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def status_of(error: PlanariaError) -> int:
    """Return the HTTP status of an error.

    >>> status_of(NoSuchCell(cell="card", known="cart"))
    404
    """
    own = getattr(type(error), "status", None)
    if isinstance(own, int):
        return own
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def problem_of(error: BaseException, request_id: str) -> Problem:
    """Return how an error looks on the wire; what is inside a cell stays inside.

    >>> problem_of(ValueError("secret"), "r1").body.count(b"secret")
    0
    """
    if not isinstance(error, PlanariaError) or (status_of(error) == HTTPStatus.INTERNAL_SERVER_ERROR and not _known(error)):
        error = InternalFault(request=request_id)
    status, plain = status_of(error), _plain(error, request_id)
    document = {
        "type": f"urn:planaria:{plain['code']}",
        "title": (type(error).__doc__ or type(error).__name__).strip().partition("\n")[0],
        "status": status,
        "detail": plain["what"],
        "instance": request_id,
        **{name: plain[name] for name in ("code", "why", "fix", "facts")},
    }
    return Problem(status=status, headers=_headers(error), body=json.dumps(document, default=str).encode())


def _known(error: PlanariaError) -> bool:
    return isinstance(error, (Failed, Unknown, CellError, InternalFault))


def _plain(error: PlanariaError, request_id: str) -> dict[str, Any]:
    """Return the error as data, without the cause of a fault: that may hold anything."""
    if not isinstance(error, (Failed, Unknown)):
        return error.plain()
    facts = {"request": request_id} | {name: error.facts[name] for name in SHOWN_OF_A_FAULT if name in error.facts}
    if isinstance(error, Interrupted):
        facts["deadline_s"] = error.facts["deadline_s"]
    plain = type(error)(**facts, error="an error", text="see the log").plain()
    return {**plain, "facts": facts}


def _headers(error: PlanariaError) -> tuple[tuple[bytes, bytes], ...]:
    headers = [(b"content-type", JSON_TYPE)]
    if isinstance(error, NoKey | UnknownKey):
        headers.append((b"www-authenticate", b'Bearer realm="planaria"'))
    if isinstance(error, WrongMethod):
        headers.append((b"allow", str(error.facts["allow"]).encode()))
    if "retry_after_s" in error.facts:
        headers.append((b"retry-after", str(max(1, math.ceil(error.facts["retry_after_s"]))).encode()))
    return tuple(headers)
