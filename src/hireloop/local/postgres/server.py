"""The embedded PostgreSQL: a real server in the data directory, for a machine that has none.

The server outlives the process that started it, so the next one finds it running. In the directory:

    postgres/        the cluster (`postgres.new/` while it is being made)
    socket/          the server's only door, a Unix socket in a directory closed to everybody else
    postgres.log     the server's log
    postgres.lock    held while a process starts or stops it
    postgres.in-use  held, shared, by everybody who uses it
"""

import hashlib
import os
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from hireloop.errors import DatabaseNotReady
from hireloop.local.data_dir import make_data_dir
from hireloop.local.locks import InUseLock, one_at_a_time, open_own
from hireloop.local.logs import LONGEST_LOG
from hireloop.local.postgres.postmaster import Postmaster
from hireloop.local.postgres.programs import MAJOR, find_programs
from hireloop.local.server_user import ServerUser

_PORT = 5432  # only a part of the socket's name
_LONGEST_SOCKET_PATH = 103  # bytes: macOS's limit, Linux allows 107
_LINGERING_SECONDS = 10
_START_SECONDS = 120  # a crash recovery may take long
_STOP_SECONDS = 60

_OPTIONS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # the details quote rows, and so addresses
}

# The tables belong to the first role; processes use the other, to which `hireloop migrate` grants what they need.
_OWNER, _APPLICATION = "hireloop", "hireloop_app"
_CREATE_DATABASE = r"""
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['hireloop', 'hireloop_app']) AS role(name)
 WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
SELECT 'CREATE DATABASE hireloop OWNER hireloop'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'hireloop') \gexec
"""


