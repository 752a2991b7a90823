"""`hireloop keys`: create, list and revoke API keys."""

from uuid import UUID

import click

from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.cli.database import run
from hireloop.cli.times import moment
from hireloop.scheduling.audit import COMMAND_LINE


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True)
def keys_create(*, role: str, name: str) -> None:
    """Create a key and print it on standard output. It is never shown again."""
    if not name.strip():
        msg = "must not be blank"
        raise click.BadParameter(msg, param_hint="--name")
    _, key = run(lambda _: api_keys.create(name, Role(role), by=COMMAND_LINE))
    click.echo(key)


@keys.command("list")
def keys_list() -> None:
    """List the keys: ID, role, last use, state, name."""
    for known in run(lambda _: api_keys.page(limit=1000, after=None)):
        state = "revoked" if known.revoked_at else "live"
        click.echo(f"{known.id}  {known.role:<9}  {moment(known.last_used_at):<20}  {state:<7}  {known.name}")


@keys.command("revoke")
@click.argument("ident", type=click.UUID)
def keys_revoke(*, ident: UUID) -> None:
    """Revoke the key with this ID; every process refuses it within 5 s."""
    known = run(lambda _: api_keys.revoke(ident, by=COMMAND_LINE))
    click.echo(f"Revoked: {known.name}")
