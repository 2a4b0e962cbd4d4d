"""The Merkle tree hash of RFC 6962, section 2.1, over the canonical bytes of all entries.

Why: one root names the whole ledger, so that a mirror or an auditor can compare ledgers, and later prove that one entry
is in them, without sending all.
Not here: proofs of inclusion and of consistency.
"""

import hashlib
from collections.abc import Iterable


class Tree:
    """Grow a Merkle tree leaf by leaf, keeping only its right edge.

    >>> tree = Tree()
    >>> tree.root()
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    >>> tree.add(b"")
    >>> tree.root()
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._edge: list[tuple[int, bytes]] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Add one leaf."""
        size, node = 1, hashlib.sha256(b"\x00" + leaf).digest()
        while self._edge and self._edge[-1][0] == size:
            size, node = 2 * size, hashlib.sha256(b"\x01" + self._edge.pop()[1] + node).digest()
        self._edge.append((size, node))

    def root(self) -> str:
        """Return the root as hexadecimal digits; that of no leaves is the hash of nothing."""
        if not self._edge:
            return hashlib.sha256(b"").hexdigest()
        node = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node.hex()
