"""Waiting for what comes in its own time: a state of the world, and somebody who waits for a lock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import asyncpg

from hireloop import db

T = TypeVar("T")

PATIENCE_SECONDS = 45.0  # for what takes a second on a quiet machine
_LOOK_AGAIN_SECONDS = 0.03


async def until(condition: Callable[[], Awaitable[T | None]], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Return what `condition` answers, once that is true; an AssertionError names what never came."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def until_true(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something that needs no database."""

    async def answer() -> bool:
        return condition()

    await until(answer, what, seconds)


async def alone(work: Awaitable[T]) -> T:
    """Run work in a task that has a transaction of its own, not its maker's."""
    db.DB.current_transaction.set(None)
    return await work


def beside(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start work on another connection, while the test holds a transaction open."""
    return asyncio.create_task(alone(work))


async def somebody_waits(connection: asyncpg.Connection | None = None) -> bool:
    """Return whether a statement waits for a lock in this database; ask over `connection` where the pool is busy."""
    query = """
        SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN (
            SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database()))
        """
    found: bool = await (connection.fetchval(query) if connection else db.fetch_value(query))
    return found
