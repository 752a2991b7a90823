"""`hireloop migrate`: bring the database up to date."""

import asyncio

import click

from hireloop import migrate
from hireloop.local.home import at_home
from hireloop.wording.plain_text import counted


@click.command("migrate")
@click.option("--accept-secret", is_flag=True, help="Accept a SECRET_KEY that differs from this database's.")
def migrate_(*, accept_secret: bool) -> None:
    """Bring the database up to date; safe to run from several processes at once."""
    with at_home() as settings:
        ran = asyncio.run(migrate.as_owner(settings, accept_secret=accept_secret))
    click.echo(f"{counted(len(ran), 'migration', 'migrations')} run." if ran else "The database is up to date.")
