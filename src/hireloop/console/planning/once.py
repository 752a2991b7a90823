"""A form that is sent twice creates one thing: the form carries the id that what it creates will have.

The id is made when the page is, and counts as long as a sign-in can last: nobody may choose one that would put what is
created elsewhere in the lists, which are in the order of ids.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg

from hireloop import db, errors
from hireloop.console import tickets
from hireloop.web.forms import uuid_of

FIELD = "form"
_T = TypeVar("_T")
_EARLY = timedelta(minutes=5)  # the clocks of two servers may differ
_TIMED = 7  # the version of ids that begin with their time (RFC 9562)


def ident_in(sent: Mapping[str, str]) -> UUID:
    """Return the id that a form carries, or a new one if it carries none that counts."""
    found = uuid_of(sent.get(FIELD))
    if found is None or found.version != _TIMED:
        return db.new_id()
    made_at, now = (found.int >> 80) / 1_000, datetime.now(UTC).timestamp()
    is_ours = now - tickets.LIFE.total_seconds() <= made_at <= now + _EARLY.total_seconds()
    return found if is_ours else db.new_id()


async def done_once(
    ident: UUID,
    find: Callable[[UUID], Awaitable[_T]],
    create: Callable[[UUID], Awaitable[_T]],
    *,
    is_same: Callable[[_T], bool],
) -> tuple[_T, bool]:
    """Return what has this id and False, or create it, and return it and True. Not in a transaction.

    A form that a browser's Back button brought again may say something else, so that what has its id is not the same:
    then it is created beside it.
    """
    with suppress(errors.NotFound):
        found = await find(ident)
        return (found, False) if is_same(found) else (await create(db.new_id()), True)
    try:
        return await create(ident), True
    except (asyncpg.UniqueViolationError, errors.Refused):  # perhaps by the same form, which came at the same time
        with suppress(errors.NotFound):
            return await find(ident), False
        raise
