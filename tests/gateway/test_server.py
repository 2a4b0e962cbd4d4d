import asyncio
import socket

import pytest

from planaria.gateway.admission import Limits
from planaria.gateway.error import NotLoopback, PortTaken
from planaria.gateway.server import Gateway
from tests.gateway.house import open_house, until


async def test_stop_answers_what_runs_and_takes_nothing_new(tmp_path):
    async with open_house(tmp_path) as house, house.client() as busy, house.client() as quiet:
        await quiet.call("probe/count")
        await busy.send(busy.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        stopping = asyncio.create_task(house.gateway.stop())
        assert await quiet.closed()
        with pytest.raises(OSError):
            await house.client().__aenter__()
        assert not stopping.done()
        house.probe.released.set()
        reply = await busy.reply()
        assert (reply.json, reply.headers["connection"]) == ("released", "close")
        await stopping
        await house.gateway.stop()


async def test_stop_cuts_off_what_does_not_end_in_time(tmp_path):
    async with open_house(tmp_path, limits=Limits(drain_s=0.01)) as house, house.client() as client:
        await client.send(client.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        await house.gateway.stop()
        assert await client.closed()
        assert house.probe.cancelled == 1


async def test_stop_waits_for_the_task_of_a_client_that_has_left(tmp_path):
    async with open_house(tmp_path) as house:
        house.probe.stubborn = True
        async with house.client() as client:
            await client.send(client.request("POST", "/cells/probe/hold"))
            await house.probe.held.wait()
        await until(lambda: not house.gateway.state.connections)
        stopping = asyncio.create_task(house.gateway.stop())
        await until(lambda: house.probe.cancelled == 1)
        assert not stopping.done()
        house.probe.released.set()
        await stopping


async def test_a_port_that_is_taken_is_named_with_its_cure(tmp_path):
    async with open_house(tmp_path) as house:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            second = Gateway(house.life, house.keys, codec=house.gateway.application.parts.codec, port=taken.getsockname()[1])
            with pytest.raises(PortTaken) as caught:
                await second.start()
    assert caught.value.facts["port"] > 0
    assert "choose another port" in str(caught.value)


async def test_listens_beyond_this_machine_only_when_asked(tmp_path):
    with pytest.raises(NotLoopback):
        async with open_house(tmp_path, host="0.0.0.0"):
            raise AssertionError
    with pytest.raises(NotLoopback):
        async with open_house(tmp_path, host="example.org"):
            raise AssertionError
    async with open_house(tmp_path, host="0.0.0.0", expose=True) as house, house.client() as client:
        assert (await client.call("probe/count")).status == 200


@pytest.mark.parametrize("host,start", [("localhost", "http://localhost:"), ("::1", "http://[::1]:"), ("127.0.0.1", "http://127.0.0.1:")])
async def test_tells_its_address(tmp_path, host, start):
    async with open_house(tmp_path) as house:
        gateway = Gateway(house.life, house.keys, codec=house.gateway.application.parts.codec, host=host)
        assert gateway.url.startswith(start)


async def test_sees_keys_that_another_process_made_or_revoked(tmp_path):
    async with open_house(tmp_path) as house:
        elsewhere = type(house.keys)(house.keys.path, clock=house.keys.clock)
        key, secret = elsewhere.make("from the command line")
        async with house.client(secret) as client:
            assert (await client.call("probe/count")).status == 401
            house.gateway._tick(0.0)
            assert (await client.call("probe/count")).status == 200
            elsewhere.revoke(key.id)
            house.gateway._tick(0.0)
            assert (await client.call("probe/count")).status == 401


async def test_keys_that_cannot_be_read_open_nothing_and_stop_no_clock(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        told, whole = [], house.keys.path.read_bytes()
        house.life.complain = told.append
        house.keys.path.write_text("{")
        for now_s in (1.0, 2.0):
            house.gateway._tick(now_s)
        assert (await client.call("probe/count")).status == 401
        assert (house.gateway.clock.now_s, len(told)) == (2.0, 1)
        assert "PLN-G103" in told[0]
        house.keys.path.write_bytes(whole)
        house.gateway._tick(3.0)
        assert (await client.call("probe/count")).status == 200


async def test_keeps_time_by_itself(tmp_path):
    async with open_house(tmp_path) as house:
        before = house.gateway.clock.now_s
        await until(lambda: house.gateway.clock.now_s > before)
