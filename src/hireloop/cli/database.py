"""Run a command on the installation's database, or on this machine's own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hireloop import db, migrate
from hireloop.local.home import at_home
from hireloop.settings import Settings

T = TypeVar("T")


def run(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run `work` on the installation's database, or on this machine's own."""
    with at_home() as settings:

        async def checked() -> T:
            await migrate.check(settings)
            return await work(settings)

        return asyncio.run(with_database(settings, checked))


async def with_database(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` on a separate pool."""
    async with db.opened(settings.listen_url, pool_size=2):
        return await work()
