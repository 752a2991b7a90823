"""Databases of their own for tests, made, ended and dropped by the server's superuser."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

END_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Template:
    """A migrated, empty database, and the one connection by which all copies of it are made and dropped.

    A copy takes some 20 ms, of which a connection of its own would be another 10.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: asyncpg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._runner.run(self._connection.close())
        self._runner.close()

    def copied(self) -> AbstractContextManager[str]:
        """Keep a copy for as long as a block lasts, and say its URL."""
        return self._kept(urlsplit(self.url).path.removeprefix("/"))

    def emptied(self) -> AbstractContextManager[str]:
        """Keep a database with nothing in it, not even a migration, for as long as a block lasts."""
        return self._kept("template1")

    @contextmanager
    def _kept(self, source: str) -> Iterator[str]:
        name = f"test_{uuid4().hex}"
        self._as_superuser(f'CREATE DATABASE "{name}" OWNER hireloop TEMPLATE "{source}" STRATEGY FILE_COPY')
        yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        # Only the superuser may end an autovacuum worker that happens to be at work in there.
        self._as_superuser(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _as_superuser(self, statement: str) -> None:
        """Run one statement on the server of the template, beside it."""
        self._runner.run(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            beside = urlsplit(self.url.replace("postgresql://hireloop@", "postgresql://postgres@"))
            self._connection = await asyncpg.connect(urlunsplit(beside._replace(path="/postgres")))
        await self._connection.execute(statement)


async def end_all_others(url: str) -> None:
    """End every client's connection to a database but our own, as a failover would."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(END_ALL_OTHERS)
    finally:
        await connection.close()


async def as_owner(url: str, *statements: str) -> None:
    """Run statements that processes may not run, as the owner of the tables, whose URL this is."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
