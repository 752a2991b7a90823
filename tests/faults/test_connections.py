"""A connection may end at any moment: it costs the statement that was on it, never a place in the pool."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from hireloop import db
from hireloop.web.problems import problem_of
from servers.databases import end_all_others

_POOL = 2


async def _transactions_work_again() -> None:
    """Check that there is a connection to be had: the last ones to end may still be in the pool, but no more."""
    for _ in range(_POOL + 1):
        with suppress(*db.UNAVAILABLE):
            async with asyncio.timeout(20), db.DB.transaction():
                assert await db.fetch_value("SELECT 1") == 1
                return
    raise AssertionError


class _LosesItsConnection(db.Transaction):
    """A transaction whose connection the server ends right before BEGIN."""

    url = ""

    async def get_connection(self) -> asyncpg.Connection:
        connection: asyncpg.Connection = await super().get_connection()  # type: ignore[no-untyped-call] # Piccolo's
        await end_all_others(self.url)
        return connection


async def test_a_transaction_whose_begin_fails_gives_its_connection_back(database_url: str) -> None:
    _LosesItsConnection.url = database_url
    async with db.opened(database_url, pool_size=_POOL):
        for _ in range(3 * _POOL):
            with pytest.raises(db.UNAVAILABLE):
                async with asyncio.timeout(20), _LosesItsConnection(db.DB):
                    pass
        await _transactions_work_again()
        assert db.DB.current_transaction.get() is None


async def _lose_the_connection_before_commit(url: str) -> None:
    async with db.DB.transaction():
        await db.fetch("SELECT 1")
        await end_all_others(url)


async def test_a_transaction_whose_commit_fails_gives_its_connection_back(database_url: str) -> None:
    async with db.opened(database_url, pool_size=_POOL):
        for _ in range(3 * _POOL):
            with pytest.raises(db.UNAVAILABLE):
                await _lose_the_connection_before_commit(database_url)
        await _transactions_work_again()


async def test_whatever_a_statement_raises_on_a_connection_that_ended_means_it_is_unavailable(
    database_url: str,
) -> None:
    """asyncpg says it in several ways, by how much of the end it has heard; among them an internal error of its own."""
    async with db.opened(database_url, pool_size=_POOL):
        for _ in range(30):
            await end_all_others(database_url)
            try:
                await db.fetch("SELECT 1")
                await db.fetch("SELECT 1")
            except db.UNAVAILABLE as error:
                assert problem_of(error).code == "database-away"  # noqa: PT017 (either may happen)


def test_asyncpgs_internal_error_is_the_database_being_away_and_not_our_mistake() -> None:
    problem = problem_of(asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"))
    assert (problem.status, problem.code) == (503, "database-away")
