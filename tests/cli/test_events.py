import asyncio
import json

from planaria.assemble import life_at
from planaria.assemble.client import Client
from tests.assemble.test_host import park_one
from tests.cli.conftest import Up


def park(shop):
    async def run():
        async with life_at(shop) as life:
            await park_one(life)

    asyncio.run(run())


def test_nothing_is_parked_in_a_new_system(shop, planaria):
    assert planaria("events").out == "nothing is parked\n"
    assert planaria("events", "redeliver").out == "nothing is parked\n"


def test_what_is_parked_is_listed_and_sent_again_at_the_next_start(shop, planaria):
    park(shop)
    assert "stock.sold" in planaria("events").out
    assert "when the system is up again" in planaria("events", "redeliver").out
    assert json.loads(planaria("events", "--json").out)["parked"] == []


def test_what_is_parked_is_sent_again_at_once_while_the_system_is_up(shop, planaria):
    park(shop)
    running = Up(shop, "--json")
    try:
        (one,) = json.loads(planaria("events", "--json").out)["parked"]
        assert "tried again now" in planaria("events", "redeliver", str(one["event"])).out
        assert Client.of(shop).call("outbox", "parked", {}) == []
    finally:
        running.end()


def test_an_event_that_is_not_parked_cannot_be_sent_again(shop, planaria):
    ended = planaria("events", "redeliver", "7")
    assert (ended.code, "PLN-E104" in ended.err) == (2, True)
