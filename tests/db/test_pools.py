"""What PostgreSQL and the metrics show of a process's connections."""

import asyncio
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions

from hireloop import db
from hireloop.db import pools
from hireloop.telemetry import metrics
from servers.poolers import pgbouncer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h/db", {"application_name": "hireloop-worker"}),
        ("postgresql://u@h1:5432,h2:5432/db?sslmode=require", {"application_name": "hireloop-worker"}),
        ("postgresql://u@h/db?application_name=ours", {}),
        ("postgresql://u@h/db?application_name=", {}),
    ],
)
def test_a_name_in_the_url_wins(url: str, expected: dict[str, str]) -> None:
    assert pools.server_settings(url, "worker") == expected


async def test_postgresql_shows_who_is_connected(database_url: str) -> None:
    async with db.opened(database_url, role="api"):
        listening = await db.Connection.connect(database_url, name="worker-listen")
        found = await db.fetch(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() ORDER BY 1"
        )
        await listening.close()
    assert [row["application_name"] for row in found] == ["hireloop-api", "hireloop-worker-listen"]


async def test_statements_work_through_pgbouncer_in_transaction_mode(database_url: str) -> None:
    async def ask(number: int) -> int:
        found: int = await db.fetch_value(f"SELECT $1::int + {number % 3}", number)  # other connections know each, too
        return found

    with pgbouncer(database_url) as pooler:
        async with db.opened(pooler.url, pool_size=5):
            for _ in range(3):
                assert await asyncio.gather(*map(ask, range(30))) == [number + number % 3 for number in range(30)]
            other = await db.Connection.connect(pooler.url)
            assert await other.raw.fetchval("SELECT $1::int", 1) == 1
            await other.close()


async def test_a_pooler_that_holds_what_it_is_asked_is_waited_for_no_longer_than_a_connect(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.db.pools._IS_ANSWERING", "SELECT pg_sleep(60), {pid}")
    with pytest.raises(TimeoutError):
        await pools.connect(database_url, timeout=0.5)


def _seen(metric: metrics.Observed) -> dict[Any, float]:
    return {
        (one.attributes or {}).get("db.client.connection.state"): one.value for one in metric.observe(CallbackOptions())
    }


async def test_the_pool_says_what_is_in_use_and_how_long_one_waited(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(metrics.CONNECTION_WAIT_SECONDS, "record", lambda seconds, _: waits.append(seconds))
    async with db.opened(database_url, pool_size=1):
        async with db.DB.transaction():
            assert _seen(metrics.CONNECTIONS) == {"idle": 0, "used": 1}
            assert _seen(metrics.MOST_CONNECTIONS) == {None: 1}
            other = asyncio.create_task(_alone())
            await asyncio.sleep(0.05)  # so long does it wait at least
        assert await other == 1
        assert _seen(metrics.CONNECTIONS) == {"idle": 1, "used": 0}
    assert len(waits) == 2
    assert waits[1] >= 0.04
    assert _seen(metrics.CONNECTIONS) == {}


async def _alone() -> int:
    db.DB.current_transaction.set(None)
    number: int = await db.fetch_value("SELECT 1")
    return number


async def test_what_is_to_follow_a_commit_follows_it_alone(database_url: str) -> None:
    said: list[str] = []

    @db.transactional
    async def inner(name: str, *, fails: bool) -> None:
        db.after_commit(lambda: said.append(name))
        if fails:
            raise LookupError

    async with db.opened(database_url):
        async with db.DB.transaction():
            await inner("kept", fails=False)
            with pytest.raises(LookupError):
                await inner("undone", fails=True)
            assert said == []
        assert said == ["kept"]
        with pytest.raises(LookupError):
            await inner("undone", fails=True)
        db.after_commit(lambda: said.append("at once"))
    assert said == ["kept", "at once"]
