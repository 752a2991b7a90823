"""Where a webhook may go: to the public internet, unless the installation says otherwise.

The name is looked up once, and the addresses that were checked are the ones connected to: a name that leads elsewhere a
moment later (DNS rebinding) leads nowhere.
"""

import ipaddress

from hireloop.notify.transports.names import ResolvedAddress, look_up

# IANA's registry of special-purpose IPv4 addresses, the multicast and the reserved ones, and what clouds answer their
# own machines at. Python's own table differs from version to version.
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared, behind a carrier's NAT (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # the host of a machine in Azure: its DNS, its agent's secrets
        "169.254.0.0/16",  # link-local (RFC 3927), and there the metadata of most clouds
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890), and there the metadata of Oracle's cloud
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112: the nearest sink of reverse lookups (RFC 7535)
        "192.52.193.0/24",  # multicast tunnels (RFC 7450)
        "192.88.99.0/24",  # the nearest 6to4 relay, retired by RFC 7526
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112), broadcast
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out to be reached
# What is special in there, by IANA's registry of special-purpose IPv6 addresses.
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID, drones
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4: a tunnel to the IPv4 address inside it, retired by RFC 7526
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3ffe::/16",  # the 6bone, returned to IANA (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, 6.1: before an IPv4 address that is tunnelled to
_MOST = 4  # addresses of one name that are tried


def addresses_of(host: str, port: int, *, seconds: float) -> list[ResolvedAddress]:
    """Look a name up, once, and return its first addresses, each checked by nobody yet.

    Raises socket.gaierror if there are none, and TimeoutError if they were not found within `seconds`.
    """
    found = look_up(host, port, seconds=seconds)
    return [one for one in found if isinstance(one.where[0], str)][:_MOST]  # Python without IPv6 returns others


def is_public(address: str) -> bool:
    """Return whether an IP address is one that anybody on the internet can reach, and not one of our own network.

    Refused are private, loopback, link-local, shared, multicast, reserved, documentation and other special addresses,
    also in the forms in which IPv6 carries an IPv4 address, and those that a cloud answers its own machines at.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        else:
            is_special = found not in _GLOBAL_UNICAST or any(found in network for network in _SPECIAL_V6)
            return not is_special and int(found) >> 32 & 0xFFFFFFFF not in _ISATAP
    return not any(found in network for network in _SPECIAL_V4)
