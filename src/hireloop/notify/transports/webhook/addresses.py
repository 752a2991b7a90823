"""Where a webhook may go: to the public internet, unless the installation says otherwise.

The name is looked up once, and the addresses that were checked are the ones connected to: a name that leads elsewhere a
moment later (DNS rebinding) leads nowhere.
"""

import ipaddress

from hireloop.notify.transports.names import ResolvedAddress, look_up

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out to be reached
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached
_6TO4 = ipaddress.IPv6Network("2002::/16")  # a tunnel to the IPv4 address inside it, retired by RFC 7526
_MOST = 4  # addresses of one name that are tried


def addresses_of(host: str, port: int, *, seconds: float) -> list[ResolvedAddress]:
    """Look a name up, once, and return its first addresses, each checked by nobody yet.

    Raises socket.gaierror if there are none, and TimeoutError if they were not found within `seconds`.
    """
    found = look_up(host, port, seconds=seconds)
    return [one for one in found if isinstance(one.where[0], str)][:_MOST]  # Python without IPv6 returns others


def is_public(address: str) -> bool:
    """Return whether an IP address is one that anybody on the internet can reach, and not one of our own network.

    Refused are private, loopback, link-local, shared (100.64/10), multicast, reserved and unspecified addresses, also
    in the forms in which IPv6 carries an IPv4 address.
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
        elif found not in _GLOBAL_UNICAST or found in _6TO4:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved
