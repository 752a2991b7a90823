"""A route is which provider of a channel a try takes: its own, or its fallback. Pure: which one, and for what."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from hireloop.notify.channels.health import Availability
from hireloop.notify.transport import Channel


class Route(StrEnum):
    """Which provider of a channel a try takes."""

    PRIMARY = "primary"  # the channel's own
    FALLBACK = "fallback"  # the second one, if there is one


class LeaseScope(StrEnum):
    """Which of a channel's due deliveries may be leased."""

    ALL = "all"
    REQUIRED = "required"  # what the candidate depends on, and alerts
    TRIED = "tried"  # of these, what was tried in vain


class LeaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker may lease from a channel now, and by which provider it goes."""

    route: Route | None  # None: by its own history, see `leases.take`
    scope: LeaseScope = LeaseScope.ALL
    other_is_open: bool = False  # a delivery that leaves this provider may go by the other one at once
    probing: bool = False  # one delivery, to find out whether a held provider works again


def provider(channel: Channel, route: Route) -> Channel:
    """Return the channel as this provider has it: its address, and the fingerprint by which it is held or open."""
    if route is Route.PRIMARY:
        return channel
    return msgspec.structs.replace(channel, url=channel.fallback_url, fingerprint=channel.fallback_fingerprint)


def fingerprints(channel: Channel) -> Mapping[Route, str]:
    """Return what identifies the configuration of each of the channel's providers."""
    return {route: provider(channel, route).fingerprint for route in routes_of(channel)}


def routes_of(channel: Channel) -> tuple[Route, ...]:
    """Return the routes that the channel has, its own provider first."""
    return (Route.PRIMARY, Route.FALLBACK) if channel.fallback_url else (Route.PRIMARY,)


def lease_requests(primary: Availability, fallback: Availability | None) -> tuple[LeaseRequest, ...]:
    """Return what may be leased, in this order, given each provider's claim; `fallback` is None if there is none.

    While the primary is held, it is probed, and what is required goes by the fallback at once. While both are open, a
    delivery that leaves one goes by the other, and one at risk takes turns between the two. A held fallback is probed
    with what needs it: while the primary is open, with what that has not delivered at the first try.
    """
    both = fallback is Availability.OPEN
    first = {
        Availability.OPEN: (LeaseRequest(route=None if both else Route.PRIMARY, other_is_open=both),),
        Availability.PROBE: (LeaseRequest(route=Route.PRIMARY, other_is_open=both, probing=True),),
        Availability.WAIT: (),
    }[primary]
    scope = LeaseScope.TRIED if primary is Availability.OPEN else LeaseScope.REQUIRED
    if fallback is Availability.PROBE:
        by_fallback = LeaseRequest(
            route=Route.FALLBACK, scope=scope, other_is_open=primary is Availability.OPEN, probing=True
        )
        return (by_fallback, *first)
    if both and primary is not Availability.OPEN:
        return (*first, LeaseRequest(route=Route.FALLBACK, scope=scope))
    return first
