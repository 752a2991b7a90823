"""Checks of the channels besides mail: chat and webhooks. Nothing is posted."""

import urllib.request
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Finding, failure, of_reason, ok
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import (
    Channel,
    InstalledTransport,
    TransportBroken,
    TransportMissing,
    installed_transports,
    open_transport,
)
from hireloop.notify.transports.webhook.addresses import addresses_of, is_public
from hireloop.settings import Settings

_PORTS = {"http": 80, "https": 443}
_WEBHOOK = "webhook"


@runtime_checkable
class SelfChecking(Protocol):
    """A transport that knows, before any send, that its settings can never work."""

    @property
    def refusal(self) -> Reason | None:
        """Why these settings can never send, or None."""
        ...


@runtime_checkable
class HasServer(Protocol):
    """A transport that can say where it posts to."""

    @property
    def server(self) -> tuple[str, int, bool] | None:
        """Host, port, and whether it speaks TLS; None where that is not known before a send."""
        ...


def check(channel: Channel, settings: Settings) -> Finding:
    """Return the one finding about a channel that is not mail; blocking, a few seconds."""
    setting = "WEBHOOK_URLS" if channel.transport_name == _WEBHOOK else "CHAT_URLS or APPRISE_CONFIG"
    try:
        transport = open_transport(channel, settings)
    except TransportMissing:
        cause = f"No installed package offers the transport {channel.transport_name}."
        return failure(channel.name, cause, "Install the package that does, wherever a worker runs.")
    except TransportBroken as error:
        return failure(channel.name, str(error), _fix(channel, error, setting))
    if isinstance(transport, SelfChecking) and transport.refusal is not None:
        return of_reason(channel.name, transport.refusal)
    where = _where(channel, transport)
    if where is None:
        return ok(channel.name, "Its URL is a good one; whether it reaches anybody is known with the first message.")
    if channel.transport_name != _WEBHOOK and urllib.request.getproxies():
        return ok(channel.name, "Its URL is a good one; behind this machine's proxy nothing more is tried.")
    return _private(channel, settings, where) or reach.check(
        channel.name, where[0], where[1], secure=where[2], setting=setting
    )


def _fix(channel: Channel, error: TransportBroken, setting: str) -> str:
    """Return what mends a transport that cannot be opened: its package, unless it may be its address."""
    used = _used(channel)
    if used is None or used.error is not None:
        return f"Install the package {used.package if used else ''} again, or a newer version of it."
    if error.__cause__ is None:
        return f"Install a newer version of the package {used.package}, or remove the channel."
    return f"Correct its address in {setting}; if that is right, install a newer {used.package}."


def _used(channel: Channel) -> InstalledTransport | None:
    of_the_name = (found for found in installed_transports() if found.name == channel.transport_name)
    return next(of_the_name, None)


def _where(channel: Channel, transport: object) -> tuple[str, int, bool] | None:
    if isinstance(transport, HasServer):
        return transport.server
    parts = urlsplit(channel.url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "https"


def _private(channel: Channel, settings: Settings, where: tuple[str, int, bool]) -> Finding | None:
    """Return the failure that a webhook's name leads to private addresses only, which are refused unless allowed."""
    if channel.transport_name != _WEBHOOK or settings.webhook_allow_private:
        return None
    try:
        addresses = addresses_of(where[0], where[1], seconds=reach.SECONDS)
    except OSError:
        return None  # `reach` says so
    if any(is_public(str(address.where[0])) for address in addresses):
        return None
    return of_reason(channel.name, Reason.PRIVATE_ADDRESS)
