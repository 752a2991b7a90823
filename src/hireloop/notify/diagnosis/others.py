"""Checks of the channels other than mail: chat and webhooks. Nothing is posted."""

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
    """A transport that can tell, before it sends anything, that its settings can never work."""

    @property
    def refusal(self) -> Reason | None:
        """Why these settings can never send, or None."""
        ...


@runtime_checkable
class HasServer(Protocol):
    """A transport that can tell where it posts to."""

    @property
    def server(self) -> tuple[str, int, bool] | None:
        """Host, port, and whether it uses TLS; None if that is unknown before it sends."""
        ...


def check(channel: Channel, settings: Settings) -> Finding:
    """Return the one finding about a channel that is not mail; blocking, a few seconds."""
    setting = "WEBHOOK_URLS" if channel.transport_name == _WEBHOOK else "CHAT_URLS or APPRISE_CONFIG"
    try:
        transport = open_transport(channel, settings)
    except TransportMissing:
        cause = f"No installed package provides the transport {channel.transport_name}."
        return failure(channel.name, cause, "Install a package that does on every machine that runs a worker.")
    except TransportBroken as error:
        return failure(channel.name, str(error), _fix(channel, error, setting))
    if isinstance(transport, SelfChecking) and transport.refusal is not None:
        return of_reason(channel.name, transport.refusal)
    where = _where(channel, transport)
    if where is None:
        return ok(channel.name, "The URL is valid; only a first message can show whether it reaches anyone.")
    if channel.transport_name != _WEBHOOK and urllib.request.getproxies():
        return ok(channel.name, "The URL is valid; nothing more is checked behind this machine's proxy.")
    return _private(channel, settings, where) or reach.check(
        channel.name, where[0], where[1], secure=where[2], setting=setting
    )


def _fix(channel: Channel, error: TransportBroken, setting: str) -> str:
    """Return how to fix a transport that cannot be opened: by its package or, where that may be wrong, its URL."""
    used = _used(channel)
    if used is None or used.error is not None:
        return f"Reinstall the package {used.package if used else ''}, or install a newer version."
    if error.__cause__ is None:
        return f"Install a newer version of the package {used.package}, or remove the channel."
    return f"Correct its URL in {setting}. If it is correct, install a newer version of {used.package}."


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
    """Return a failure if a webhook's host resolves to private addresses only, which are refused unless allowed."""
    if channel.transport_name != _WEBHOOK or settings.webhook_allow_private:
        return None
    try:
        addresses = addresses_of(where[0], where[1], seconds=reach.SECONDS)
    except OSError:
        return None  # `reach` says so
    if any(is_public(str(address.where[0])) for address in addresses):
        return None
    return of_reason(channel.name, Reason.PRIVATE_ADDRESS)
