"""Frames: what travels between host and worker, cut into chunks, and put together again within limits.

Why: both sides share one small, pure piece, so that what a hostile worker may send is decided in one place. A large value
is cut, so that small ones pass between its chunks; large ones follow one another, so that one at most is incomplete.
Layout: length of the payload (u32), kind (u8), flags (u8), index (u16), number (u32), parent (u32), little-endian; then
the payload. `number` names the call or the question; `index` is the operation; `parent` is the call that a question is
asked in, 0 for none.
Not here: sockets (`channel`), what the payloads hold (`message`).
"""

from collections.abc import Iterator
from struct import Struct

HEADER = Struct("<IBBHII")
HEAD = HEADER.size
CHUNK = 131_072
MORE = 1
NUMBER_MAX = 0xFFFF_FFFF

# Host to worker: CALL, HOOK, CANCEL, and answers to questions. Worker to host: answers to calls, ASK, STATE, CANCEL, BROKEN.
CALL, HOOK, ASK, STATE, CANCEL, RESULT, RAISED, ITEM, CREDIT, BROKEN = range(10)
KINDS = 10
STOP, HAND_OVER, TAKE_OVER, WIRES = range(4)
READ, WRITE = range(2)


class Violation(Exception):
    """The other side broke the protocol."""


def sealed(buffer: bytearray, kind: int, number: int, *, index: int = 0, parent: int = 0) -> bytearray:
    """Write the header of a message whose payload begins at `HEAD`, and return the buffer.

    >>> sealed(bytearray(HEAD) + b"ab", CALL, 7)[:6].hex()
    '020000000000'
    """
    HEADER.pack_into(buffer, 0, len(buffer) - HEAD, kind, 0, index, number, parent)
    return buffer


def chunks(message: bytes | bytearray) -> Iterator[bytes]:
    """Cut a sealed message into frames of at most `CHUNK` bytes of payload.

    >>> [len(one) - HEAD for one in chunks(sealed(bytearray(HEAD + 200_000), CALL, 1))]
    [131072, 68928]
    """
    length, kind, _, index, number, parent = HEADER.unpack_from(message)
    for start in range(0, max(length, 1), CHUNK):
        part = message[HEAD + start : HEAD + start + CHUNK]
        yield HEADER.pack(len(part), kind, MORE if start + CHUNK < length else 0, index, number, parent) + part


class Assembly:
    """Put chunks together: of one message at a time, of at most `size_max` bytes.

    >>> assembly = Assembly(200_000)
    >>> assembly.add(CALL, 1, bytes(CHUNK), more=True) is None
    True
    >>> len(assembly.add(CALL, 1, b"end", more=False))
    131075
    """

    def __init__(self, size_max: int) -> None:
        self.size_max = size_max
        self.whole: bytearray | None = None
        self.key = (0, 0)

    def add(self, kind: int, number: int, part: bytes | memoryview, *, more: bool) -> bytearray | None:
        """Take a chunk; return the whole payload when it was the last.

        Raises:
            Violation: too much, a second message before the end of the first, or a chunk that is not full.
        """
        if self.whole is None:
            self.whole, self.key = bytearray(), (kind, number)
        if self.key != (kind, number):
            raise Violation("a second large message before the end of the first")
        if more and len(part) != CHUNK:
            raise Violation(f"a chunk of {len(part)} bytes")
        self.whole += part
        if len(self.whole) > self.size_max:
            raise Violation(f"a message of more than {self.size_max} bytes")
        if more:
            return None
        whole, self.whole = self.whole, None
        return whole
