import asyncio
import math
import socket

from planaria.gateway.admission import Limits
from planaria.gateway.connection import BODY, CALL, REST, CoarseClock
from tests.gateway.house import open_house, until


def pass_time(house):
    """Let the coarse clock find that everything with a deadline is overdue."""
    house.gateway._tick(max(one.deadline_s for one in connections(house) if one.deadline_s != math.inf))


def connections(house):
    return list(house.gateway.state.connections)


async def test_a_client_that_leaves_cancels_its_call(tmp_path):
    async with open_house(tmp_path) as house:
        async with house.client() as client:
            await client.send(client.request("POST", "/cells/probe/hold"))
            await house.probe.held.wait()
        await until(lambda: house.probe.cancelled == 1 and not connections(house))
        assert house.gateway.admission.running == 0


async def test_a_client_that_leaves_while_it_sends_its_body_leaves_nothing_behind(tmp_path):
    async with open_house(tmp_path) as house:
        async with house.client() as client:
            await client.send(client.head("POST", "/cells/probe/echo", {"content-length": "9"}) + b"{")
            await until(lambda: house.gateway.admission.running == 1)
        await until(lambda: house.gateway.admission.running == 0)


async def test_a_body_that_stops_coming_is_a_time_out(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(client.head("POST", "/cells/probe/echo", {"content-length": "9"}) + b"{")
        await until(lambda: [one for one in connections(house) if one.phase is BODY])
        pass_time(house)
        reply = await client.reply()
        assert (reply.status, reply.json["code"], reply.headers["connection"]) == (408, "PLN-G208", "close")
        assert await client.closed()
        assert house.gateway.admission.running == 0


async def test_a_head_that_stops_coming_ends_the_connection(tmp_path):
    async with open_house(tmp_path) as house:
        for sent in (b"", b"POST /cells/probe/echo HTTP/1.1\r\nhost: te"):
            async with house.client() as client:
                await client.send(sent)
                await until(lambda sent=sent: [one for one in connections(house) if one.head_bytes == len(sent)])
                pass_time(house)
                assert await client.closed()
            await until(lambda: not connections(house))


async def test_the_head_of_a_second_request_is_bounded_in_time_too(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.call("probe/count")
        await client.send(b"GET /health HT")
        await until(lambda: connections(house)[0].reading_head)
        pass_time(house)
        assert await client.closed()


async def test_a_connection_that_rests_for_too_long_is_closed(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.call("probe/count")
        assert connections(house)[0].phase is REST
        pass_time(house)
        assert await client.closed()


async def test_a_call_that_goes_on_after_its_deadline_is_cancelled_and_said_to_be(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(client.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        await until(lambda: connections(house)[0].phase is CALL)
        pass_time(house)
        reply = await client.reply()
        assert (reply.status, reply.json["code"]) == (504, "PLN-G211")
        assert house.probe.cancelled == 1
        assert (await client.call("probe/count")).status == 200


async def test_a_client_that_does_not_read_its_answers_is_cut_off(tmp_path):
    async with open_house(tmp_path) as house:
        client = house.client()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.connect(("127.0.0.1", house.gateway.port))
        listener.setblocking(False)
        ask = client.request("POST", "/cells/probe/echo", {"text": "x" * 50_000, "times": 20})
        loop = asyncio.get_running_loop()
        sending = asyncio.create_task(loop.sock_sendall(listener, ask * 40))
        await until(lambda: [one for one in connections(house) if one.flow.write_paused and one.deadline_s != math.inf])
        pass_time(house)
        await until(lambda: not connections(house) and not house.gateway.state.tasks)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        listener.close()


async def test_an_answer_waits_while_the_client_reads_the_one_before(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        ask = client.request("POST", "/cells/probe/echo", {"text": "x" * 50_000, "times": 20})
        sending = asyncio.create_task(client.send(ask * 10))
        for _ in range(10):
            assert len((await client.reply()).json["text"]) == 1_000_000
        await sending


async def test_a_head_that_is_too_large_is_refused(tmp_path):
    async with open_house(tmp_path, limits=Limits(head_bytes=1000)) as house, house.client() as client:
        for _ in range(3):
            await client.send(b"GET /health HTTP/1.1\r\n" if _ == 0 else b"x: " + b"y" * 600 + b"\r\n")
            await until(lambda size=_: not connections(house) or connections(house)[0].head_bytes > 600 * size)
        reply = await client.reply()
        assert (reply.status, reply.json["code"]) == (431, "PLN-G213")
        assert await client.closed()


async def test_what_is_not_http_is_refused_in_the_same_shape(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(b"\x16\x03\x01 not http\r\n\r\n")
        reply = await client.reply()
        assert (reply.status, reply.json["code"]) == (400, "PLN-G215")
        assert await client.closed()


async def test_one_connection_too_many_is_refused_and_the_others_go_on(tmp_path):
    async with open_house(tmp_path, limits=Limits(connections=2)) as house, house.client() as first, house.client() as second:
        await first.call("probe/count")
        await second.call("probe/count")
        async with house.client() as third:
            reply = await third.reply()
            assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, "PLN-G214", "1")
            assert await third.closed()
        assert (await first.call("probe/count")).status == 200


async def test_more_requests_than_the_gateway_takes_are_shed(tmp_path):
    async with open_house(tmp_path, limits=Limits(requests=1)) as house, house.client() as first, house.client() as second:
        await first.send(first.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        reply = await second.call("probe/count")
        assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, "PLN-G210", "1")
        assert (await second.ask("GET", "/health")).status == 200
        house.probe.released.set()
        assert (await first.reply()).status == 200
        assert (await second.call("probe/count")).status == 200


async def test_one_key_cannot_take_the_places_of_all_others(tmp_path):
    async with open_house(tmp_path, limits=Limits(requests_per_key=1)) as house:
        _, other = house.keys.make("other")
        async with house.client() as first, house.client() as second, house.client(other) as third:
            await first.send(first.request("POST", "/cells/probe/hold"))
            await house.probe.held.wait()
            reply = await second.call("probe/count")
            assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (429, "PLN-G209", "1")
            assert (await third.call("probe/count")).status == 200
            house.probe.released.set()
            assert (await first.reply()).status == 200


async def test_closes_when_the_client_asks_for_it(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        reply = await client.call("probe/count", connection="close")
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert await client.closed()


async def test_serves_http_1_0(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(client.request("POST", "/cells/probe/count").replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (await client.reply()).status == 200
        assert await client.closed()


async def test_waits_for_the_go_ahead_only_where_the_body_is_wanted(tmp_path):
    async with open_house(tmp_path, limits=Limits(body_bytes=100)) as house:
        async with house.client() as client:
            headers = {"content-type": "application/json", "content-length": "13", "expect": "100-continue"}
            await client.send(client.head("POST", "/cells/probe/echo", headers))
            assert (await client.reply(body=False)).status == 100
            await client.send(b'{"text": "a"}')
            assert (await client.reply()).status == 200
        async with house.client() as client:
            await client.send(client.head("POST", "/cells/probe/echo", {"content-length": "900", "expect": "100-continue"}))
            assert (await client.reply()).status == 413


async def test_a_request_that_comes_while_another_runs_waits_for_it(tmp_path):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(client.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        await client.send(client.request("POST", "/cells/probe/count"))
        await until(lambda: connections(house)[0].pipeline)
        house.probe.released.set()
        assert [(await client.reply()).json for _ in range(2)] == ["released", 0]


async def test_a_request_that_is_cancelled_from_inside_is_a_fault(tmp_path, caplog):
    async with open_house(tmp_path) as house, house.client() as client:
        await client.send(client.request("POST", "/cells/probe/hold"))
        await house.probe.held.wait()
        connections(house)[0].task.cancel()
        assert (await client.reply()).status == 500
        assert house.gateway.admission.running == 0


async def test_the_answer_of_a_call_that_would_not_be_cancelled_goes_nowhere(tmp_path):
    async with open_house(tmp_path) as house:
        house.probe.stubborn = "answers"
        async with house.client() as client:
            await client.send(client.request("POST", "/cells/probe/hold"))
            await house.probe.held.wait()
        await until(lambda: house.probe.cancelled == 1)
        house.probe.released.set()
        await until(lambda: not house.gateway.state.tasks)
        assert house.gateway.admission.running == 0


def test_the_coarse_clock_begins_at_zero():
    assert CoarseClock().now_s == 0.0
