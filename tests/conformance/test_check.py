"""The suites can fail: an adapter that breaks its promise is told which."""

import pytest

from planaria.testing import MemoryStore
from planaria.testing.conform import STORE_PROMISES, name_of
from planaria.testing.conform.check import PromiseBroken, raises, same
from planaria.testing.conform.event import delivers_each_event_once_and_in_order
from planaria.testing.conform.outcome import ends_calls_at_their_deadline
from planaria.testing.conform.store import undoes_a_body_that_raises


class Forgetful(MemoryStore):
    async def write(self, body):
        try:
            return await super().write(body)
        except LookupError:
            return None


async def test_a_store_that_hides_an_error_breaks_its_promise():
    with pytest.raises(PromiseBroken):
        await undoes_a_body_that_raises(Forgetful())


async def test_what_is_not_raised_is_a_broken_promise():
    async def nothing():
        return 1

    with pytest.raises(PromiseBroken):
        await raises("it fails", nothing(), ValueError)


async def test_another_error_than_the_promised_one_is_a_broken_promise():
    async def fail():
        raise KeyError

    for wanted in (ValueError, "PLN-S101"):
        with pytest.raises(PromiseBroken):
            await raises("it fails otherwise", fail(), wanted)


def test_a_difference_is_a_broken_promise_that_shows_both():
    with pytest.raises(PromiseBroken) as broken:
        same("two is two", 1, 2)
    assert (broken.value.facts["got"], broken.value.facts["wanted"]) == ("1", "2")


def test_every_promise_has_a_name_and_says_what_it_is():
    promises = (*STORE_PROMISES, delivers_each_event_once_and_in_order, ends_calls_at_their_deadline)
    assert all(name_of(one) and one.__doc__ for one in promises)
