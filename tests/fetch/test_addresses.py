from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.fetch.addresses import is_public

INSIDE = {
    "private": ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1"],
    "loopback": ["127.0.0.1", "127.1.1.1", "127.255.255.254", "::1"],
    "link-local": ["169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["0.1.2.3", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.88.99.1", "240.0.0.1", "255.255.255.255"],
    "unspecified": ["0.0.0.0"],  # noqa: S104  # nothing binds to it here
    "reserved in IPv6": ["::", "5f00::1"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "for tests and documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255", "2001:db8::1"],
    "for documentation": ["3fff::1"],
    "discarded": ["100::1"],
    "Teredo and its neighbours": ["2001::1", "2001:0:4136:e378::1", "2001:10::1", "2001:20::1"],
    "mapped": ["::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0.0.0.0"],
    "compatible": ["::127.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::8.8.8.8"],
    "6to4": ["2002:0a00:0001::1", "2002:7f00:0001::", "2002:c0a8:0101::5", "2002:a9fe:a9fe::1"],
}  # fmt: skip

OUTSIDE = {
    "IPv4": ["1.1.1.1", "8.8.8.8", "93.184.216.34"],
    "beside what is private": ["9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0"],
    "below multicast": ["223.255.255.255"],
    "IPv6": ["2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001::1", "2001:4860:4860::8888", "2001:200::1"],
    "mapped": ["::ffff:8.8.8.8"],
    "NAT64": ["64:ff9b::8.8.8.8"],
    "6to4": ["2002:0808:0808::1"],
}  # fmt: skip

NO_ADDRESS = [
    "", "localhost", "news.example", "127.1", "0x7f000001", "2130706433", "127.0.0.1.", " 127.0.0.1",
    "8.8.8.8/32", "[::1]", "%eth0", "\0",
]  # fmt: skip


def cases(table: dict[str, list[str]]) -> list[object]:
    return [pytest.param(address, id=f"{kind} {address}") for kind, addresses in table.items() for address in addresses]


@pytest.mark.parametrize("address", cases(INSIDE))
def test_no_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", cases(OUTSIDE))
def test_a_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def wrapped(address: ipaddress.IPv4Address) -> list[str]:
    """The IPv6 addresses whose packets end at an IPv4 address."""
    bits = int(address)
    return [str(ipaddress.IPv6Address(n)) for n in (0xFFFF << 32 | bits, 0x64FF9B << 96 | bits, 0x2002 << 112 | bits << 80 | 1)]


PRIVATE_NETWORKS = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip


@given(st.sampled_from(PRIVATE_NETWORKS).flatmap(lambda network: st.ip_addresses(network=network)))
def test_a_private_address_is_refused_in_every_form(address: ipaddress.IPv4Address) -> None:
    assert not any(map(is_public, [str(address), f"::{address}", *wrapped(address)]))


@given(st.ip_addresses(v=4))
@example(ipaddress.IPv4Address("8.8.8.8"))
def test_a_wrapped_address_is_as_public_as_what_it_wraps(address: ipaddress.IPv4Address) -> None:
    assert {is_public(form) for form in wrapped(address)} == {is_public(str(address))}


@given(st.text() | st.ip_addresses().map(str) | st.from_regex(r"[0-9a-fA-F:.%/]{0,40}", fullmatch=True))
def test_no_text_raises(text: str) -> None:
    assert is_public(text) in {True, False}


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_not_to_be_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    leads_elsewhere = str(address).startswith(("64:ff9b::", "2002:", "::ffff:"))
    assert address.is_global or leads_elsewhere or not is_public(str(address))
