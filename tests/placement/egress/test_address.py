"""Which addresses are public, and which are not however they are written."""

import ipaddress

import pytest

from planaria.placement.egress.address import TABLE, inside, is_own

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.169.0.1", "198.20.0.1",
          "223.255.255.255", "168.63.129.15", "2606:4700::1111", "2001:4860:4860::8888", "2a00::1", "2001:200::1"]  # fmt: skip
INSIDE = ["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
          "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
          "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
          "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
          "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
          "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12::1", "fe80::1",
          "fe80::1%lo", "fec0::1", "ff02::1", "4000::1", "2a00::5efe:7f00:1", "2a00::200:5efe:7f00:1", "2606::1%eth0"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_has_no_problem(address):
    assert inside(address) == ""


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_has_one(address):
    assert inside(address) != ""


def test_nothing_that_the_standard_library_calls_private_passes():
    for network, _ in TABLE:
        for address in (network.network_address, network.broadcast_address):
            assert inside(str(address)), address
    for text in PUBLIC:
        assert ipaddress.ip_address(text).is_global


def test_the_addresses_of_this_machine_are_its_own():
    assert is_own("127.0.0.1")
    assert not is_own("240.0.0.1")
