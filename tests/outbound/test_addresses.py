from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.outbound.addresses import is_allowed, parse_address


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.9",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b:1::1",
        "100::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::1",  # 6to4
        "2607:f8b0::5efe:127.0.0.1",  # ISATAP
        "2607:f8b0::200:5efe:10.0.0.1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public_are_refused(text: str) -> None:
    assert not is_allowed(ip_address(text), ())


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_allowed(text: str) -> None:
    assert is_allowed(ip_address(text), ())


def test_the_operator_allows_a_network_and_no_more() -> None:
    networks = (IPv4Network("10.1.0.0/16"), IPv6Network("fd00:1::/32"))

    assert is_allowed(IPv4Address("10.1.2.3"), networks)
    assert is_allowed(IPv6Address("fd00:1::5"), networks)
    assert not is_allowed(IPv4Address("10.2.0.1"), networks)


def test_an_allowed_ipv4_network_does_not_allow_its_ipv6_disguises() -> None:
    assert not is_allowed(IPv6Address("::ffff:10.1.2.3"), (IPv4Network("10.0.0.0/8"),))


@pytest.mark.parametrize("text", ["127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "fe80::1%eth0", "", "localhost"])
def test_only_canonical_spellings_are_addresses(text: str) -> None:
    assert parse_address(text) is None


@given(st.ip_addresses())
def test_nothing_is_allowed_that_the_standard_library_calls_private(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_allowed(address, ())
