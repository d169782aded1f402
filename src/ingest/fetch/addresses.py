"""Which network addresses a request may reach."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
# Reserved for uses inside a network or a machine, whatever the Python in use knows of the IANA registries.
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
            "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10",
        ),
    )
)  # fmt: skip


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also where IPv6 only wraps an IPv4 address.

    False for private, loopback, link-local, multicast, documentation and otherwise reserved addresses (IANA special-purpose registries,
    RFC 6890), and for what is no address. IPv4-mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056) forms count as the address that
    they lead to.

    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1"), is_public("64:ff9b::a00:1")
    (True, False, False, False)
    """
    try:
        parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (inner := _wrapped(parsed)) is not None:
        parsed = inner
    if parsed.is_multicast or parsed.is_reserved or parsed.is_link_local or not parsed.is_global:
        return False
    return not any(parsed.version == network.version and parsed in network for network in _INSIDE)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to an IPv6 address end at."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
