"""Addresses that stand for names."""

import socket

import pytest

from planaria.placement.egress import standin
from planaria.placement.egress.address import inside
from planaria.placement.egress.standin import StandIns

STREAM = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")


@pytest.mark.parametrize("port, number", [(80, 80), ("80", 80), (b"80", 80), ("https", 443), (None, 0)])
def test_answers_as_the_resolver_of_the_system_does(port, number):
    names = StandIns()
    assert names.infos("docs.example", port) == [(*STREAM, ("198.18.0.1", number))]
    assert names.infos(b"docs.example", port, socket.AF_INET, socket.SOCK_STREAM, 6) == [(*STREAM, ("198.18.0.1", number))]
    assert names.infos("192.0.2.1", port) == [(*STREAM, ("192.0.2.1", number))]
    assert names.infos("2001:db8::1", port)[0][4] == ("2001:db8::1", number, 0, 0)


@pytest.mark.parametrize(
    "given",
    [
        ("docs.example", "gopher"),
        ("docs.example", 80, socket.AF_INET6),
        ("docs.example", 80, 0, socket.SOCK_DGRAM),
        ("docs.example", 80, 0, 0, socket.IPPROTO_UDP),
        ("docs.example", 80, 0, 0, 0, socket.AI_NUMERICHOST),
    ],
)
def test_what_is_no_stream_to_a_name_has_no_address(given):
    with pytest.raises(socket.gaierror):
        StandIns().infos(*given)


def test_the_name_unused_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(standin, "NAMES_MAX", 2)
    names = StandIns()
    first, second = names.of("a"), names.of("b")
    assert names.of("a") == first
    assert names.of("c") == second
    assert [names.name(one) for one in (first, second, "192.0.2.1", None)] == ["a", "c", "192.0.2.1", None]


def test_no_stand_in_is_ever_a_public_address():
    assert inside(StandIns().of("docs.example"))
