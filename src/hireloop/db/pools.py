"""The connections of a process: the name that PostgreSQL shows for them, and how long one is waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import asyncpg

from hireloop.db.failures import UNAVAILABLE
from hireloop.telemetry import metrics

# Says by its status whether this process answers; it has no parameter, as that would need a prepared statement.
_IS_ANSWERING = "SELECT 1 WHERE pg_backend_pid() = {pid}"
_ANSWER_SECONDS = 60.0  # as long as asyncpg waits for a connect
_NAMED = {"db.client.connection.pool.name": "hireloop"}


def server_settings(url: str, name: str) -> dict[str, str]:
    """Return the settings of a connection that is called `name`, such as `worker`, unless its URL gives it a name."""
    if "application_name" in parse_qs(urlsplit(url).query, keep_blank_values=True):
        return {}
    return {"application_name": f"hireloop-{name}"}


async def connect(*args: Any, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 (asyncpg's own)
    """Connect as `asyncpg.connect` does; through a pooler, without statements that are prepared under a name.

    The next transaction may be on another connection of the pooler's, where the name is not known, or is another
    process's. It costs a round trip a statement, and so it is only done where a pooler is found.
    """
    connection: asyncpg.Connection = await asyncpg.connect(*args, **options)
    seconds = options.get("timeout", _ANSWER_SECONDS)
    if await _is_pooled(connection, seconds):
        await connection.close(timeout=seconds)
        connection = await asyncpg.connect(*args, **{**options, "statement_cache_size": 0})
    return connection


async def _is_pooled(connection: asyncpg.Connection, seconds: float) -> bool:
    """Return whether a process answers that is not the one named at the connect, as poolers make that name up.

    A pooler may accept a connection and hold what is asked over it: that is waited for as long as for a connect.
    """
    try:
        asked = _IS_ANSWERING.format(pid=connection.get_server_pid())
        answer: str = await connection.execute(asked, timeout=seconds)
    except BaseException:
        connection.terminate()
        raise
    return answer.endswith(" 0")  # rows


@contextmanager
def waiting() -> Iterator[None]:
    """Record for how long a block has waited for a connection of the pool."""
    began = time.monotonic()
    yield
    metrics.CONNECTION_WAIT_SECONDS.record(time.monotonic() - began, _NAMED)


def observe(pool: Callable[[], asyncpg.Pool | None]) -> None:
    """Let the metrics say how many connections a pool has and may have; none while there is no pool."""

    def connections() -> Iterator[tuple[float, metrics.Attributes]]:
        if (one := pool()) is not None:
            idle = one.get_idle_size()
            for state, count in (("idle", idle), ("used", one.get_size() - idle)):
                yield count, {**_NAMED, "db.client.connection.state": state}

    def most() -> Iterator[tuple[float, metrics.Attributes]]:
        if (one := pool()) is not None:
            yield one.get_max_size(), _NAMED

    metrics.CONNECTIONS.watch(connections)
    metrics.MOST_CONNECTIONS.watch(most)


class Connection:
    """A separate connection outside the pool for LISTEN and NOTIFY, which ignores errors when it is closed."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.raw = connection

    @classmethod
    async def connect(cls, url: str, *, name: str = "cli") -> Self:
        """Connect within 10 s, as `hireloop-` and this name; raises one of `UNAVAILABLE`."""
        return cls(await connect(url, timeout=10, server_settings=server_settings(url, name)))

    async def close(self) -> None:
        """Close within a second, or drop it."""
        try:
            await self.raw.close(timeout=1)
        except UNAVAILABLE:
            self.raw.terminate()
