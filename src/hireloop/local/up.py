"""`hireloop up`: everything on this machine. Starts the parts as processes of their own, and stops all of them."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import msgspec

from hireloop import db, migrate
from hireloop.api import key_ring
from hireloop.api.tables import Role
from hireloop.errors import SettingsError
from hireloop.local.home import data_dir_of
from hireloop.local.mailbox import Mailbox
from hireloop.local.postgres import EmbeddedPostgres
from hireloop.local.secret import read_or_make_secret
from hireloop.local.spans import SpanReceiver
from hireloop.settings import EmailBackend, Settings

_READY_SECONDS = 60.0
_STOP_SECONDS = 40.0
_LOOK_AGAIN_SECONDS = 0.1
_LOCAL_SENDER = "HireLoop <interviews@hireloop.test>"
_LOCAL_OPERATORS = "operators@hireloop.test"

Say = Callable[[str], None]


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, as somebody who wants to use it needs to know it."""

    url: str
    first_key: str | None  # shown once; None where keys exist already
    mailbox: Mailbox | None  # None where a mail host is configured
    spans: SpanReceiver
    data_dir: Path
    settings: Settings
    processes: dict[str, subprocess.Popen[bytes]]


@contextmanager
def everything(*, port: int, say: Say) -> Iterator[Running]:
    """Run database, migrations, API, portal, worker and mailbox until the block ends, then stop all of them.

    `say` gets a line of progress each. Raises SettingsError where a part cannot start, with the mend.
    """
    settings = Settings.read()
    data_dir = data_dir_of(settings)
    _check_free(port)
    with ExitStack() as parts:
        environment = _environment(settings, data_dir, port)
        if settings.database_url is None:
            say("Starting PostgreSQL …")
            server = EmbeddedPostgres(data_dir)
            parts.callback(server.leave)  # first: a Ctrl-C in the middle of the start stops it too
            environment["DATABASE_URL"] = server.start()
        mailbox = _start_mailbox(settings, data_dir, environment, parts)
        spans = SpanReceiver()
        environment["TRACE_COPY_ENDPOINT"] = spans.start()
        parts.callback(spans.stop)
        whole = Settings.read(**{name.lower(): value for name, value in environment.items()})
        say("Migrating …")
        asyncio.run(_migrate(whole))
        say("Starting API, portal and worker …")
        commands = (["work"], ["serve", "--port", str(port), *(["--mailbox"] if mailbox else [])])
        processes = {command[0]: parts.enter_context(_process(command, environment, data_dir)) for command in commands}
        _wait_until_ready(port, processes, data_dir)
        yield Running(
            url=f"http://localhost:{port}",
            first_key=asyncio.run(_first_key(whole)),
            mailbox=mailbox,
            spans=spans,
            data_dir=data_dir,
            settings=whole,
            processes=processes,
        )


def wait_for_the_end(running: Running) -> None:
    """Block until Ctrl-C; raises SettingsError, naming its log, where a part has ended by itself."""
    while True:
        _check_alive(running.processes, running.data_dir)
        time.sleep(_LOOK_AGAIN_SECONDS)


def _check_alive(processes: Mapping[str, subprocess.Popen[bytes]], data_dir: Path) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            log = data_dir / f"{name}.log"
            msg = f"`hireloop {name}` has ended by itself (exit code {process.returncode}): {log} says why."
            raise SettingsError(msg)


def _environment(settings: Settings, data_dir: Path, port: int) -> dict[str, str]:
    """Return what the processes need beyond our own environment."""
    added = {"HIRELOOP_DATA_DIR": str(data_dir)}
    if settings.secret_key is None:
        added["SECRET_KEY"] = read_or_make_secret(data_dir)
    if "base_url" not in settings.model_fields_set:
        added["BASE_URL"] = f"http://localhost:{port}"
    return added


def _start_mailbox(settings: Settings, data_dir: Path, environment: dict[str, str], parts: ExitStack) -> Mailbox | None:
    if settings.email_backend is not EmailBackend.SMTP or settings.email_host or settings.email_url:
        return None
    mailbox = Mailbox(data_dir / "mailbox")
    host, port = mailbox.start()
    parts.callback(mailbox.stop)
    environment |= {"EMAIL_HOST": host, "EMAIL_PORT": str(port)}
    if not settings.alert_email:
        environment["ALERT_EMAIL"] = _LOCAL_OPERATORS
    if not settings.default_from_email:
        environment["DEFAULT_FROM_EMAIL"] = _LOCAL_SENDER
    return mailbox


async def _migrate(settings: Settings) -> None:
    async with db.opened(settings.listen_url, pool_size=2, patient=True):
        await migrate.migrate(settings)


async def _first_key(settings: Settings) -> str | None:
    """Make the first API key where there is none, once everything runs and somebody is told of it."""
    async with db.opened(settings.listen_url, pool_size=2):
        if await key_ring.page(limit=1, after=None):
            return None
        _, key = await key_ring.create("first key, made by hireloop up", Role.ADMIN)
        return key


@contextmanager
def _process(command: list[str], environment: dict[str, str], data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one `hireloop` command, its log in the data directory, until the block ends.

    `--with-parent` makes it end with us, whatever ends us: its standard input is a pipe that only we hold.
    """
    with _private_log(data_dir / f"{command[0]}.log") as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-P", "-m", "hireloop", "--with-parent", *command],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the parts in order
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


@contextmanager
def _private_log(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            msg = f"Port {port} is in use by another program: stop it, or choose another with --port."
            raise SettingsError(msg) from None


def _wait_until_ready(port: int, processes: Mapping[str, subprocess.Popen[bytes]], data_dir: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        _check_alive(processes, data_dir)
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).is_success:
                return
        time.sleep(_LOOK_AGAIN_SECONDS)
    msg = f"The API did not become ready within {_READY_SECONDS:.0f} s: {data_dir / 'serve.log'} says why."
    raise SettingsError(msg)
