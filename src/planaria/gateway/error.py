"""What the gateway refuses, each with the HTTP status that says so.

Why: a client reads a code and a cure, so every refusal is a class with both; the status stands beside them.
Not here: how they look on the wire, and the statuses of the kernel's errors (`problem`).
"""

from typing import ClassVar

from planaria.kernel.error import PlanariaError


class GatewayError(PlanariaError):
    """Base of the gateway's errors."""

    code = "PLN-G100"
    what = "the gateway cannot do this: {text}"
    why = "a check at the gateway said no"
    fix = "change the request"
    status: ClassVar[int] = 500


class PortTaken(GatewayError):
    """Another program listens on the port."""

    code = "PLN-G101"
    what = "cannot listen on {host}:{port}: {text}"
    why = "another program listens there, or the system forbids it"
    fix = "stop that program, or choose another port (0 takes any free one)"


class NotLoopback(GatewayError):
    """The address can be reached from other machines, and nobody asked for that."""

    code = "PLN-G102"
    what = "{host} can be reached from other machines"
    why = "a gateway listens on this machine alone unless it is asked to do more: keys would travel without TLS"
    fix = "use 127.0.0.1 behind a proxy that ends TLS, or say expose=True"


class KeysUnreadable(GatewayError):
    """The file of keys cannot be read."""

    code = "PLN-G103"
    what = "{path} is no file of keys: {text}"
    why = "without it nobody could be told from anybody"
    fix = "restore it from a backup, or delete it and make new keys"


class NoKey(GatewayError):
    """The request has no key."""

    code = "PLN-G201"
    what = "this needs an API key"
    why = "every request names who makes it"
    fix = "send `Authorization: Bearer pk_…` or `X-API-Key: pk_…`"
    status = 401


class UnknownKey(GatewayError):
    """The key is not, or no longer, known."""

    code = "PLN-G202"
    what = "the API key is not known"
    why = "it was never made here, or it was revoked"
    fix = "ask whoever runs this system for a key"
    status = 401


class KeyMayNot(GatewayError):
    """The key does not open this cell."""

    code = "PLN-G203"
    what = "key '{key}' may not call cell '{cell}'"
    why = "it was made for: {cells}"
    fix = "ask for a key that may, or call one of these cells"
    status = 403


class NoSuchPage(GatewayError):
    """Nothing is served there."""

    code = "PLN-G204"
    what = "nothing is served at {path}"
    why = "operations are at /cells/CELL/OPERATION"
    fix = "see /openapi.json for what there is"
    status = 404


class WrongMethod(GatewayError):
    """The address takes another method."""

    code = "PLN-G205"
    what = "{path} does not take {method}"
    why = "it takes only {allow}"
    fix = "use {allow}"
    status = 405


class BodyTooLarge(GatewayError):
    """The body is larger than the gateway takes."""

    code = "PLN-G206"
    what = "the body has more than {limit_bytes} bytes"
    why = "larger bodies are refused before they are read"
    fix = "send less at once"
    status = 413


class WrongMediaType(GatewayError):
    """The body is not said to be JSON."""

    code = "PLN-G207"
    what = "the body is '{media_type}'"
    why = "operations take JSON"
    fix = "send `Content-Type: application/json` and no Content-Encoding"
    status = 415


class BodyTooSlow(GatewayError):
    """The body did not arrive in time."""

    code = "PLN-G208"
    what = "the body did not arrive within {limit_s} s"
    why = "a connection that sends slowly must not hold a place for ever"
    fix = "send the whole body at once, or send less"
    status = 408


class TooManyOfKey(GatewayError):
    """One key has too many requests running."""

    code = "PLN-G209"
    what = "key '{key}' has {running} requests running"
    why = "one key may not take the places of all others"
    fix = "try again in {retry_after_s} s, or send fewer at once"
    status = 429


class Overloaded(GatewayError):
    """The gateway has too many requests running."""

    code = "PLN-G210"
    what = "the gateway has {running} requests running"
    why = "more at once would only make everyone wait"
    fix = "try again in {retry_after_s} s"
    status = 503


class AnswerTooSlow(GatewayError):
    """The answer did not come in time, and the call did not end at its deadline."""

    code = "PLN-G211"
    what = "no answer within {limit_s} s"
    why = "the operation went on after its deadline, and was cancelled"
    fix = "look at the state before calling again"
    status = 504


class WrongDeadline(GatewayError):
    """The header X-Deadline-S is no number of seconds."""

    code = "PLN-G212"
    what = "X-Deadline-S is '{value}'"
    why = "it must be a number of seconds above 0"
    fix = "send a number such as 2.5, or leave the header out"
    status = 400


class HeadTooLarge(GatewayError):
    """The head of the request is larger than the gateway takes."""

    code = "PLN-G213"
    what = "the head of the request has more than {limit_bytes} bytes"
    why = "addresses and headers are kept in memory before anyone is known"
    fix = "send shorter headers"
    status = 431


class TooManyConnections(GatewayError):
    """The gateway holds as many connections as it may."""

    code = "PLN-G214"
    what = "the gateway holds {connections} connections"
    why = "each costs memory even while it is quiet"
    fix = "try again in {retry_after_s} s, and keep connections open for many requests"
    status = 503


class Malformed(GatewayError):
    """The bytes are not HTTP."""

    code = "PLN-G215"
    what = "the request is not HTTP/1.1"
    why = "the parser could not read it"
    fix = "use an HTTP/1.1 client, and http:// rather than https:// on this port"
    status = 400


class InternalFault(GatewayError):
    """Something inside went wrong that the contract does not name."""

    code = "PLN-G216"
    what = "something inside went wrong"
    why = "it is in the log of the system under request {request}"
    fix = "tell whoever runs this system the request id"
    status = 500
