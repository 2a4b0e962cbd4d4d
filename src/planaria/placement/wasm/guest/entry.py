"""The entry: what the component exports, and what it imports.

Why: the world has one function and a few imports, so that every capability of a guest can be read in `world.wit`.
Not here: what a turn does (`turn`).
"""

import asyncio
import sys
import types
from collections.abc import Mapping
from typing import Any


def assemble(world: Any) -> Any:
    """Put the guest together, and return its `turn`.

    Here, before anything is loaded, what a guest has no use for is replaced, and what a cell may import stands ready.
    """
    from planaria.placement.wasm.guest import struct

    sys.modules.update(struct.modules())
    from planaria.placement.wasm.guest import connection

    sys.modules["ssl"] = connection.ssl_module()
    from planaria.placement.wasm.guest import turn as conversation

    here = conversation.Turn()
    from planaria.placement.wasm.guest import state

    sys.modules["planaria.kernel.state"] = _standing_in("planaria.kernel.state", State=state.State, Transaction=state.Transaction)
    from planaria.placement.wasm.guest import cell
    from planaria.placement.wasm.guest.surroundings import Surroundings

    surroundings = Surroundings(
        now=lambda: float(world.clock(0)), tick=lambda: float(world.clock(1)), entropy=lambda count: bytes.fromhex(world.chance(count))
    )
    here.host = world.state
    state.attach(here)
    connection.attach(here)
    cell.attach(here)
    cell.install()
    _begin_with(here, surroundings)
    asyncio._set_running_loop(here.loop)  # noqa: SLF001 - the guest's loop runs whenever the guest does
    surroundings.seal(here.complain, here.loop.time)
    return here


def _begin_with(here: Any, surroundings: Any) -> None:
    load = here.acts["l"]

    def begin(number: str, name: str, body: str, cuts: str) -> None:
        from planaria.placement.wasm.guest.codec import decode

        sent: Mapping[str, Any] = decode(body)
        surroundings.give(sent["rights"])
        load(number, name, body, cuts)

    here.acts["l"] = begin


def _standing_in(name: str, **given: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(given)
    return module
