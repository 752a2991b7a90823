"""`hireloop serve`: the API and the portal, in separate server processes."""

import asyncio
import os
import resource
import socket
import ssl
import sys
from contextlib import suppress
from pathlib import Path

import click
from granian import Granian
from granian._granian import ListenerSpec, SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from hireloop import migrate
from hireloop.cli.database import with_database
from hireloop.errors import SettingsError
from hireloop.faults import warnings_of
from hireloop.settings import Settings
from hireloop.telemetry import logs
from hireloop.telemetry.logs import log
from hireloop.web.following import MOST_FOLLOWERS

_MOST_CONNECTIONS = 16_384 + MOST_FOLLOWERS  # of each server process: requests, and pages that follow their state
_OTHER_FILES = 1_024  # each process's connections to the database, sockets of exports, files
_FEWEST_FILES = 4_096
_WAITING_CONNECTIONS = 4_096  # until they are accepted; the system may allow fewer
_HEAD_MILLISECONDS = 30_000  # also how long a connection may be idle, before its first request and between two
_LARGEST_HEAD = 65_536  # bytes
_UNTAKEN_MILLISECONDS = 30_000  # how long a client may take none of what is sent to it
_Sockets = tuple[tuple[ListenerSpec | None, SocketHolder | None], socket.socket | None]
_READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def _serve_in_process(number: int, name: str | None, load: object, sockets: _Sockets, *more: object) -> None:
    """Serve as Granian does in each server process, with a deadline for responses that nobody takes.

    It has none of its own: who sends one request after the other and reads no response would keep the connection, and
    two megabytes of the system's memory, for good.
    """
    (to_listen, listening), shared = sockets
    if to_listen is not None and sys.platform == "linux":  # others have no such deadline
        listening, to_listen = to_listen.build(), None
        with socket.socket(fileno=os.dup(listening.get_fd())) as opened:  # what it accepts inherits the deadline
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MILLISECONDS)
    Granian._spawn_asgi_lifespan_worker(number, name, load, ((to_listen, listening), shared), *more)  # noqa: SLF001 (what it would run itself)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="The number of server processes."
)
@click.option("--tls-certificate", type=_READABLE, help="Speak https, with this certificate and its chain, as PEM.")
@click.option("--tls-key", type=_READABLE, help="The certificate's private key, as PEM and without a password.")
@click.option("--mailbox", is_flag=True, hidden=True, help="Serve /dev/mailbox too, as `up` does.")
@click.option("--held", is_flag=True, hidden=True, help="The port is reserved for us by `up`.")
def serve(
    *,
    host: str,
    port: int,
    workers: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    mailbox: bool,
    held: bool,
) -> None:
    """Serve the API, the portal and the console until SIGTERM."""
    _check_certificate(tls_certificate, tls_key)
    settings = Settings.read()
    logs.configure_logs()
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    asyncio.run(with_database(settings, lambda: migrate.check(settings)))
    if not held:
        _check_free(host, port)
    connections = _connections(_file_limit())
    server = Granian(
        "hireloop.local.application:create" if mailbox else "hireloop.app:create",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        # The other modes wait for the first bytes of a connection to tell HTTP/2 by, for as long as that takes.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_LARGEST_HEAD),
        backlog=_WAITING_CONNECTIONS,
        backpressure=connections,
        ssl_cert=tls_certificate,
        ssl_key=tls_key,
        loop=Loops.uvloop,
        workers=workers,
        websockets=True,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    )
    server.serve(_serve_in_process)


def _check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise SettingsError unless both are given and belong together, or neither is given."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        msg = "--tls-certificate and --tls-key are needed together."
        raise SettingsError(msg)
    try:
        # An empty password, or OpenSSL would ask for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = getattr(error, "reason", None) or type(error).__name__
        msg = f"{certificate} and {key} are not a certificate and its private key as PEM without a password ({reason})."
        raise SettingsError(msg) from None


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


def _file_limit() -> int:
    """Raise this process's limit of open files as far as it is needed and allowed; return it.

    Every connection is an open file, and the server processes have the limit of this one. Raises SettingsError if it
    stays too low.
    """
    needed = _MOST_CONNECTIONS + _OTHER_FILES
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if limit != resource.RLIM_INFINITY and limit < allowed:
        with suppress(OSError, ValueError):  # macOS has another limit, which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            limit = allowed
    limit = needed if limit == resource.RLIM_INFINITY else limit
    if limit < _FEWEST_FILES:
        msg = (
            f"This process may open only {limit} files, but needs at least {_FEWEST_FILES}: every connection is one. "
            "Raise the limit with LimitNOFILE= in systemd, `ulimits: nofile` in Compose, or `ulimit -n` in a shell."
        )
        raise SettingsError(msg)
    return limit


def _connections(file_limit: int) -> int:
    """Return how many connections one server process takes, so that it never runs out of files."""
    return min(_MOST_CONNECTIONS, file_limit - _OTHER_FILES)
