"""Which addresses may be connected to: public ones, and those in networks the operator allows."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
"""The rest is loopback, unique local, link-local, multicast, IPv4-mapped, NAT64 (`64:ff9b::/96`) or unassigned."""

FORBIDDEN_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
)

ISATAP_MARKS = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of an interface identifier whose lower half is an IPv4 address (RFC 5214)."""


def is_allowed(address: Address, allowed_networks: Sequence[Network]) -> bool:
    """Return whether we may connect to `address`."""
    if any(address.version == network.version and address in network for network in allowed_networks):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in FORBIDDEN_V4)
    return _is_public_v6(address)


def parse_address(text: str) -> Address | None:
    """Return the address that `text` spells canonically, None when it is no address. Zone identifiers do not count."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id is not None else address


def _is_public_v6(address: IPv6Address) -> bool:
    if address not in GLOBAL_UNICAST_V6 or any(address in network for network in FORBIDDEN_V6):
        return False
    return ((int(address) >> 32) & 0xFFFF_FFFF) not in ISATAP_MARKS
