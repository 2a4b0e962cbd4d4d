"""Memory for values on their way to the engine: taken piece by piece, given back all at once.

Why: a call needs a few dozen small pieces that live exactly as long as the call; one block with a moving mark costs a
tenth of asking the allocator for each.
Not here: what is written there (`canonical`).
"""

import ctypes

CHUNK_BYTES = 1 << 16


class Memory:
    """A block that is handed out from its beginning; what does not fit gets a block of its own.

    >>> memory = Memory()
    >>> view, at, address = memory.take(8)
    >>> view[at : at + 2] = b"ab"
    >>> ctypes.string_at(address, 2)
    b'ab'
    """

    __slots__ = ("_base", "_block", "_kept", "_used", "_view")

    def __init__(self) -> None:
        self._kept: list[object] = []
        self._settle(CHUNK_BYTES)

    def _settle(self, size: int) -> None:
        self._block = (ctypes.c_char * size)()
        self._base, self._used = ctypes.addressof(self._block), 0
        self._view = memoryview(self._block).cast("B")

    def take(self, size: int) -> tuple[memoryview, int, int]:
        """Return a view, where the piece begins in it, and its address."""
        start = (self._used + 7) & ~7
        if start + size > len(self._view):
            self._kept.append(self._block)
            self._settle(max(size, CHUNK_BYTES))
            start = 0
        self._used = start + size
        return self._view, start, self._base + start

    def put(self, data: bytes) -> int:
        """Write bytes and return their address."""
        size = len(data)
        view, at, address = self.take(size)
        view[at : at + size] = data
        return address

    def clear(self) -> None:
        """Take everything back."""
        if self._kept:
            self._kept.clear()
            self._settle(CHUNK_BYTES)
        self._used = 0
