"""`hireloop up`: everything on this machine. Starts the parts as separate processes, and stops all of them."""

import asyncio
import errno
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from hireloop import db, migrate
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.errors import SettingsError
from hireloop.local import record
from hireloop.local.data_dir import NO_SPACE, unusable
from hireloop.local.home import new_beside_another
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.local.parts import part, wait_until_ready
from hireloop.local.place import become, place_of
from hireloop.local.postgres.server import EmbeddedPostgres
from hireloop.local.secret import read_or_make_secret
from hireloop.local.traces.spans import SpanReceiver
from hireloop.settings import EmailBackend, Settings

USUAL_PORT = 8000
_PORTS_TRIED = 20
_LOCAL_SENDER = "HireLoop <interviews@hireloop.test>"
_LOCAL_OPERATORS = "operators@hireloop.test"

Speak = Callable[[str], None]


class RunningInstallation(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, as somebody who wants to use it needs to know it."""

    url: str
    first_key: str | None  # shown once; None if keys exist already
    mailbox: Mailbox | None  # None if a mail host is configured
    spans: SpanReceiver
    data_dir: Path
    settings: Settings
    processes: dict[str, subprocess.Popen[bytes]]


@contextmanager
def everything(*, port: int | None, say: Speak) -> Iterator[RunningInstallation]:
    """Run database, migrations, API, portal, worker and mailbox until the block ends, then stop all of them.

    Without a `port` it is 8000 or the next one that is free. `say` gets a line of progress each. Where root starts it,
    this process goes on as the user who owns the data (`hireloop.local.place`), and stays that user.
    Raises SettingsError if a part cannot start, with how to fix it.
    """
    settings = Settings.read()
    outside = _variables(settings)
    place = place_of(settings)
    if place.why_root:
        say(f"{place.why_root} The data is in {place.data_dir}.")
    beside = new_beside_another(place.data_dir) if settings.database_url is None else ""
    if beside:
        say(beside)
    become(place)
    os.environ |= outside
    with ExitStack() as parts:
        parts.enter_context(record.alone(place.data_dir))
        port = _held_port(port, settings, say, parts)
        try:
            running = _start(settings, place.data_dir, port, parts, say)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            raise unusable(place.data_dir, error) from None
        yield running


def _variables(settings: Settings) -> dict[str, str]:
    """Return what the processes, which start in the data directory, would miss of our directory: `.env`, a path."""
    found = settings.variables_of_dotenv()
    if settings.apprise_config is not None:
        found["APPRISE_CONFIG"] = str(settings.apprise_config.absolute())
    return found


def _start(settings: Settings, data_dir: Path, port: int, parts: ExitStack, say: Speak) -> RunningInstallation:
    added = _added_to(settings, data_dir, port)
    owner: dict[str, str] = {}  # not for the processes
    secret = {} if settings.secret_key is not None else {"SECRET_KEY": read_or_make_secret(data_dir)}
    if settings.database_url is None:
        say("Starting PostgreSQL …")
        server = EmbeddedPostgres(data_dir)
        parts.callback(server.leave)  # first: a Ctrl-C in the middle of the start stops it too
        owner["DATABASE_OWNER_URL"] = server.start()
        added["DATABASE_URL"] = server.application_url
    mailbox = _start_mailbox(settings, data_dir, added, parts)
    spans = SpanReceiver()
    added["TRACE_COPY_ENDPOINT"] = spans.start()
    parts.callback(spans.stop)
    whole = Settings.read(**{name.lower(): value for name, value in (added | secret | owner).items()})
    say("Migrating the database …")
    asyncio.run(migrate.as_owner(whole))
    say("Starting the API, the portal and the worker …")
    commands = (["work"], ["serve", "--held", "--port", str(port), *(["--mailbox"] if mailbox else [])])
    processes = {command[0]: parts.enter_context(part(command, added | secret, data_dir)) for command in commands}
    wait_until_ready(port, processes, data_dir, say)
    url = f"http://localhost:{port}"
    database = record.mark_of(whole.database_url or "")
    record.write(
        data_dir, record.InstallationRecord(url=url, pid=os.getpid(), database=database, settings=added | owner)
    )
    return RunningInstallation(
        url=url,
        first_key=asyncio.run(_first_key(whole)),
        mailbox=mailbox,
        spans=spans,
        data_dir=data_dir,
        settings=whole,
        processes=processes,
    )


def _added_to(settings: Settings, data_dir: Path, port: int) -> dict[str, str]:
    """Return what the processes need beyond our own environment, no secret among it."""
    added = {"HIRELOOP_DATA_DIR": str(data_dir)}
    if "base_url" not in settings.model_fields_set:
        added["BASE_URL"] = f"http://localhost:{port}"
    return added


def _start_mailbox(settings: Settings, data_dir: Path, added: dict[str, str], parts: ExitStack) -> Mailbox | None:
    if settings.email_backend is not EmailBackend.SMTP or settings.email_host or settings.email_url:
        return None
    mailbox = Mailbox(data_dir / "mailbox")
    host, port = mailbox.start()
    parts.callback(mailbox.stop)
    added |= {"EMAIL_HOST": host, "EMAIL_PORT": str(port)}
    if not settings.alert_email:
        added["ALERT_EMAIL"] = _LOCAL_OPERATORS
    if not settings.default_from_email:
        added["DEFAULT_FROM_EMAIL"] = _LOCAL_SENDER
    return mailbox


async def _first_key(settings: Settings) -> str | None:
    """Create the first API key if there is none, once everything runs and it can be shown."""
    async with db.opened(settings.listen_url, pool_size=2):
        if await api_keys.page(limit=1, after=None):
            return None
        _, key = await api_keys.create("first key, made by hireloop up", Role.ADMIN)
        return key


def _held_port(port: int | None, settings: Settings, say: Speak, parts: ExitStack) -> int:
    """Return a port on which nobody but our server can listen from now on, until the end.

    Raises SettingsError if the one that is named is not to be had.
    """
    if port is not None:
        try:
            _hold(port, parts)
        except OSError as error:
            fix = "Choose 1024 or higher" if error.errno == errno.EACCES else "Stop what uses it, or choose another"
            msg = f"Port {port} cannot be used ({error.strerror}). {fix} with --port or PORT=."
            raise SettingsError(msg) from None
        return port
    for other in range(USUAL_PORT, USUAL_PORT + _PORTS_TRIED):
        with suppress(OSError):
            _hold(other, parts)
            if other != USUAL_PORT:
                say(f"Port {USUAL_PORT} is in use by another program; using {other} instead.")
            return other
        if "base_url" in settings.model_fields_set:
            msg = (
                f"Port {USUAL_PORT} is in use. Stop what uses it, or choose another with --port or PORT= and BASE_URL."
            )
            raise SettingsError(msg)
    msg = f"All ports from {USUAL_PORT} to {other} are in use. Choose another with --port or PORT=."
    raise SettingsError(msg)


def _hold(port: int, parts: ExitStack) -> None:
    """Reserve a port for our server, so that nobody else can take it. Raises OSError if it is taken.

    Granian listens with SO_REUSEPORT, so it can join us on 127.0.0.1, and only processes of our user could. On ::1, to
    which `localhost` leads as well, nobody is to listen: another user's program there would be shown our links.
    """
    with ExitStack() as held:
        ours = held.enter_context(socket.socket())
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if _is_served(port):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        ours.bind(("127.0.0.1", port))
        if socket.has_ipv6:
            other = held.enter_context(socket.socket(socket.AF_INET6))
            try:
                other.bind(("::1", port))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # this machine has no ::1, and so nobody else has
                    raise
        parts.enter_context(held.pop_all())


def _is_served(port: int) -> bool:
    """Return whether a server of our own user listens there already, which SO_REUSEPORT would let us join."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
