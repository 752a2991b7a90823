"""`hireloop serve`: the API and the portal, in separate server processes."""

import asyncio
import socket

import click
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from hireloop import migrate
from hireloop.cli.database import with_database
from hireloop.errors import SettingsError
from hireloop.faults import warnings_of
from hireloop.settings import Settings
from hireloop.telemetry import logs
from hireloop.telemetry.logs import log


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="The number of server processes."
)
@click.option("--mailbox", is_flag=True, hidden=True, help="Serve /dev/mailbox too, as `up` does.")
@click.option("--held", is_flag=True, hidden=True, help="The port is reserved for us by `up`.")
def serve(*, host: str, port: int, workers: int, mailbox: bool, held: bool) -> None:
    """Serve the API, the portal and the console until SIGTERM."""
    settings = Settings.read()
    logs.configure_logs()
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    asyncio.run(with_database(settings, lambda: migrate.check(settings)))
    if not held:
        _check_free(host, port)
    server = Granian(
        "hireloop.local.application:create" if mailbox else "hireloop.app:create",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    )
    server.serve()


def _check_free(host: str, port: int) -> None:
    """Raise SettingsError if the port is not free; Granian would share it with another HireLoop."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        msg = f"{host} port {port} cannot be used ({error.strerror}). Choose another with --host and --port."
        raise SettingsError(msg) from None