class EmbeddedPostgres:
    """The PostgreSQL server of one data directory; many processes may hold one at the same time.

    `options` are settings of the server (`{"fsync": "off"}`), used when this call starts it.
    """

    def __init__(self, data_dir: Path, options: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir.expanduser().resolve()
        self._cluster = self._data_dir / "postgres"
        self._log = self._data_dir / "postgres.log"
        self._options = {**_OPTIONS, **(options or {})}
        self._lock = self._data_dir / "postgres.lock"
        self._use = InUseLock(self._data_dir / "postgres.in-use")
        self._socket_dir_of_running = ""

    def start(self) -> str:
        """Make sure that the server runs, with a database `hireloop`; return the URL of the role that owns it.

        Raises SettingsError if the data directory or this user cannot serve, DatabaseNotReady if the
        server does not start.
        """
        make_data_dir(self._data_dir)
        with one_at_a_time(self._lock) as lock:
            user = ServerUser.of(self._cluster)
            user.must_enter(self._data_dir)
            programs = find_programs(user, self._data_dir)
            if not self.is_running:
                self._make_cluster(user, programs, lock)
                self._boot(user, programs)
            socket_dir = self._wait_until_ready()
            self._create_database(user, programs, socket_dir, lock)
            self._use.begin()
        self._socket_dir_of_running = socket_dir
        return _url(_OWNER, "hireloop", socket_dir)

    @property
    def application_url(self) -> str:
        """The URL of the database for processes, once `start` has returned: of a role that owns nothing."""
        return _url(_APPLICATION, "hireloop", self._socket_dir_of_running)

    def stop(self) -> None:
        """Shut the server down, even if others started it or use it; does nothing if none runs.

        Committed data is safe; open transactions are rolled back. Raises DatabaseNotReady if
        it does not stop.
        """
        if self._cluster.exists():
            with one_at_a_time(self._lock):
                self._use.end()
                self._stop()

    def leave(self) -> None:
        """Stop using the server, and shut it down if nobody else who called `start` still uses it.

        A user that was killed counts as gone.
        """
        if self._cluster.exists():
            with one_at_a_time(self._lock):
                self._use.end()
                if self._use.is_over():
                    self._stop()

    @property
    def is_running(self) -> bool:
        """Whether the server's main process is alive, ready or still recovering."""
        postmaster = Postmaster.read(self._cluster)
        return postmaster is not None and postmaster.is_alive

    def _make_cluster(self, user: ServerUser, programs: Path, lock: int) -> None:
        made_by = self._cluster / "PG_VERSION"
        if made_by.exists():
            if (found := made_by.read_text().strip()) != MAJOR:
                msg = (
                    f"{self._cluster} was created by PostgreSQL {found}, but this is PostgreSQL {MAJOR}. "
                    "Choose another HIRELOOP_DATA_DIR, and move the data with pg_dump."
                )
                raise DatabaseNotReady(msg)
            return
        unfinished = self._cluster.with_name("postgres.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        user.make_private_dir(unfinished)
        command: list[str | Path] = [programs / "initdb", "-D", unfinished, "-U", "postgres", "--encoding=UTF8"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--auth-local=trust", "--auth-host=reject"]
        if self._options["fsync"] == "off":
            command.append("--no-sync")
        # With the lock in its hands: if we are killed, nobody interferes until it is done.
        done = user.run(command, pass_fds=[lock])
        if done.returncode:
            msg = f"The embedded PostgreSQL could not be set up: {_reason(done.stderr)}"
            raise DatabaseNotReady(msg)
        unfinished.rename(self._cluster)

    def _boot(self, user: ServerUser, programs: Path) -> None:
        self._prepare_log(user)
        command: list[str | Path] = [programs / "pg_ctl", "start", "-D", self._cluster.name, "-l", self._log.name]
        command += ["-s", "-w", "-t", str(_START_SECONDS), "-o", self._flags(user)]
        deadline = time.monotonic() + _LINGERING_SECONDS
        while True:
            if stale := Postmaster.read(self._cluster):
                stale.disown(self._cluster)
            said_before = self._log.stat().st_size
            # Relative names, as `pg_ctl` hands them to a shell between double quotes.
            if user.run(command, cwd=self._data_dir).returncode == 0 or self.is_running:
                return
            with self._log.open("rb") as log:
                log.seek(said_before)
                said = log.read(100_000).decode(errors="replace")
            # After a kill -9 of the main process the others need a moment to notice and go.
            if "pre-existing shared memory block" not in said or time.monotonic() > deadline:
                msg = f"The embedded PostgreSQL did not start: {_reason(said)} (all of it is in {self._log})"
                raise DatabaseNotReady(msg)
            time.sleep(0.05)

    def _flags(self, user: ServerUser) -> str:
        socket_dir = self._socket_dir()
        user.make_private_dir(socket_dir)
        quoted = str(socket_dir).replace('"', '""')
        options = {**self._options, "unix_socket_directories": f'"{quoted}"'}
        return shlex.join(part for name, value in options.items() for part in ("-c", f"{name}={value}"))

    def _socket_dir(self) -> Path:
        preferred = self._data_dir / "socket"
        longest = len(os.fsencode(preferred / f".s.PGSQL.{_PORT}"))
        # A comma would part two hosts in a URL.
        if longest <= _LONGEST_SOCKET_PATH and "," not in str(preferred):
            return preferred
        digest = hashlib.sha256(os.fsencode(self._data_dir)).hexdigest()[:16]
        # Not TMPDIR, which differs from process to process. `make_private_dir` sees to it that it is ours.
        return Path("/tmp").resolve() / f"hireloop-{digest}"  # noqa: S108 (see the line before)

    def _prepare_log(self, user: ServerUser) -> None:
        with suppress(FileNotFoundError):
            if self._log.stat().st_size > LONGEST_LOG:  # nobody writes to it, as the server is not running
                self._log.replace(self._log.with_suffix(".log.1"))
        os.close(open_own(self._log))
        user.own(self._log)

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            postmaster = Postmaster.read(self._cluster)
            if postmaster is None or not postmaster.is_alive:
                break
            if postmaster.is_ready:
                return postmaster.socket_dir
            time.sleep(0.05)
        msg = f"The embedded PostgreSQL did not become ready. Check {self._log}."
        raise DatabaseNotReady(msg)

    def _create_database(self, user: ServerUser, programs: Path, socket_dir: str, lock: int) -> None:
        command: list[str | Path] = [programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        command += ["-d", _url("postgres", "postgres", socket_dir)]
        done = user.run(command, text=_CREATE_DATABASE, pass_fds=[lock])
        if done.returncode:
            # A start that was killed in the middle may have left a backend that just finished this.
            done = user.run(command, text=_CREATE_DATABASE, pass_fds=[lock])
        if done.returncode:
            msg = f"The embedded PostgreSQL could not create its database: {_reason(done.stderr)}"
            raise DatabaseNotReady(msg)

    def _stop(self) -> None:
        if not self.is_running:
            return
        user = ServerUser.of(self._cluster)
        command: list[str | Path] = [find_programs(user, self._data_dir) / "pg_ctl", "stop", "-m", "fast"]
        done = user.run([*command, "-D", self._cluster, "-s", "-w", "-t", str(_STOP_SECONDS)])
        if done.returncode and self.is_running:
            msg = f"The embedded PostgreSQL did not stop: {_reason(done.stderr)}"
            raise DatabaseNotReady(msg)


def _url(role: str, database: str, socket_dir: str) -> str:
    # With the port, or a PGPORT in somebody's environment would lead past the socket.
    return f"postgresql://{role}@/{database}?host={quote(socket_dir)}&port={_PORT}"


def _reason(said: str) -> str:
    if "No space left on device" in said:
        return "the disk is full. Free some space and start it again."
    lines = said.strip().splitlines() or ["it gave no reason"]
    return next((line for line in reversed(lines) if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)), lines[-1])
