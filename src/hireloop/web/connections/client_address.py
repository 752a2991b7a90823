"""Who is at the other end: the client that a trusted proxy names, else the peer itself.

Anybody can send X-Forwarded-For. Each proxy appends the address that it saw, so what the last of ours has appended is
true, and everything to the left of the first stranger is hearsay. `Forwarded` (RFC 7239) is not read: one header that
proxies are told to set leaves no room for a second one that they pass on.
"""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from hireloop import networks
from hireloop.networks import IpAddress, IpNetwork
from hireloop.web.buffered_responses import header_of

_FORWARDED_FOR = b"x-forwarded-for"
_MOST_PROXIES = 20  # between a client and us; nobody has more, and a header may have thousands


class ClientAddress:
    """The layer that makes `scope["client"]` the client's address: inside it, no other code looks at the header."""

    def __init__(self, app: ASGIApp, trusted: tuple[IpNetwork, ...]) -> None:
        self.app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled as its client's."""
        connected = scope.get("client") if scope["type"] == ScopeType.HTTP else None  # a server may leave it out
        if connected is not None:
            host, port = connected
            peer = networks.address_of(host)
            if peer is not None:
                named = self._behind(peer, header_of(scope, _FORWARDED_FOR))
                scope = cast("Scope", {**scope, "client": (str(named), port if named == peer else 0)})
        await self.app(scope, receive, send)

    def _behind(self, peer: IpAddress, forwarded_for: str | None) -> IpAddress:
        """Return the last address before our proxies; the peer if it is not one of them, or names nobody."""
        if forwarded_for is None or not networks.is_in(peer, self._trusted):
            return peer
        found = peer
        entries = [one.strip() for one in forwarded_for.rsplit(",", _MOST_PROXIES)[-_MOST_PROXIES:]]
        for entry in reversed([one for one in entries if one]):  # an empty element counts for nothing (RFC 9110, 5.6.1)
            address = networks.address_of(entry)
            if address is None:
                return peer
            found = address
            if not networks.is_in(address, self._trusted):
                break
        return found


def client_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the client's IP address as text, or "" if it is not known, as over a Unix socket.

    It is personal data: count by it, and write it nowhere.
    """
    return connection.client.host if connection.client else ""
