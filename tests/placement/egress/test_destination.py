"""Names and addresses as cells write them, in good and in bad faith."""

import pytest

from planaria.placement.egress.destination import Destination, Named, shown
from planaria.placement.egress.error import AddressDisguised, HostNotNamed, HostsWrong
from planaria.placement.right import Host


@pytest.mark.parametrize(
    "written, host, is_address",
    [
        ("docs.example", "docs.example", False),
        ("DOCS.Example.", "docs.example", False),
        ("a_b.example", "a_b.example", False),
        ("bücher.example", "xn--bcher-kva.example", False),
        ("docs。example", "docs.example", False),
        ("localhost", "localhost", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1.", "192.0.2.1", True),
        ("\uff11\uff19\uff12.0.2.1", "192.0.2.1", True),
        ("①②⑦.⓪.⓪.①", "127.0.0.1", True),
        ("[::1]", "::1", True),
        ("2001:DB8:0:0::1", "2001:db8::1", True),
        ("::ffff:127.0.0.1", "::ffff:7f00:1", True),
    ],
)
def test_what_is_written_plainly_has_one_form(written, host, is_address):
    assert Destination.of(written, 443) == Destination(host=host, port=443, is_address=is_address)


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "..",
        "a..b",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "256.1.1.1",
        "999",
        "docs.0x",
        "fe80::1%eth0",
        "fe80::1%25eth0",
        "[fe80::1%lo]",
        "127.0.0.1%lo",
        "[127.0.0.1]",
        "[::1",
        "::1]",
        "a b",
        "a\0b",
        "a\nb",
        "a/b",
        "a@b",
        "a:80",
        "a\\b",
        "a#b",
        "a?b",
        "-a.example",
        "a-.example",
        "a" * 64,
        "a." * 127 + "example",
        "\ud800",
        "xn--.\u0301",
        "ⓛocal host",
        None,
        5,
        b"docs.example",
        ["docs.example"],
        True,
    ],
)
def test_what_is_not_written_plainly_is_refused(written):
    with pytest.raises(AddressDisguised) as caught:
        Destination.of(written, 443)
    assert caught.value.code == "PLN-P603"
    assert str(caught.value).isascii()


@pytest.mark.parametrize("port", [0, -1, 65_536, True, None, "443", 443.0, 10**4000])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(AddressDisguised):
        Destination.of("docs.example", port)


@pytest.mark.parametrize(
    "right, asked",
    [
        (("docs.example", 443), ("docs.example", 443)),
        (("docs.example", None), ("docs.example", 1)),
        (("Docs.Example.", 443), ("docs.example", 443)),
        (("*", None), ("anything.example", 80)),
        (("*", 443), ("192.0.2.1", 443)),
        (("*.example", 443), ("a.b.example", 443)),
        (("bücher.example", 443), ("xn--bcher-kva.example", 443)),
        (("2001:DB8::1", 443), ("[2001:db8:0::1]", 443)),
    ],
)
def test_a_right_names_its_host_and_port(right, asked):
    Named("intake", [Host(*right)]).check(Destination.of(*asked))


@pytest.mark.parametrize(
    "right, asked",
    [
        (("docs.example", 443), ("docs.example", 80)),
        (("docs.example", 443), ("evil.docs.example", 443)),
        (("docs.example", 443), ("docs.example.evil", 443)),
        (("*.example", 443), ("example", 443)),
        (("*.example", 443), ("aexample", 443)),
        (("*.0.0.1", 443), ("127.0.0.1", 443)),
        (("*", 443), ("docs.example", 80)),
    ],
)
def test_a_right_names_nothing_else(right, asked):
    with pytest.raises(HostNotNamed) as caught:
        Named("intake", [Host(*right)] if right[0] != "*.0.0.1" else [Host("*.example", 443)]).check(Destination.of(*asked))
    assert f"Connects('{asked[0]}:{asked[1]}')" in str(caught.value)


def test_a_cell_without_rights_reaches_no_host():
    with pytest.raises(HostNotNamed, match="no host"):
        Named("intake", []).check(Destination.of("docs.example", 443))


@pytest.mark.parametrize(
    "rights, address, asked, is_forgiven",
    [
        ([("127.0.0.1", None)], "127.0.0.1", ("127.0.0.1", 80), True),
        ([("127.0.0.1", 81)], "127.0.0.1", ("127.0.0.1", 80), False),
        ([("wiki.example", 80)], "10.0.0.1", ("wiki.example", 80), False),
        ([("wiki.example", 80), ("10.0.0.1", 80)], "10.0.0.1", ("wiki.example", 80), True),
        ([("localhost", 80)], "127.0.0.1", ("localhost", 80), True),
        ([("localhost", 80)], "::1", ("localhost", 80), True),
        ([("localhost", 80)], "10.0.0.1", ("localhost", 80), False),
        ([("localhost", 80), ("a.example", 80)], "127.0.0.1", ("a.example", 80), False),
        ([("*", None)], "127.0.0.1", ("127.0.0.1", 80), False),
        ([("*", None)], "127.0.0.1", ("localhost", 80), False),
        ([("::1", 80)], "::1", ("::1", 80), True),
    ],
)
def test_only_a_right_that_names_an_address_opens_one_that_is_not_public(rights, address, asked, is_forgiven):
    assert Named("intake", [Host(*one) for one in rights]).forgives(address, Destination.of(*asked)) is is_forgiven


def test_rights_that_name_no_host_are_told_all_at_once():
    with pytest.raises(HostsWrong) as caught:
        Named("intake", [Host("0x7f.1", 80), Host("a b", 80), Host("*.*.example", 80), Host("docs.example", 80)])
    assert len(caught.value.facts["problems"]) == 3


def test_what_is_shown_moves_no_terminal():
    assert shown("\x1b[2J\ud800é" + "x" * 1000).isprintable()
    assert len(shown("x" * 1000)) == 253
