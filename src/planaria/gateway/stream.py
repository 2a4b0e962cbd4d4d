"""Streams over HTTP: one JSON object a line, each item as it comes, and a last line that says how it ended.

Why: a client must tell a stream that ended from one that was cut off, so the last line is `{"end": COUNT}` or
`{"problem": …}`; what is refused before the first item is answered with a status, as any other call is.
Not here: the call (`application`).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from planaria.gateway.problem import problem_of

MEDIA_TYPE = b"application/x-ndjson"
Send = Callable[[dict[str, Any]], Awaitable[None]]
Encode = Callable[[Any], bytes]


async def lines_of(items: AsyncGenerator[Any, None], encode: Encode, request_id: str) -> AsyncGenerator[bytes, None]:
    r"""Yield the lines of a stream; raise what ends it before its first item.

    >>> async def twice():
    ...     yield 1
    ...     yield 2
    >>> [line async for line in lines_of(twice(), lambda item: b"%d" % item, "r1")]
    [b'{"item":1}\n', b'{"item":2}\n', b'{"end":2}\n']
    """
    count = 0
    async with aclosing(items) as open_items:
        try:
            async for item in open_items:
                yield b'{"item":' + encode(item) + b"}\n"
                count += 1
        except Exception as error:
            if not count:
                raise
            yield b'{"problem":' + problem_of(error, request_id).body + b"}\n"
            return
    yield b'{"end":%d}\n' % count


async def send_lines(lines: AsyncGenerator[bytes, None], send: Send, request_id: str) -> int:
    """Send lines as they come and return how many bytes they were; nothing is sent when the first one is not to be had."""
    sent = 0
    async with aclosing(lines) as open_lines:
        async for line in open_lines:
            if not sent:
                head = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), (b"x-request-id", request_id.encode())]
                await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": line, "more_body": True})
            sent += len(line)
    await send({"type": "http.response.body", "body": b""})
    return sent
