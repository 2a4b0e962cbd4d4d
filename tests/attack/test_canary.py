import os
import resource
import signal

import pytest

from planaria.attack.canary import Canary


@pytest.fixture
async def canary():
    made = Canary()
    await made.start()
    yield made
    await made.stop()


async def test_a_canary_that_nothing_reached_says_nothing(canary):
    assert await canary.observed() == []


async def test_a_canary_tells_of_a_signal_once(canary):
    os.kill(canary.pid, signal.SIGURG)
    assert await canary.observed() == ["the canary was signalled"]
    assert await canary.observed() == []


async def test_a_canary_tells_of_a_limit(canary):
    resource.prlimit(canary.pid, resource.RLIMIT_CORE, (0, 0))
    assert await canary.observed() == ["the canary was slowed or limited"]
    assert await canary.observed() == []


async def test_a_canary_that_was_killed_is_replaced(canary):
    os.kill(canary.pid, signal.SIGKILL)
    await canary.process.wait()
    assert await canary.observed() == ["the canary ended: -9"]
    assert await canary.observed() == []


async def test_a_canary_that_was_never_started_can_be_stopped():
    await Canary().stop()
