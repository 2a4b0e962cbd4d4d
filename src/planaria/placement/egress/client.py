"""The worker's side: connections are asked of the broker, under the names that the standard library gives them.

Why: a cell is the same code in every place; where it runs without a network, `asyncio.open_connection`,
`loop.create_connection`, `socket.create_connection` and all that is built on them still connect, to what it may reach.
Not here: what it may reach, which the broker alone decides.
"""

import socket
from collections.abc import Callable


def install(channel: socket.socket) -> Callable[[], None]:
    """Make this process connect through the broker at the other end of `channel`; returns what undoes it.

    Call it once, before the cell is loaded; loops and threads may be made before or after.
    """
    raise NotImplementedError
