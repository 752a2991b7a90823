"""`hireloop keys`: create, list and revoke API keys."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from hireloop.access import api_keys
from hireloop.access.api_keys import KeyState
from hireloop.access.tables import Role
from hireloop.cli.database import run
from hireloop.cli.times import PeriodParameter, TimeParameter, moment
from hireloop.scheduling.audit import COMMAND_LINE


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True)
@click.option("--expires-in", type=PeriodParameter(), help="How long the key works: 90d, 26w, 1y.")
@click.option("--expires-at", type=TimeParameter(), help="When the key expires: 2027-12-01T10:00:00+05:30.")
def keys_create(*, role: str, name: str, expires_in: timedelta | None, expires_at: datetime | None) -> None:
    """Create a key and print it on standard output. It is never shown again.

    It works until it is revoked, unless an option says when it expires.
    """
    if expires_in is not None and expires_at is not None:
        msg = "Give --expires-in or --expires-at, not both."
        raise click.UsageError(msg)
    if not name.strip():
        msg = "must not be blank"
        raise click.BadParameter(msg, param_hint="--name")
    until = expires_at if expires_in is None else datetime.now(UTC) + expires_in
    _, key = run(lambda _: api_keys.create(name, Role(role), expires_at=until, by=COMMAND_LINE))
    click.echo(key)


@keys.command("list")
def keys_list() -> None:
    """List the keys: ID, role, last use, state, name; and warn of those that expire within 14 days."""
    found = run(lambda _: api_keys.page(limit=1000, after=None))
    now = datetime.now(UTC)
    for known in found:
        state = api_keys.state_of(known, now)
        end = f"  expires {moment(known.expires_at)}" if known.expires_at and state is KeyState.LIVE else ""
        click.echo(f"{known.id}  {known.role:<9}  {moment(known.last_used_at):<20}  {state:<7}  {known.name}{end}")
    for known in found:
        if api_keys.is_about_to_expire(known, now):
            click.echo(f"Warning: {known.name} expires {moment(known.expires_at)}. Create a replacement now.", err=True)


@keys.command("revoke")
@click.argument("ident", type=click.UUID)
def keys_revoke(*, ident: UUID) -> None:
    """Revoke the key with this ID; every process refuses it within 5 s."""
    known = run(lambda _: api_keys.revoke(ident, by=COMMAND_LINE))
    click.echo(f"Revoked: {known.name}")
