"""Databases of their own for tests, made, ended and dropped by the server's superuser."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

END_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@contextmanager
def fresh_database(template: str, *, migrated: bool = True) -> Iterator[str]:
    """Keep a database for as long as a block lasts: a copy of the migrated template, or an empty one."""
    name = f"test_{uuid4().hex}"
    source = "hireloop" if migrated else "template1"
    asyncio.run(_as_superuser(template, f'CREATE DATABASE "{name}" OWNER hireloop TEMPLATE {source}'))
    yield urlunsplit(urlsplit(template)._replace(path=f"/{name}"))
    # Only the superuser may end an autovacuum worker that happens to be at work in there.
    asyncio.run(_as_superuser(template, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _as_superuser(url: str, statement: str) -> None:
    """Run one statement on the server of this database, beside it."""
    beside = urlsplit(url.replace("postgresql://hireloop@", "postgresql://postgres@"))._replace(path="/postgres")
    connection = await asyncpg.connect(urlunsplit(beside))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def end_all_others(url: str) -> None:
    """End every client's connection to a database but our own, as a failover would."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(END_ALL_OTHERS)
    finally:
        await connection.close()
