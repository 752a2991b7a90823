"""IP addresses and networks, as people type them and as proxies write them. Pure."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_HOW = "must be IP addresses or networks, separated by commas, such as 127.0.0.1,10.0.0.0/8"
_MAPPED, _IPV4_BITS = IPv6Network("::ffff:0:0/96"), 2**32 - 1  # RFC 4291, 2.5.5.2
_WITH_PORT = re.compile(r"\[([^]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}")  # [2001:db8::1]:443 or 192.0.2.1:443


def network(text: str) -> IpNetwork:
    """Return a network, of one address for an address; raises ValueError for anything else, and for everybody.

    One of IPv4 addresses that are written as IPv6 ones is returned as what it is, as `address_of` does it.
    """
    try:
        found = ip_network(text)
    except ValueError as error:
        is_close = "host bits" in str(error)
        msg = f"{_HOW}; {text} has bits set beyond its prefix" if is_close else _HOW
        raise ValueError(msg) from None
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        found = IPv4Network((int(found.network_address) & _IPV4_BITS, found.prefixlen - _MAPPED.prefixlen))
    if not found.prefixlen:
        msg = f"must not contain {text}, which is every address: name those of the proxies"
        raise ValueError(msg)
    return found


def checked(texts: list[str]) -> list[str]:
    """Return them as they are; raises ValueError as `network`."""
    for text in texts:
        network(text)
    return texts


def address_of(text: str) -> IpAddress | None:
    """Return an IP address, with or without a port, or None for anything else.

    An IPv4 address that is written as an IPv6 one (RFC 4291, 2.5.5.2) is returned as what it is. A zone is left out.
    """
    with_port = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address(with_port[1] or with_port[2] or "" if with_port else text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or IPv6Address(int(found))
    return found


def is_in(address: IpAddress, networks: tuple[IpNetwork, ...]) -> bool:
    """Return whether an address is in any of these networks."""
    return any(address in one for one in networks)
