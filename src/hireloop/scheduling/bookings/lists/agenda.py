"""The agenda: bookings as people read them, with who meets about what; a day's, some, or one; and where one could move.

The names come in one query over an index, the bookings themselves in a second one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop import errors
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.lists.places import ListPlace
from hireloop.scheduling.tables import InterviewState
from hireloop.statements import Statement


class AgendaItem(msgspec.Struct, frozen=True, kw_only=True):
    """A booking with the names of the people and the job that it is about."""

    booking: Booking
    candidate_id: UUID
    candidate_name: str
    candidate_email: str  # empty for an erased one
    time_zone: str | None  # the candidate's, None while unknown
    is_erased: bool  # the candidate
    has_resume: bool
    job_id: UUID
    job_title: str
    company: str
    round: int
    interview_state: InterviewState
    interviewer_email: str | None
    interviewer_name: str


class FreeSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that an interview could be in."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    seats_left: int
    interviewer_email: str | None
    interviewer_name: str


# A booking with who meets about what; each list says which.
_NAMES = """
    SELECT sc.id, c.id AS candidate_id, c.time_zone,
        CASE WHEN c.erased_at IS NULL THEN c.full_name ELSE 'Erased candidate' END AS candidate_name,
        CASE WHEN c.erased_at IS NULL THEN c.email ELSE '' END AS candidate_email,
        c.erased_at IS NOT NULL AS is_erased, c.resume_text <> '' AS has_resume,
        j.id AS job_id, j.title AS job_title, j.company, i.round,
        i.state AS interview_state, sl.interviewer_email, sl.interviewer_name
    FROM schedule sc JOIN interview i ON i.id = sc.interview
        JOIN candidate c ON c.id = sc.candidate JOIN job j ON j.id = i.job JOIN slot sl ON sl.id = sc.slot
"""


# The bookings that start in a stretch of time, in the order of start.
_OF_DAY = Statement(f"""
    {_NAMES}
    WHERE sc.starts_at >= :starts_from AND sc.starts_at < :starts_before
      AND (:after::uuid IS NULL OR (sc.starts_at, sc.id) > (:after_at::timestamptz, :after))
    ORDER BY sc.starts_at, sc.id LIMIT :limit
""")
# Some bookings.
_OF_SCHEDULES = Statement(f"{_NAMES} WHERE sc.id = ANY(:schedules::uuid[])")
# Slots with a free seat for this job, in the order of start; but for the one where a booking is already.
_FREE_SLOTS = Statement("""
    SELECT id, starts_at, ends_at, seats - taken AS seats_left, interviewer_email, interviewer_name FROM slot
    WHERE starts_at >= greatest(:starts_from, coalesce(:now, now()))
      AND (:starts_before::timestamptz IS NULL OR starts_at < :starts_before)
      AND taken < seats AND withdrawn_at IS NULL AND (job IS NULL OR job = :job) AND id IS DISTINCT FROM :slot
      AND (:after::uuid IS NULL OR (starts_at, id) > (:after_at::timestamptz, :after))
    ORDER BY starts_at, id LIMIT :limit
""")


async def of_day(
    starts_from: datetime, starts_before: datetime, *, limit: int, after: ListPlace | None, now: datetime | None = None
) -> list[AgendaItem]:
    """Return at most `limit` bookings that start in this stretch of time, cancelled ones too, in the order of start.

    `after` is the place of the last one of the page before.
    """
    rows = await _OF_DAY.rows(
        starts_from=starts_from,
        starts_before=starts_before,
        after=after and after.id,
        after_at=after and after.at,
        limit=limit,
    )
    return await _items(rows, now)


async def of_schedules(schedule_ids: Sequence[UUID], *, now: datetime | None = None) -> dict[UUID, AgendaItem]:
    """Return these bookings, by their ids."""
    rows = await _OF_SCHEDULES.rows(schedules=list(schedule_ids))
    return {one.booking.id: one for one in await _items(rows, now)}


async def find(schedule_id: UUID, *, now: datetime | None = None) -> AgendaItem:
    """Return one booking; raises NotFound."""
    found = await of_schedules([schedule_id], now=now)
    if schedule_id not in found:
        raise errors.NotFound("schedule", schedule_id)
    return found[schedule_id]


async def free_slots(
    job: UUID,
    starts_from: datetime,
    starts_before: datetime | None,
    *,
    limit: int,
    but_for: UUID | None = None,
    after: ListPlace | None = None,
    now: datetime | None = None,
) -> list[FreeSlot]:
    """Return at most `limit` slots that an interview for this job could be in, in the order of start.

    They have a seat left, have not begun, are for this job or for any, and are not `but_for`, the one where it is now.
    Whether the candidate is free then, the booking or the move itself finds out.
    """
    return await _FREE_SLOTS.structs(
        FreeSlot,
        starts_from=starts_from,
        starts_before=starts_before,
        job=job,
        slot=but_for,
        after=after and after.id,
        after_at=after and after.at,
        limit=limit,
        now=now,
    )


async def _items(rows: Sequence[Any], now: datetime | None) -> list[AgendaItem]:
    found = await bookings.find_all([row["id"] for row in rows], now=now)
    return [msgspec.convert({**row, "booking": found[row["id"]]}, AgendaItem) for row in rows if row["id"] in found]
