"""The run's own PostgreSQL, on a disk, which is killed and started again on the same data."""

import asyncio
import os
import signal
from pathlib import Path

from hireloop import db, migrate
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.postgres.postmaster import Postmaster
from hireloop.local.postgres.server import EmbeddedPostgres
from sample_settings import settings_for


class Database:
    """A PostgreSQL of the embedded kind in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._cluster = folder / "postgres"
        self._server = EmbeddedPostgres(folder)
        self.url = ""
        self.is_up = False

    async def start(self) -> None:
        """Start it, or start it again; returns once it answers."""
        self.url = await asyncio.to_thread(self._server.start)
        self.is_up = True

    def kill(self) -> None:
        """Kill -9 its main process; the others end by themselves."""
        postmaster = Postmaster.read(self._cluster)
        if postmaster is not None and postmaster.is_alive:
            self.is_up = False
            os.kill(postmaster.pid, signal.SIGKILL)

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def prepare(self) -> str:
        """Migrate it and return a recruiter's API key."""
        async with db.opened(self.url, pool_size=2):
            await migrate.migrate(settings_for(self.url, database_owner_url=self.url))
            return (await api_keys.create("the booker", Role.RECRUITER))[1]
