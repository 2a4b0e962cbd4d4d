import asyncio

import pytest

from planaria.kernel.error import Unknown
from tests.placement.wasm.contracts import Guest
from tests.placement.wasm.house import guest

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNTS = """
if text == "fall":
    import os
    os.abort()
self.seen = getattr(self, "seen", 0) + 1
await asyncio.sleep(0.001)
return str(self.seen)
"""


async def test_no_call_sees_what_another_left():
    async with guest(COUNTS, reset="call") as cells:
        one = cells.handle(Guest)
        assert await asyncio.gather(*(one.act() for _ in range(3))) == ["1", "1", "1"]
        usage = cells.life.cells["guest"].seat.usage()
        assert (usage.calls, usage.fuel > 0, usage.cpu_s > 0) == (3, True, True)


async def test_a_guest_that_falls_ends_its_own_call_alone():
    async with guest(COUNTS, reset="call") as cells:
        with pytest.raises(Unknown):
            await cells.handle(Guest).act("fall")
        assert await cells.handle(Guest).act() == "1"
        assert not any("crashed" in one for one in cells.complaints)


async def test_a_call_that_is_cancelled_leaves_no_guest_behind():
    async with guest("await asyncio.Event().wait()", reset="call") as cells:
        task = asyncio.create_task(cells.handle(Guest).act())
        seat = cells.life.cells["guest"].seat
        while seat.calls == 0:  # noqa: ASYNC110 - nothing announces that a call is inside
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert seat.calls == 1
    assert seat.used == set()
