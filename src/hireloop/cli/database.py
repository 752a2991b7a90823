"""Run a command on the installation's database, or on this machine's own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from hireloop import db, errors, migrate
from hireloop.local.home import at_home
from hireloop.settings import Settings
from hireloop.statements import Statement

T = TypeVar("T")


# Of which kind a thing with this ID is.
_KIND_OF = Statement("""
    SELECT 'interview' FROM interview WHERE id = :id UNION ALL SELECT 'booking' FROM schedule WHERE id = :id
    UNION ALL SELECT 'session' FROM session WHERE id = :id UNION ALL SELECT 'delivery' FROM delivery WHERE id = :id
    UNION ALL SELECT 'alert' FROM alert WHERE id = :id UNION ALL SELECT 'candidate' FROM candidate WHERE id = :id
    UNION ALL SELECT 'job' FROM job WHERE id = :id UNION ALL SELECT 'slot' FROM slot WHERE id = :id
    LIMIT 1
""")
# The commands that show one of a kind.
_COMMANDS = {
    "interview": "interviews",
    "booking": "bookings",
    "session": "sessions",
    "delivery": "deliveries",
    "alert": "alerts",
}


def run(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run `work` on the installation's database, or on this machine's own."""
    with at_home() as settings:

        async def checked() -> T:
            await migrate.check(settings)
            return await work(settings)

        return asyncio.run(with_database(settings, checked))


def find(what: str, ident: UUID, work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run `work`, which reads what has this ID; raises NotFound, which also says if that is something else."""

    async def found(settings: Settings) -> T:
        try:
            return await work(settings)
        except errors.NotFound as missing:
            raise await _not_found(what, ident) from missing

    return run(found)


async def _not_found(what: str, ident: UUID) -> errors.NotFound:
    missing, kind = errors.NotFound(what, ident), await _KIND_OF.value(id=ident)
    if kind is not None:
        see = f": run `hireloop {_COMMANDS[kind]} show {ident}`" if kind in _COMMANDS else ""
        article = "an" if kind[0] in "ai" else "a"
        missing.args = (f"{missing} This is the ID of {article} {kind}{see}.",)
    return missing


async def with_database(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` on a separate pool."""
    async with db.opened(settings.listen_url, pool_size=2):
        return await work()
