"""Calls into a worker, as the host sees them: each has an end of its own, and none ends as it did not."""

import asyncio
import socket

import pytest

from planaria.kernel.error import PlanariaError
from planaria.placement.process.frame import CALL, CANCEL, HAND_OVER, HEAD, HEADER, ITEM, RESULT
from planaria.placement.process.seat import _unread
from tests.placement.process.test_link import SIZE_MAX, Taken, encode, exactly


async def test_a_stream_with_an_unreadable_item_never_ends_well_and_harms_no_other_call():
    for late in ((RESULT, b""), (ITEM, encode(b"late"))):
        async with Taken() as taken:
            items = taken.methods["flow"]("x", 1)
            first = asyncio.create_task(anext(items))
            await asyncio.sleep(0)
            for kind, payload in ((ITEM, encode(b"good")), (ITEM, encode("text")), late):  # all of it is read in one turn
                taken.say(kind, 1, payload)
            assert await first == b"good"
            with pytest.raises(PlanariaError) as raised:
                await anext(items)
            assert raised.value.facts["error"] == "WrongValue"
            assert not taken.link.lifeline.done()


async def test_what_is_handed_over_is_not_read_by_the_host():
    async with Taken() as taken:
        handed = asyncio.create_task(taken.link.calls.hook(HAND_OVER, b"", _unread))
        await asyncio.sleep(0)
        taken.say(RESULT, 1, b"\xc1 no msgpack")
        assert encode(await handed) == b"\xc1 no msgpack"


async def test_a_cancellation_never_passes_its_own_large_call():
    async with Taken() as taken:
        taken.link.channel.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        task = asyncio.create_task(taken.methods["carry"](bytes(SIZE_MAX - 100)))
        await asyncio.sleep(0)
        task.cancel()
        kinds, loop = [], asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while CANCEL not in kinds:
                length, kind, *_ = HEADER.unpack(await exactly(loop, taken.channel, HEAD))
                await exactly(loop, taken.channel, length)
                kinds.append(kind)
        assert kinds == [CALL] * 8 + [CANCEL]
        assert taken.link.channel.waiting_bytes == 0
