"""Everything that runs: PostgreSQL, a mail server, two APIs and three workers, each in processes of its own."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from socket import socket

import asyncpg
import httpx
import msgspec

from chaos.facts import LedgerAnswer
from chaos.parts.database import Database
from chaos.parts.programs import Program
from faults.scene import mail_through
from hireloop import db

_APIS, _WORKERS = 2, 3
_CONCURRENCY = 20  # slow recipients keep nobody waiting
_READY_SECONDS = 60.0
_PORTS = range(20_000, 32_000)  # below those that the system gives to connections: a port stays free while we are dead
_STOPPED = {0, -signal.SIGTERM}  # the latter of a worker that was not ready yet, and so had nothing under way
_TESTS = Path(__file__).parents[2]

# What is still to be done before everything has come to rest.
_UNREST = """
    SELECT (SELECT count(*) FROM delivery WHERE state = 'pending') AS pending,
        (SELECT count(*) FROM attempt JOIN delivery ON delivery.id = attempt.delivery
            WHERE outcome IS NULL AND state <> 'superseded') AS under_way
"""

# The pauses before the next tries are over.
_HURRY = "UPDATE delivery SET due_at = now() WHERE state = 'pending' AND lease_token IS NULL AND due_at > now()"


class Installation:
    """An installation in a folder; programs that end are started again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._env: dict[str, str] = {}
        self.mails = folder / "mails"
        self.database = Database(folder)
        self.urls: list[str] = []
        self.apis: list[Program] = []
        self.workers: list[Program] = []
        self.mail_server: Program

    @property
    def programs(self) -> list[Program]:
        return [*self.apis, *self.workers, self.mail_server]

    async def start(self) -> str:
        """Start everything, wait until it answers, and return the booker's API key."""
        await self.database.start()
        key = await self.database.prepare()
        ports = free_ports(1 + _APIS)
        logs = self._folder / "logs"
        logs.mkdir()
        paths = [str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {"ALERT_EMAIL": "operations@hire.example", "PYTHONPATH": os.pathsep.join(paths)}
        self._env = mail_through(self.database.url, ports[0], **settings)
        mail = ["--folder", str(self.mails), "--port", str(ports[0]), "--seed", str(self._seed)]
        self.mail_server = Program("mail-server", "chaos.parts.mail_server", *mail, env=self._env, folder=logs)
        self.apis = [
            Program(f"api-{port}", "hireloop", "serve", "--port", str(port), env=self._env, folder=logs)
            for port in ports[1:]
        ]
        self.workers = [
            Program(f"worker-{n}", "hireloop", "work", "--concurrency", str(_CONCURRENCY), env=self._env, folder=logs)
            for n in range(1, _WORKERS + 1)
        ]
        self.urls = [f"http://127.0.0.1:{port}" for port in ports[1:]]
        for program in self.programs:
            program.start()
        await asyncio.wait_for(self._answers(), _READY_SECONDS)
        return key

    async def _answers(self) -> None:
        async with httpx.AsyncClient() as client:
            for url in self.urls:
                while True:
                    with suppress(httpx.TransportError):
                        if (await client.get(f"{url}/health/ready")).is_success:
                            break
                    await asyncio.sleep(0.1)

    async def unrest(self) -> tuple[int, int] | None:
        """Return how many deliveries are pending and attempts under way; None while the database is away."""
        found = await self._asked(_UNREST)
        return (found[0]["pending"], found[0]["under_way"]) if found else None

    async def hurry(self) -> None:
        """End the pauses before the next tries, which may be of minutes: to wait for them would prove nothing."""
        await self._asked(_HURRY)

    async def _asked(self, statement: str) -> Sequence[asyncpg.Record] | None:
        """Return what the database answers; None while it is away."""
        try:
            connection = await asyncpg.connect(self.database.url, timeout=5)
            try:
                return await connection.fetch(statement, timeout=5)
            finally:
                connection.terminate()
        except db.UNAVAILABLE:
            return None

    async def ledger(self) -> LedgerAnswer:
        """Run `hireloop ledger`."""
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "hireloop", "ledger"],
            env=self._env,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return LedgerAnswer(ran.returncode, (ran.stdout + ran.stderr).strip())

    def logged_errors(self) -> Counter[str]:
        """Return how often each event was logged as an error, by all programs in all their lives."""
        events: Counter[str] = Counter()
        for log in (self._folder / "logs").iterdir():
            for line in log.read_text(errors="replace").splitlines():
                with suppress(msgspec.DecodeError):
                    entry = msgspec.json.decode(line)
                    if isinstance(entry, dict) and entry.get("level") == "error":
                        events[str(entry["event"])] += 1
        return events

    async def stop_workers(self) -> list[str]:
        """Ask the workers to stop; return a sentence for each that did not settle everything by then."""
        codes = await asyncio.gather(*(worker.stop() for worker in self.workers))
        return [
            f"{worker.name}: ended with exit code {code} when it was asked to stop"
            for worker, code in zip(self.workers, codes, strict=True)
            if code not in _STOPPED
        ]

    async def stop(self) -> None:
        """Stop everything that runs."""
        if hasattr(self, "mail_server"):
            await asyncio.gather(*(program.stop() for program in self.programs))
        await self.database.stop()


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found
