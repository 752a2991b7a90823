"""Slots: stretches of time with seats that interviews can be booked into."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling import jobs
from hireloop.scheduling.tables import Slot


class NewSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot before it is stored; both times are aware."""

    starts_at: datetime
    ends_at: datetime
    seats: int = 1
    interviewer_email: str | None = None
    job: UUID | None = None  # None: for any job
    notes: str = ""


class KnownSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A stored slot."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    interviewer_email: str | None
    job: UUID | None
    notes: str
    withdrawn_at: datetime | None
    created_at: datetime


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which slots to list; None does not narrow. Available: a free seat, not withdrawn, not begun."""

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    available: bool | None = None
    job: UUID | None = None
    interviewer: str | None = None


async def create(new: NewSlot) -> KnownSlot:
    """Store a slot; raises BadInput for an unknown job and InterviewerBusy where it overlaps another of theirs."""
    if new.ends_at <= new.starts_at:
        raise errors.BadInput("ends_at", "must be later than starts_at")
    if new.job is not None:
        try:
            await jobs.find(new.job)
        except errors.NotFound as missing:
            raise errors.BadInput("job", str(missing)) from None
    row = await db.retried(
        lambda: db.fetch_row(
            """
            INSERT INTO slot (id, starts_at, ends_at, seats, interviewer_email, job, notes)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
            """,
            db.new_id(),
            new.starts_at,
            new.ends_at,
            new.seats,
            new.interviewer_email,
            new.job,
            new.notes,
        )
    )
    return msgspec.convert(dict(row or {}), KnownSlot)


async def find(slot_id: UUID) -> KnownSlot:
    """Return one slot; raises NotFound."""
    row = await Slot.select().where(Slot.id == slot_id).first()
    if row is None:
        raise errors.NotFound("slot", slot_id)
    return msgspec.convert(row, KnownSlot)


async def page(wanted: Wanted, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[KnownSlot]:
    """Return at most `limit` slots in the order of their start, beginning behind the one called `after`."""
    rows = await db.fetch(
        """
        SELECT slot.* FROM slot
        WHERE ($1::timestamptz IS NULL OR starts_at >= $1) AND ($2::timestamptz IS NULL OR starts_at < $2)
          AND ($3::bool IS NULL OR $3 =
            (taken < seats AND withdrawn_at IS NULL AND starts_at > coalesce($6, now())))
          AND ($4::uuid IS NULL OR job = $4) AND ($5::text IS NULL OR lower(interviewer_email) = lower($5))
          AND ($7::uuid IS NULL OR (starts_at, id) > (SELECT starts_at, id FROM slot last WHERE last.id = $7))
        ORDER BY starts_at, id LIMIT $8
        """,
        wanted.starts_from,
        wanted.starts_before,
        wanted.available,
        wanted.job,
        wanted.interviewer,
        now,
        after,
        limit,
    )
    return [msgspec.convert(dict(row), KnownSlot) for row in rows]
