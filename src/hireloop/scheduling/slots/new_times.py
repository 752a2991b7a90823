"""Times that somebody wants a slot to have: in whole minutes, and such that it can still be booked.

Times that a slot has already stay as they are, whatever they are.
"""

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from hireloop import errors
from hireloop.scheduling import fields
from hireloop.scheduling.slots.slots import SlotDetails, SlotFields, SlotPatch
from hireloop.statements import read_clock
from hireloop.wording.phrases import FilledPhrase, phrase

SHORTEST = timedelta(minutes=1)
_TOO_SHORT = phrase("must be at least a minute later than starts_at")
_PAST = phrase("must not be in the past: a slot can be booked until %(minutes)s minutes after its start")
_OVER = phrase("must be in the future")
_Given = TypeVar("_Given", SlotFields, SlotPatch)


async def taken(
    given: _Given, *, late_seconds: int, known: SlotDetails | None = None, now: datetime | None = None
) -> _Given:
    """Return the same with new times cut to the minute; raises BadInput if they are too short or past.

    `known` is the slot that is to be changed, and `late_seconds` how long after its start a slot can be booked.
    """
    fields.check_calendar(starts_at=given.starts_at, ends_at=given.ends_at)
    fresh = {
        name: moment
        for name in ("starts_at", "ends_at")
        if isinstance(moment := getattr(given, name), datetime) and moment != getattr(known, name, None)
    }
    if not fresh:
        return given
    starts_at, ends_at = (fresh.get(name) or getattr(known, name) for name in ("starts_at", "ends_at"))
    check_length(starts_at, ends_at)
    whole = {name: to_the_minute(moment) for name, moment in fresh.items()}
    check_ahead(
        whole.get("starts_at"), whole.get("ends_at", ends_at), late_seconds=late_seconds, now=await read_clock(now)
    )
    return msgspec.structs.replace(given, **whole)


def to_the_minute(moment: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return moment.replace(second=0, microsecond=0)


def check_length(starts_at: datetime, ends_at: datetime) -> None:
    """Raise BadInput for a slot that ends less than a minute after it starts; pure."""
    if ends_at - starts_at < SHORTEST:
        raise errors.BadInput("ends_at", FilledPhrase(_TOO_SHORT))


def check_ahead(starts_at: datetime | None, ends_at: datetime, *, late_seconds: int, now: datetime) -> None:
    """Raise BadInput for a slot that is over, or that begins when it can no longer be booked; pure.

    `starts_at` is None if the slot has begun already, or will, as it is.
    """
    if starts_at is not None and starts_at + timedelta(seconds=late_seconds) <= now:
        minutes = late_seconds // 60
        raise errors.BadInput("starts_at", FilledPhrase(_PAST, minutes=minutes))
    if ends_at <= now:
        raise errors.BadInput("ends_at", FilledPhrase(_OVER))
