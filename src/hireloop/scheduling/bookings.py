"""Bookings as they are read: a schedule with its session, one or in pages."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling.tables import ScheduleState


class SessionOfSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """The session of a booking, without its key, which only a door mints."""

    id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None = None
    left_at: datetime | None = None
    revoked_at: datetime | None = None
    checked: bool = False  # the candidate has had their devices checked


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """One interview placed on one slot, with its session, as the database has it at `now`."""

    id: UUID
    interview: UUID
    slot: UUID
    state: ScheduleState
    revision: int
    booking_notes: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    trace_id: str
    recruiter_email: str | None  # the job's
    session: SessionOfSchedule
    now: datetime


_READ = """
    SELECT sc.id, sc.interview, sc.slot, sc.state, sc.revision, sc.booking_notes, sc.starts_at, sc.ends_at,
        sc.booked_at, sc.trace_id, se.id AS session_id, se.key_version, se.opens_at, se.closes_at, se.entered_at,
        se.left_at, se.revoked_at, se.device_check IS NOT NULL AS checked, j.recruiter_email,
        coalesce($1, now()) AS now
    FROM schedule sc JOIN session se ON se.schedule = sc.id JOIN interview i ON i.id = sc.interview
        JOIN job j ON j.id = i.job
"""


async def find(schedule_id: UUID, *, now: datetime | None = None) -> Booking:
    """Return one booking; raises NotFound."""
    row = await db.fetch_row(f"{_READ} WHERE sc.id = $2", now, schedule_id)
    if row is None:
        raise errors.NotFound("schedule", schedule_id)
    return _from_row(dict(row))


async def find_live(interview_ids: list[UUID], *, now: datetime | None = None) -> dict[UUID, Booking]:
    """Return the live booking of each interview that has one, by the interview's id."""
    rows = await db.fetch(f"{_READ} WHERE sc.interview = ANY($2) AND sc.state <> 'cancelled'", now, interview_ids)
    return {row["interview"]: _from_row(dict(row)) for row in rows}


def _from_row(row: dict[str, object]) -> Booking:
    """Return the booking in a row of `_READ`."""
    session = {name: row[name] for name in SessionOfSchedule.__struct_fields__ if name != "id"}
    return msgspec.convert({**row, "session": {**session, "id": row["session_id"]}}, Booking)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which bookings to list; None does not narrow."""

    state: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    candidate: UUID | None = None
    job: UUID | None = None
    invitation_state: str | None = None


# What a booking must have for its invitation to stand there: a quick way to the few among many that were sent.
_HAS = {"pending": "pending_delivery", "at_risk": "pending_delivery", "failed": "failed_delivery"}


async def page(wanted: Wanted, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[Booking]:
    """Return at most `limit` bookings made before the one called `after`, newest first."""
    has = _HAS.get(wanted.invitation_state or "")
    rows = await db.fetch(
        f"""{_READ}
        WHERE ($2::text IS NULL OR sc.state = $2) AND ($3::timestamptz IS NULL OR sc.starts_at >= $3)
          AND ($4::timestamptz IS NULL OR sc.starts_at < $4) AND ($5::uuid IS NULL OR sc.candidate = $5)
          AND ($6::uuid IS NULL OR sc.interview IN (SELECT id FROM interview WHERE job = $6))
          AND ($7::uuid IS NULL OR sc.id < $7)
          AND ($8::text IS NULL OR $8 = (SELECT * FROM invitation_state(sc.id, sc.revision, coalesce($1, now()))))
          {f"AND sc.id IN (SELECT schedule FROM {has})" if has else ""}
        ORDER BY sc.id DESC LIMIT $9
        """,  # noqa: S608 (constants of our own)
        now,
        wanted.state,
        wanted.starts_from,
        wanted.starts_before,
        wanted.candidate,
        wanted.job,
        after,
        wanted.invitation_state,
        limit,
    )
    return [_from_row(dict(row)) for row in rows]
