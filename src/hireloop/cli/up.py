"""`hireloop up`: everything on this machine."""

import sys

import click


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--demo", is_flag=True, help="Book a sample interview that starts now and show what becomes of it.")
@click.option("--once", is_flag=True, help="With --demo: stop afterwards; exit 0 only if all went well.")
def up(*, port: int, demo: bool, once: bool) -> None:
    """Run everything on this machine, nothing else to install."""
    if once and not demo:
        msg = "--once goes with --demo"
        raise click.UsageError(msg)
    # Comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.show import run

    sys.exit(run(port=port, demo=demo, once=once, say=click.echo))
