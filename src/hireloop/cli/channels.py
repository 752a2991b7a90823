"""`hireloop channels`: the configured channels, which of them are held, and the installed transports."""

import asyncio

import click

from hireloop import db
from hireloop.cli.database import with_database
from hireloop.cli.times import moment
from hireloop.errors import DatabaseNotReady
from hireloop.local.home import at_home
from hireloop.notify.channels import configured, held
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.providers import Route
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transport import Channel, InstalledTransport, installed_transports

HeldByRoute = dict[tuple[str, Route], HeldProvider]


@click.command()
def channels() -> None:
    """List the channels with their state, transport and kinds of messages, then the installed transports."""
    with at_home() as settings:
        found = configured.channels(settings)
        health: HeldByRoute | None = None
        try:
            health = asyncio.run(with_database(settings, lambda: _health(found)))
        except DatabaseNotReady as error:
            click.echo(f"hireloop: warning: {error} It is unknown whether a channel is held.", err=True)
        except db.UNAVAILABLE as error:
            why = f"The database failed ({db.described(error)}). Run `hireloop migrate` if it is not up to date."
            click.echo(f"hireloop: warning: {why} It is unknown whether a channel is held.", err=True)
    for channel in found:
        for line in _channel_lines(channel, health):
            click.echo(line)
    for transport in installed_transports():
        click.echo(_transport_line(transport))


async def _health(found: tuple[Channel, ...]) -> HeldByRoute:
    return {(row.channel, row.route): row for row in await held.held(found)}


def _channel_lines(channel: Channel, health: HeldByRoute | None) -> list[str]:
    row = (health or {}).get((channel.name, Route.PRIMARY))
    state = "unknown" if health is None else "held" if row else "open"
    required = "required" if channel.required else "optional"
    kinds = " ".join(sorted(channel.kinds)) or "nothing"
    lines = [f"{channel.name:<22}  {state:<7}  {channel.transport_name:<8}  {required:<8}  {kinds}"]
    if channel.title != channel.name:
        lines.append(f"  {channel.title}")
    if row:
        lines.append(f"  {_since(row)}")
    if channel.fallback_url and health is not None:
        second = health.get((channel.name, Route.FALLBACK))
        lines.append(f"  fallback: {f'held {_since(second)}' if second else 'open'}")
    return lines


def _since(row: HeldProvider) -> str:
    return f"since {moment(row.since)}: {row.reason}: {sentence_of(row.reason)}"


def _transport_line(transport: InstalledTransport) -> str:
    state = "loaded"
    if transport.error:
        state = f"broken: {transport.error}"
    elif transport.hidden_by:
        state = f"not used: {transport.hidden_by} provides one with the same name"
    return f"transport {transport.name:<12}  {transport.package} {transport.version}  {state}"
