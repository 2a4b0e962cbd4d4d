"""What passes between a worker and a source, and what ends it."""

import asyncio
import socket

import pytest

from planaria.placement.egress.relay import Limits, Relay
from tests.placement.egress.house import echo, exchange, housed, in_thread, read_all, silent, source, turned

HERE = ("127.0.0.1", None)


@pytest.mark.parametrize("side, limits", [("received", Limits(received_bytes=10_000)), ("sent", Limits(sent_bytes=10_000))])
async def test_a_line_with_too_many_bytes_is_cut_and_does_not_look_whole(side, limits):
    async def flood(reader, writer):
        if side == "received":
            writer.write(b"x" * 100_000)
        await echo(reader, writer)

    async with source(flood) as port, housed(HERE, limits=limits) as house:
        line = await house.client.reach("127.0.0.1", port)
        reader, writer = await asyncio.open_connection(sock=line)
        if side == "sent":
            writer.write(b"x" * 100_000)
        with pytest.raises(OSError, match=f"PLN-P606.*{side} more than 10,000 bytes"):
            await reader.read()
        writer.close()
        one = await house.last()
        assert (one.outcome, one.code) == ("cut", "PLN-P606")


@pytest.mark.parametrize("limits, why", [(Limits(idle_s=0.01), "nothing moved"), (Limits(total_s=0.01), "it was open for 0.01 s")])
async def test_a_line_that_is_idle_or_open_for_too_long_is_cut(limits, why):
    async with source(silent) as port, housed(HERE, limits=limits) as house:
        line = await house.client.reach("127.0.0.1", port)
        with pytest.raises(OSError, match=f"PLN-P606.*{why}"):
            await in_thread(read_all, line)


async def test_moving_bytes_put_the_end_off():
    loop, ends = asyncio.get_running_loop(), [*socket.socketpair(), *socket.socketpair()]
    for one in ends:
        one.setblocking(False)
    relay = Relay(ends[1], ends[2], Limits())
    running = asyncio.create_task(relay.run())
    await turned(lambda: relay._idle.when() is not None)
    first = relay._idle.when()
    await loop.sock_sendall(ends[0], b"a")
    assert await loop.sock_recv(ends[3], 10) == b"a"
    await turned(lambda: relay._idle.when() > first)
    for one in ends[::3]:
        one.close()
    await running
    for one in ends:
        one.close()


async def test_half_closed_ends_are_passed_on_both_ways():
    async def answer_after_the_end(reader, writer):
        asked = await reader.read()
        writer.write(asked[::-1])
        writer.write_eof()
        await reader.read()

    async def answer_before_the_end(reader, writer):
        writer.write(b"first")
        writer.write_eof()
        assert await reader.read() == b"later"
        seen.set()

    seen = asyncio.Event()
    async with source(answer_after_the_end) as port, housed(HERE) as house:
        assert await exchange(house, "127.0.0.1", port, b"abc") == b"cba"
    async with source(answer_before_the_end) as port, housed(HERE) as house:
        line = await house.client.reach("127.0.0.1", port)
        reader, writer = await asyncio.open_connection(sock=line)
        assert await reader.read() == b"first"
        writer.write(b"later")
        writer.write_eof()
        await seen.wait()
        writer.close()


async def test_a_source_that_breaks_off_is_told_as_it_would_be():
    async def reset(reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with source(reset) as port, housed(HERE) as house:
        line = await house.client.reach("127.0.0.1", port)
        with pytest.raises(ConnectionResetError):
            await in_thread(read_all, line)
        one = await house.last()
        assert (one.outcome, one.text) == ("failed", "Connection reset by peer")


async def test_a_cell_that_hangs_up_ends_the_line():
    closed = asyncio.Event()

    async def flood(reader, writer):
        try:
            while True:
                writer.write(b"x" * 100_000)
                await writer.drain()
        finally:
            closed.set()

    async with source(flood) as port, housed(HERE) as house:
        line = await house.client.reach("127.0.0.1", port)
        line.close()
        await closed.wait()
        assert (await house.last()).outcome == "completed"
