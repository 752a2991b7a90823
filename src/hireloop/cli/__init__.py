"""The command line. Exit codes: 0 success, 1 a failed check or an invalid setting, 2 wrong usage, 3 a broken worker.

It starts quickly: a command imports what it needs only when it is called (see `commands`).
"""

import gc
import os
import signal
import sys
import threading

import click

from hireloop.cli.commands import Commands
from hireloop.errors import HireLoopError


def main() -> None:
    """Run the command line; a known error is one sentence on standard error, where all log lines go too."""
    gc.disable()  # nothing that is imported now is garbage
    try:
        group(standalone_mode=True)
    except HireLoopError as error:
        click.echo(f"hireloop: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        # Loads Piccolo and asyncpg: only where a command has failed, which has loaded them already if they are why.
        import asyncpg

        from hireloop import db

        if not isinstance(error, ConnectionError | TimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError):
            raise
        click.echo(f"hireloop: The database failed ({db.described(error)}). {db.fix_of(error)}", err=True)
        sys.exit(1)


@click.group("hireloop", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hireloop", prog_name="hireloop", message="%(prog)s %(version)s")
@click.option("--with-parent", is_flag=True, hidden=True, help="Exit when standard input ends.")
def group(*, with_parent: bool) -> None:
    """Schedule interviews, and never lose an invitation silently."""
    # Loads structlog and OpenTelemetry: only where a command runs.
    from hireloop.telemetry import logs

    logs.configure_logs("WARNING")  # `serve` and `work` say more
    gc.freeze()  # what has been imported stays: to look through it at the end took a seventh of a short command's time
    gc.enable()
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ask this process to stop once the one that started it is gone, however it went."""
    while os.read(0, 1024):  # not through sys.stdin, whose lock this thread would hold at the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
