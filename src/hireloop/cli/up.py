"""`hireloop up`: everything on this machine."""

import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="8000 by default, or the next one that is free.")
@click.option("--demo", is_flag=True, help="Book a sample interview that starts now and show what becomes of it.")
@click.option("--once", is_flag=True, help="With --demo: stop afterwards; exit 0 only if all went well.")
def up(*, port: int | None, demo: bool, once: bool) -> None:
    """Run everything on this machine, nothing else to install."""
    if once and not demo:
        msg = "--once goes with --demo"
        raise click.UsageError(msg)
    # Comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.show import run

    sys.exit(run(port=port, demo=demo, once=once, say=click.echo))
