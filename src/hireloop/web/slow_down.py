"""The bad-key limiter: it delays the responses to bad keys and nothing else, and forgets within a minute."""

import asyncio
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import Any

from litestar.connection import ASGIConnection

from hireloop.access.refusals import note
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.connections.client_address import client_of

_WINDOW_SECONDS = 60
_FREE = 10
_FIRST_DELAY_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 2.0
_MOST_CLIENTS = 4096
_MOST_WAITING = 256


class BadKeyLimiter:
    """Counts bad keys per client address.

    Ten in a minute are free; each further one waits twice as long as the one before it, at most two seconds.
    A key that opens what is asked for never comes here, so nobody is kept out who shares an address with a guesser.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()  # client -> (window's begin, bad keys)
        self._waiting = 0

    def delay_seconds(self, client: str, *, now: float) -> float:
        """Count one more bad key of `client` at the monotonic time `now`; return how long its response waits."""
        client = _neighbourhood(client)
        begin, count = self._seen.pop(client, (now, 0))
        if now - begin >= _WINDOW_SECONDS:
            begin, count = now, 0
        self._seen[client] = (begin, count + 1)
        while len(self._seen) > _MOST_CLIENTS:
            self._seen.popitem(last=False)
        beyond = count - _FREE
        return 0.0 if beyond < 0 else min(_FIRST_DELAY_SECONDS * 2 ** min(beyond, 8), _LONGEST_DELAY_SECONDS)

    async def hold_back(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Delay the response to a bad key by what its client's bad keys call for, at whatever door they were tried.

        There is no delay if too many responses wait already.
        """
        seconds = self.delay_seconds(client_of(connection), now=time.monotonic())
        if not seconds or self._waiting >= _MOST_WAITING:
            return
        note(connection, WhyRefused.SLOWED_DOWN)
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1


def _neighbourhood(client: str) -> str:
    """Return the address, or an IPv6 address's /64: one household has all of it."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return address.exploded[:19] if isinstance(address, IPv6Address) else client
