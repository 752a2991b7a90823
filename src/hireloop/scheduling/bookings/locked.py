"""A booking held still for a change: candidate, schedule and session, then slots, are locked in one order.

Every change of a booking comes through here, so two changes of one booking, or a change and the candidate's entry,
happen one after the other, and no two of them wait for each other in a circle.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import errors
from hireloop.notify.deliveries.outbox import origin_fragment
from hireloop.notify.messages import Meeting
from hireloop.scheduling.bookings import announcements, history
from hireloop.scheduling.bookings.history import HistoryEntry
from hireloop.scheduling.tables import InterviewState, ScheduleState, Session
from hireloop.statements import Statement
from hireloop.telemetry import links


class LockedBooking(Meeting, frozen=True, kw_only=True):
    """All that a change needs to know of a booking, read once nobody else can change it."""

    now: datetime
    schedule_id: UUID
    state: ScheduleState
    revision: int
    booking_notes: str
    changes: list[HistoryEntry]
    slot_id: UUID
    session_id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    revoked_at: datetime | None
    interview_id: UUID
    interview_state: InterviewState
    candidate_id: UUID
    erased_at: datetime | None = None  # when the candidate was
    job_id: UUID
    traceparent: str | None = None  # of the booking; None if its first message is not kept any more
    names_interviewer: bool = False  # the job, to its candidates
    interviewer_name: str = ""  # as far as the candidate may know it

    @property
    def is_to_come(self) -> bool:
        """Whether the candidate can still enter."""
        return (
            self.state is not ScheduleState.CANCELLED
            and self.entered_at is None
            and self.revoked_at is None
            and self.closes_at >= self.now
        )


# All that a change needs to know of bookings, whose rows are locked with their sessions'. One moment for them all, and
# after the wait for their candidates: when the transaction began, another change may have been under way.
_LOCKED = Statement(f"""
    SELECT coalesce(:now, statement_timestamp()) AS now, sc.id AS schedule_id, sc.state, sc.revision, sc.booking_notes,
        sc.starts_at, sc.ends_at, sc.changes::text, sc.slot AS slot_id, se.id AS session_id, se.key_version,
        se.opens_at, se.closes_at, se.entered_at, se.left_at, se.revoked_at, i.id AS interview_id,
        i.state AS interview_state, c.id AS candidate_id, c.full_name AS candidate_name, c.email AS candidate_email,
        c.erased_at, c.time_zone, c.locale, j.id AS job_id, j.title AS job_title, j.company, j.recruiter_email,
        j.names_interviewer, CASE WHEN j.names_interviewer THEN sl.interviewer_name ELSE '' END AS interviewer_name,
        {origin_fragment("sc.id")} AS traceparent
    FROM schedule sc JOIN session se ON se.schedule = sc.id JOIN interview i ON i.id = sc.interview
        JOIN candidate c ON c.id = sc.candidate JOIN job j ON j.id = i.job JOIN slot sl ON sl.id = sc.slot
    WHERE sc.id = ANY(:schedules::uuid[]) ORDER BY sc.id FOR NO KEY UPDATE OF sc, se
""")  # noqa: S608 (our own words)
# Locks the candidates of bookings.
_HOLD_CANDIDATES = Statement("""
    SELECT id FROM candidate WHERE id IN (SELECT candidate FROM schedule WHERE id = ANY(:schedules::uuid[]))
    ORDER BY id FOR NO KEY UPDATE
""")
# Locks slots.
_HOLD_SLOTS = Statement("SELECT id FROM slot WHERE id = ANY(:slots::uuid[]) ORDER BY id FOR NO KEY UPDATE")


async def lock(schedule_id: UUID, *, slots: Sequence[UUID] = (), now: datetime | None = None) -> LockedBooking:
    """Hold one booking, its slot and `slots` still until the caller's transaction ends; raises NotFound."""
    found = await lock_all([schedule_id], slots=slots, now=now)
    if not found:
        raise errors.NotFound("schedule", schedule_id)
    return found[0]


async def lock_session(session_id: UUID, *, now: datetime | None = None) -> LockedBooking:
    """Hold the booking of a session still until the caller's transaction ends, but not its slot; raises NotFound.

    Its slot is left out, as a thousand candidates may enter interviews in one slot in the same second.
    """
    row = await Session.select(Session.schedule).where(Session.id == session_id).first()
    if row is None:
        raise errors.NotFound("session", session_id)
    return (await _lock_bookings([row["schedule"]], now))[0]


async def lock_all(
    schedule_ids: Collection[UUID], *, slots: Sequence[UUID] = (), now: datetime | None = None
) -> list[LockedBooking]:
    """Hold these bookings, their slots and `slots` still until the caller's transaction ends, in the order of ids."""
    found = await _lock_bookings(schedule_ids, now)
    await _HOLD_SLOTS.run(slots=[*{booking.slot_id for booking in found} | set(slots)])
    return found


async def _lock_bookings(schedule_ids: Collection[UUID], now: datetime | None) -> list[LockedBooking]:
    """Lock candidates, then schedules and sessions, each in the order of ids, and link the current span to them.

    Every change of a booking locks its candidate first: so the second statement, whose snapshot begins once that is
    ours, reads every row of the booking as the last change left it, also those that it does not lock. And so it is
    here that open pages are told to look again, once the change is committed.
    """
    await _HOLD_CANDIDATES.run(schedules=list(schedule_ids))
    rows = await _LOCKED.rows(schedules=list(schedule_ids), now=now)
    links.add_bookings(row["traceparent"] or "" for row in rows)
    announcements.announce([row["session_id"] for row in rows])
    return [msgspec.convert({**row, "changes": history.read(row["changes"])}, LockedBooking) for row in rows]
