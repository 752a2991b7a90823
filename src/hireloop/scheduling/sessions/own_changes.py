"""A candidate's own changes: what they may confirm, move and cancel by themselves, until when, and to which times.

A candidate chooses a time, and HireLoop the slot: of two slots at one time either will do, and no slot that is not
on offer can be asked for.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit
from hireloop.scheduling.bookings import changes, moves
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.bookings.locked import LockedBooking, lock
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.statements import Statement

Standing = LockedBooking | Visit  # a booking at one moment


class OwnChange(StrEnum):
    """What a candidate may do with their booking by themselves."""

    CONFIRM = "confirm"
    MOVE = "move"
    CANCEL = "cancel"


class Limits(msgspec.Struct, frozen=True):
    """How long before the start own moves and cancellations end, and how many moves one booking may have."""

    cut_off: timedelta
    moves: int


class ExpectedVersion(msgspec.Struct, frozen=True):
    """What the candidate had before them when they pressed: nobody confirms or cancels a time that they never saw."""

    key_version: int
    revision: int


class OpenTime(msgspec.Struct, frozen=True, kw_only=True):
    """A time that a booking may be moved to."""

    starts_at: datetime
    ends_at: datetime


def cut_off_at(starts_at: datetime, limits: Limits) -> datetime:
    """Return the last moment for a candidate's own move or cancellation."""
    return starts_at - limits.cut_off


def moves_left(booking: Standing, limits: Limits) -> int:
    """Return how many own moves the booking has left, the cut-off aside; pure."""
    own = sum(past.change is BookingChange.RESCHEDULED and past.by == audit.CANDIDATE.name for past in booking.changes)
    return max(limits.moves - own, 0)


def refusal(change: OwnChange, booking: Standing, limits: Limits) -> errors.Refused | None:
    """Return why a candidate may not do this with a live booking by themselves, or None; pure.

    Confirming is possible as long as the interview can be entered: until then it is never too late to confirm.
    """
    if change is OwnChange.CONFIRM:
        return errors.ChangeTooLate() if booking.now > booking.closes_at else None
    if booking.now > cut_off_at(booking.starts_at, limits):
        return errors.ChangeTooLate()
    return errors.TooManyChanges() if change is OwnChange.MOVE and not moves_left(booking, limits) else None


def rule(change: OwnChange, limits: Limits, seen: ExpectedVersion) -> ChangeRule:
    """Return `refusal` as a rule of the verb; it also refuses what is not as the candidate saw it (ChangedSince)."""

    def refused(booking: LockedBooking) -> errors.Refused | None:
        if booking.revoked_at is not None or ExpectedVersion(booking.key_version, booking.revision) != seen:
            return errors.ChangedSince()
        return refusal(change, booking, limits)

    return refused


# Of the booking's job or of any; as long as it is now; with a free seat; as far ahead as the cut-off; and beside
# nothing else that the candidate has, which the exclusion constraint's index finds. One slot a time, the job's first.
_OPEN = """
    SELECT DISTINCT ON (s.starts_at) s.id, s.starts_at, s.ends_at
    FROM schedule sc JOIN interview i ON i.id = sc.interview
        JOIN slot s ON s.starts_at > coalesce(:now, now()) AND s.starts_at >= coalesce(:now, now()) + :cut_off::interval
    WHERE sc.id = :schedule AND s.withdrawn_at IS NULL AND s.taken < s.seats AND (s.job IS NULL OR s.job = i.job)
      AND s.ends_at - s.starts_at = sc.ends_at - sc.starts_at AND s.starts_at <> sc.starts_at
      AND NOT EXISTS (
        SELECT FROM schedule other
        WHERE uuidrange(other.candidate, other.candidate, '[]') && uuidrange(sc.candidate, sc.candidate, '[]')
          AND tstzrange(other.starts_at, other.ends_at) && tstzrange(s.starts_at, s.ends_at)
          AND other.state <> 'cancelled' AND other.id <> sc.id
      )
"""
_MOST_RETRIES = 20  # many candidates may be choosing the same time just now
_IN_ORDER = "ORDER BY s.starts_at, s.job NULLS LAST, s.id"
# The open times of a booking, in order.
_TIMES = Statement(f"{_OPEN} AND (:after::timestamptz IS NULL OR s.starts_at > :after) {_IN_ORDER} LIMIT :limit")
# The slot for one of them: any, or only this one.
_SLOT_AT = Statement(f"{_OPEN} AND s.starts_at = :starts_at AND (:slot::uuid IS NULL OR s.id = :slot) {_IN_ORDER}")


async def open_times(
    schedule_id: UUID, limits: Limits, *, limit: int, after: datetime | None, now: datetime | None = None
) -> list[OpenTime]:
    """Return at most `limit` times that the booking may be moved to, in order, from later than `after` on."""
    rows = await _TIMES.rows(schedule=schedule_id, now=now, cut_off=limits.cut_off, after=after, limit=limit)
    return [OpenTime(starts_at=row["starts_at"], ends_at=row["ends_at"]) for row in rows]


@db.transactional(retries=_MOST_RETRIES)
async def move(
    schedule_id: UUID,
    starts_at: datetime,
    *,
    limits: Limits,
    seen: ExpectedVersion,
    reason: str,
    outbox: Outbox,
    windows: WindowSettings,
    now: datetime | None = None,
) -> bool:
    """Move the booking to this time by the candidate's own wish, and return whether this did it.

    Raises NotFound, ChangedSince, ChangeTooLate, TooManyChanges, whatever forbids any move, and SlotFull if no slot
    that is open to this booking begins then.
    """
    own_rule = rule(OwnChange.MOVE, limits, seen)
    slot_id = await _slot_at(schedule_id, starts_at, limits, now=now)
    booking = await lock(schedule_id, slots=[slot_id] if slot_id else [], now=now)
    if slot_id is None:
        raise changes.refusal(booking) or own_rule(booking) or errors.SlotFull()
    if await _slot_at(schedule_id, starts_at, limits, slot_id=slot_id, now=booking.now) is None:
        raise db.ConcurrentChange(errors.SlotFull())  # taken, or changed, on our way to it: there may be another one
    return await moves.move(
        schedule_id,
        slot_id,
        by=audit.CANDIDATE,
        reason=reason,
        outbox=outbox,
        windows=windows,
        rule=own_rule,
        now=booking.now,
    )


async def _slot_at(
    schedule_id: UUID, starts_at: datetime, limits: Limits, *, slot_id: UUID | None = None, now: datetime | None
) -> UUID | None:
    """Return a slot that begins then and is open to the booking, or None: any, or only the one called `slot_id`."""
    found: UUID | None = await _SLOT_AT.value(
        schedule=schedule_id, now=now, cut_off=limits.cut_off, starts_at=starts_at, slot=slot_id
    )
    return found
