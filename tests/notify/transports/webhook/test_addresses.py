"""Which addresses a webhook may go to."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transports.webhook.addresses import addresses_of, is_public

PRIVATE_V4 = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "168.63.129.16",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.10",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.88.99.255",
    "192.175.48.6",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
PUBLIC_V4 = [
    *["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.0"],
    *["168.63.129.15", "168.63.129.17", "191.255.255.255", "192.0.1.1", "192.0.3.1", "192.88.98.255", "192.88.100.0"],
    *["198.17.255.255", "198.20.0.0", "223.255.255.255"],
]


@pytest.mark.parametrize("address", PUBLIC_V4)
def test_a_public_address_is_public_also_inside_ipv6(address: str) -> None:
    assert is_public(address)
    assert is_public(f"::ffff:{address}")
    assert is_public(f"64:ff9b::{address}")


@pytest.mark.parametrize("address", PRIVATE_V4)
def test_what_is_not_public_is_refused_also_inside_ipv6(address: str) -> None:
    assert not is_public(address)
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")
    assert not is_public(f"::{address}")
    high, low = divmod(int(ipaddress.IPv4Address(address)), 1 << 16)
    assert not is_public(f"2002:{high:x}:{low:x}::1")


@pytest.mark.parametrize(
    "address",
    [
        *["::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1"],
        *["2001::1", "100::1", "64:ff9b:1::1", "5f00::1", "::ffff:0:1.1.1.1", "", "example.com", "1.2.3", "0x7f.1"],
        *["3fff::1", "3fff:fff:ffff::1", "3ffe::1", "2620:4f:8000::1", "fd00:ec2::254", "fd20:ce::254", "4000::1"],
        *["2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff::1"],
        *["2a00:1450::5efe:10.0.0.1", "2a00:1450::200:5efe:8.8.8.8", "2001:0:5ef5:79fb:0:59c:f5ff:fffe"],
    ],
)
def test_everything_else_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["2606:4700:4700::1111", "2a00:1450:4001:830::200e", "2001:200::1", "3fff:1000::1", "2a00:1450::5eff:808:808"],
)
def test_a_public_ipv6_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_private_ipv4_address_passes_in_any_clothes(address: ipaddress.IPv4Address) -> None:
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") is public
    assert is_public(f"64:ff9b::{address}") is public
    # Whatever Python's table calls private, in any version, is special; the other way round its table is not enough.
    assert not (public and not (address.is_global and not address.is_multicast and not address.is_reserved))


def test_a_number_is_looked_up_and_so_is_checked_as_the_address_that_it_means() -> None:
    found = addresses_of("2130706433", 443, seconds=5)  # 127.0.0.1
    assert [(address.family, address.where) for address in found] == [(socket.AF_INET, ("127.0.0.1", 443))]
    assert not is_public(str(found[0].where[0]))
