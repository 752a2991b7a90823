"""`hireloop ledger`: check that every booking has its deliveries."""

import sys

import click

from hireloop.cli.database import run
from hireloop.notify.deliveries import ledger


@click.command("ledger")
def ledger_() -> None:
    """Check that every booking has its deliveries; exit 1 if one is missing."""
    proof = run(lambda _: ledger.read())
    for state, count in sorted(proof.counts.items()):
        click.echo(f"{state}: {count}")
    click.echo(f"unaccounted: {proof.unaccounted}")
    sys.exit(1 if proof.unaccounted else 0)
