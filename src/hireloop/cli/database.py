"""Run a command on the installation's database, or on this machine's own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from piccolo import columns
from piccolo.table import Table

from hireloop import db, errors, migrate
from hireloop.local.home import at_home
from hireloop.notify.tables import Alert, Delivery
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.tables import Candidate, Interview, Job, Schedule, Session, Slot
from hireloop.settings import Settings

T = TypeVar("T")


# The kinds of things that an ID may be of.
_KINDS: dict[str, tuple[type[Table], columns.UUID]] = {
    "interview": (Interview, Interview.id),
    "booking": (Schedule, Schedule.id),
    "session": (Session, Session.id),
    "delivery": (Delivery, Delivery.id),
    "alert": (Alert, Alert.id),
    "candidate": (Candidate, Candidate.id),
    "job": (Job, Job.id),
    "slot": (Slot, Slot.id),
}
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
            async with announcements.heard_by_others(settings.listen_url, name="cli-notify"):
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
    missing = errors.NotFound(what, ident)
    for kind, (table, column) in _KINDS.items():
        if await table.exists().where(column == ident):
            see = f": run `hireloop {_COMMANDS[kind]} show {ident}`" if kind in _COMMANDS else ""
            article = "an" if kind[0] in "ai" else "a"
            missing.args = (f"{missing} This is the ID of {article} {kind}{see}.",)
            break
    return missing


async def with_database(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` on a separate pool."""
    async with db.opened(settings.listen_url, pool_size=2):
        return await work()
