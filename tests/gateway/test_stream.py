"""Streams over HTTP: items as they come, and a last line that says how it ended."""

import json

import pytest

from planaria.gateway.stream import lines_of
from planaria.record.status import status_of
from tests.gateway.house import open_house, until


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as one:
        yield one


def lines(reply):
    return [json.loads(line) for line in reply.body.splitlines()]


def is_idle(house):
    return not any(one.running for one in status_of(house.life))


async def test_gives_each_item_on_a_line_and_the_count_at_the_end(house):
    async with house.client() as client:
        reply = await client.call("probe/stream", {"count": 2})
        assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson")
        assert lines(reply) == [{"item": {"text": "a", "times": 0}}, {"item": {"text": "a", "times": 1}}, {"end": 2}]
        assert lines(await client.call("probe/stream", {"count": 0})) == [{"end": 0}]
        assert (await client.call("probe/echo", {"text": "b"})).status == 200


@pytest.mark.parametrize(
    "arguments, status, code",
    [({"count": -1}, 422, "PLN-C202"), ({"count": "x"}, 422, "PLN-P101"), ({"count": 0, "then": "taken"}, 409, "PROBE-1")],
)
async def test_what_goes_wrong_before_the_first_item_has_a_status(house, arguments, status, code):
    async with house.client() as client:
        reply = await client.call("probe/stream", arguments)
        assert (reply.status, reply.json["code"]) == (status, code)


@pytest.mark.parametrize("then, code", [("taken", "PROBE-1"), ("fault", "PLN-C300")])
async def test_what_goes_wrong_later_is_the_last_line(house, then, code):
    async with house.client() as client:
        first, last = lines(await client.call("probe/stream", {"count": 1, "then": then}))
        assert (first, last["problem"]["code"]) == ({"item": {"text": "a", "times": 0}}, code)


async def test_items_come_before_the_stream_has_ended_and_a_client_that_leaves_ends_it(house):
    async with house.client() as client:
        await client.send(client.request("POST", "/cells/probe/stream", {"count": 1, "then": "wait"}))
        await client.reader.readuntil(b"\r\n\r\n")
        assert json.loads(await anext(client.chunks())) == {"item": {"text": "a", "times": 0}}
        assert not is_idle(house)
    await until(lambda: is_idle(house))


async def test_a_client_may_shorten_the_deadline_of_a_stream(house):
    async with house.client() as client:
        _, last = lines(await client.call("probe/stream", {"count": 1, "then": "wait"}, x_deadline_s="0.05"))
        assert last["problem"]["code"] == "PLN-C401"


async def test_an_item_that_cannot_be_written_ends_the_stream_with_a_problem():
    async def things():
        yield 1
        yield object()

    def encode(item):
        if item == 1:
            return b"1"
        raise TypeError("no")

    assert [json.loads(line).get("problem", {}).get("status") async for line in lines_of(things(), encode, "r1")] == [None, 500]
