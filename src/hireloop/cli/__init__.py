"""The command line. Exit codes: 0 done, 1 a check failed, 2 wrong usage; a bad setting is one sentence and 1."""

import logging
import os
import signal
import sys
import threading

import asyncpg
import click

from hireloop import db, log_lines
from hireloop.cli import bounces, channels, deliveries, doctor, keys, preview, retention, running, send_test
from hireloop.errors import HireLoopError


def main() -> None:
    """Run the command line; a known fault is one sentence on standard error, where every log line goes too."""
    log_lines.configure_logs()
    logging.getLogger().setLevel(logging.WARNING)  # `serve` and `work` say more
    try:
        group(standalone_mode=True)
    except HireLoopError as error:
        click.echo(f"hireloop: {error}", err=True)
        sys.exit(1)
    except (ConnectionError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        click.echo(f"hireloop: The database failed ({db.described(error)}): try again, and see its log.", err=True)
        sys.exit(1)


@click.group("hireloop", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input ends.")
def group(*, with_parent: bool) -> None:
    """Schedule interviews; no invitation is ever lost in silence."""
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ask this process to stop once the one that started it is gone, however it went."""
    while os.read(0, 1024):  # not through sys.stdin, whose lock this thread would hold at the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


for command in (
    running.up,
    running.serve,
    running.work,
    running.migrate_,
    doctor.doctor,
    send_test.send_test,
    preview.preview_,
    keys.keys,
    channels.channels,
    deliveries.deliveries,
    deliveries.ledger_,
    bounces.bounces,
    retention.retention,
):
    group.add_command(command)
