import pytest

from planaria.gateway.admission import Admission, Limits, check_media_type, deadline_of
from planaria.gateway.error import (
    BodyTooLarge,
    KeyMayNot,
    NoKey,
    Overloaded,
    TooManyOfKey,
    UnknownKey,
    WrongDeadline,
    WrongMediaType,
)
from planaria.gateway.keys import Keys
from tests.gateway.house import StillClock


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys.json", clock=StillClock())


@pytest.fixture
def secret(keys):
    return keys.make("one")[1].encode()


@pytest.fixture
def door(keys):
    return Admission(keys, Limits(body_bytes=10, requests=2, requests_per_key=1))


@pytest.mark.parametrize("form", [b"Bearer %b", b"bearer %b", b"BEARER  %b "])
def test_takes_a_bearer_key(door, secret, form):
    headers = {b"authorization": form % secret}
    assert door.guest(headers).key.label == "one"
    assert door.guest(headers) is door.guest(headers)


def test_takes_a_key_in_a_header_of_its_own(door, secret):
    assert door.guest({b"x-api-key": secret}) is door.guest({b"x-api-key": secret})
    assert door.guest({b"x-api-key": secret}) is door.guest({b"authorization": b"Bearer " + secret})


@pytest.mark.parametrize("headers", [{}, {b"authorization": b"Basic abc"}, {b"authorization": b""}])
def test_refuses_whoever_has_no_key(door, headers):
    with pytest.raises(NoKey):
        door.guest(headers)


@pytest.mark.parametrize("headers", [{b"x-api-key": b"pk_\xff"}, {b"authorization": b"Bearer pk_x"}, {b"authorization": b"Bearer"}])
def test_refuses_a_key_that_is_not_known(door, headers):
    with pytest.raises(UnknownKey):
        door.guest(headers)


def test_a_plain_key_is_no_bearer_even_after_it_was_seen(door, secret):
    door.guest({b"x-api-key": secret})
    with pytest.raises(NoKey):
        door.guest({b"authorization": secret})


def test_forgets_a_revoked_key_at_once(door, keys, secret):
    guest = door.guest({b"x-api-key": secret})
    keys.revoke(guest.key.id)
    with pytest.raises(UnknownKey):
        door.guest({b"x-api-key": secret})


def test_remembers_how_many_requests_of_a_key_run_when_keys_change(door, keys, secret):
    headers = {b"x-api-key": secret}
    guest = door.enter(headers, "library")
    keys.make("another")
    assert door.guest(headers) is guest
    keys._seen = None
    keys.refresh()
    with pytest.raises(TooManyOfKey):
        door.enter(headers, "library")
    door.leave(guest)
    assert door.enter(headers, "library").running == 1


def test_lets_a_key_into_its_cells_alone(door, keys):
    narrow = {b"x-api-key": keys.make("narrow", cells=["desk"])[1].encode()}
    nothing = {b"x-api-key": keys.make("nothing", cells=[])[1].encode()}
    assert door.enter(narrow, "desk").may_call("desk")
    assert not door.guest(narrow).may_call("library")
    for headers in (narrow, nothing):
        with pytest.raises(KeyMayNot):
            door.enter(headers, "library")


def test_refuses_a_body_that_is_too_large_or_no_json(door, secret):
    headers = {b"x-api-key": secret}
    with pytest.raises(BodyTooLarge):
        door.enter(headers | {b"content-length": b"11"}, "library")
    with pytest.raises(WrongMediaType):
        door.enter(headers | {b"content-type": b"text/plain"}, "library")
    with pytest.raises(WrongMediaType, match="gzip"):
        door.enter(headers | {b"content-encoding": b"gzip"}, "library")
    door.enter(headers | {b"content-length": b"10", b"content-type": b"application/json"}, "library")


def test_counts_who_is_in_and_refuses_beyond_the_limits(door, keys, secret):
    first, second, third = ({b"x-api-key": key} for key in (secret, keys.make("two")[1].encode(), keys.make("three")[1].encode()))
    inside = door.enter(first, "library")
    with pytest.raises(TooManyOfKey):
        door.enter(first, "library")
    door.enter(second, "library")
    with pytest.raises(Overloaded):
        door.enter(third, "library")
    door.leave(inside)
    assert (door.running, inside.running) == (1, 0)
    door.enter(third, "library")


@pytest.mark.parametrize("encoding", [b"identity", b"Identity"])
def test_takes_json_in_every_spelling(encoding):
    check_media_type({b"content-type": b"Application/JSON ; charset=utf-8", b"content-encoding": encoding})


@pytest.mark.parametrize("given", [b"", b"0", b"-1", b"nan", b"inf", b"soon", b"1e999", b"\xff"])
def test_refuses_a_deadline_that_is_no_number_of_seconds(given):
    with pytest.raises(WrongDeadline):
        deadline_of({b"x-deadline-s": given})


def test_takes_a_deadline_where_one_is_given():
    assert (deadline_of({}), deadline_of({b"x-deadline-s": b"0.5"})) == (None, 0.5)
