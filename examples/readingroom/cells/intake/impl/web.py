"""Fetching: one GET, with every size and every hop limited.

HTTP/1.0 is asked for on purpose: the answer then comes in one piece and ends with the connection.
"""

import asyncio
import urllib.parse

from cells.intake.contract import DOCUMENT_BYTES_MAX, AddressRefused, NotAPage, Unreachable

HOPS_MAX = 3
HEAD_BYTES_MAX = 32_768
PAGE_TIMEOUT_S = 20.0
MOVED = frozenset({301, 302, 303, 307, 308})
HTML = frozenset({"text/html", "application/xhtml+xml"})
PORTS = {"http": 80, "https": 443}


class NotHttp(ValueError):
    def __str__(self):
        return "it does not speak HTTP"


async def get(address, sources):
    """Return the address after redirects, the bytes and the charset of a page."""
    for _ in range(HOPS_MAX + 1):
        place = checked(address, sources)
        status, head, body = await answer(place)
        if status not in MOVED:
            return place.geturl(), body, charset_of(place.geturl(), status, head)
        address = urllib.parse.urljoin(place.geturl(), head.get("location", ""))
    raise Unreachable(address=address, problem=f"it moved more than {HOPS_MAX} times")


def checked(address, sources):
    """Return the parts of an address that may be fetched, without the fragment."""
    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise refused(address, str(problem), sources) from None
    if parts.scheme not in PORTS:
        raise refused(address, f"its scheme is '{parts.scheme}'", sources)
    if parts.username is not None or parts.password is not None:
        raise refused(address, "it holds a user name", sources)
    if host not in sources:
        raise refused(address, f"its host is '{host}'", sources)
    path = urllib.parse.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = urllib.parse.quote(parts.query, safe="/?%:@!$&'()*+,;=~")
    return urllib.parse.SplitResult(parts.scheme, f"{host}:{port}" if port else host, path, query, "")


def refused(address, problem, sources):
    return AddressRefused(address=address, problem=problem, sources=", ".join(sources))


async def answer(place):
    """Return status, header fields and body; everything that can go wrong with a server is Unreachable."""
    port = place.port or PORTS[place.scheme]
    try:
        async with asyncio.timeout(PAGE_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(place.hostname, port, ssl=place.scheme == "https" or None, limit=HEAD_BYTES_MAX)
            try:
                writer.write(request(place))
                await writer.drain()
                status, head = parsed_head(await reader.readuntil(b"\r\n\r\n"))
                return status, head, await body(reader, place.geturl())
            finally:
                writer.close()
    except TimeoutError:
        raise Unreachable(address=place.geturl(), problem=f"not within {PAGE_TIMEOUT_S:.0f} s") from None
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
        raise Unreachable(address=place.geturl(), problem=str(problem) or type(problem).__name__) from None


def request(place):
    target = place.path + (f"?{place.query}" if place.query else "")
    lines = (f"GET {target} HTTP/1.0", f"Host: {place.netloc}", "Accept: text/html", "Accept-Encoding: identity")
    return "\r\n".join((*lines, "User-Agent: readingroom", "Connection: close", "", "")).encode("ascii")


def parsed_head(raw):
    first, *lines = raw.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/"):
        raise NotHttp
    fields = (line.partition(":") for line in lines if ":" in line)
    return int(rest[:3]), {name.strip().lower(): value.strip() for name, _, value in fields}


async def body(reader, address):
    pieces, size = [], 0
    while piece := await reader.read(65_536):
        size += len(piece)
        if size > DOCUMENT_BYTES_MAX:
            raise NotAPage(address=address, problem=f"it is larger than {DOCUMENT_BYTES_MAX:,} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def charset_of(address, status, head):
    """Return the charset that the transport names; refuse what is not a page."""
    kind, _, parameters = head.get("content-type", "text/html").lower().partition(";")
    if status != 200:
        raise NotAPage(address=address, problem=f"the source answers with status {status}")
    if kind.strip() not in HTML:
        raise NotAPage(address=address, problem=f"it is {kind.strip()}")
    if "transfer-encoding" in head or head.get("content-encoding", "identity").lower() != "identity":
        raise NotAPage(address=address, problem="it comes encoded, which was not asked for")
    name, _, value = parameters.strip().partition("=")
    return value.split(";")[0].strip(" \"'") if name.strip() == "charset" else ""
