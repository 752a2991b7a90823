"""`hireloop up`: run everything on this machine."""

import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="By default 8000, or the next free port.")
@click.option("--demo", is_flag=True, help="Book a sample interview that starts now and show what happens.")
@click.option("--once", is_flag=True, help="With --demo: stop afterwards; exit 0 only if everything worked.")
def up(*, port: int | None, demo: bool, once: bool) -> None:
    """Run everything on this machine, with nothing else to install."""
    if once and not demo:
        msg = "--once requires --demo"
        raise click.UsageError(msg)
    # Comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.show import run

    sys.exit(run(port=port, demo=demo, once=once, say=click.echo))
