"""Book an interview into a slot. The rules speak first, then one statement does everything or nothing.

A won booking costs two round trips: one read of the facts, one statement that checks them again, takes the seat,
writes the schedule, the session and the interview's times, and puts the deliveries.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Fragment, NewDelivery, Outbox
from hireloop.notify.messages import CopiedChange, InvitationMessage, RecruiterCopyMessage
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import rules
from hireloop.scheduling.bookings.bookings import Booking, SessionOfSchedule, find
from hireloop.scheduling.bookings.rules import BookingFacts
from hireloop.scheduling.tables import ScheduleState
from hireloop.telemetry import spans

_TIMES_TO_LOOK = 4


class BookingOutcome(StrEnum):
    """What `book` came to."""

    BOOKED = "booked"
    AGAIN = "again"  # this very booking stood already; nothing was written, nothing is sent


class BookingResult(msgspec.Struct, frozen=True):
    """The booking, whether it is new, and the deliveries just put (none where it stood already)."""

    outcome: BookingOutcome
    booking: Booking
    deliveries: tuple[NewDelivery, ...] = ()


class WindowSettings(msgspec.Struct, frozen=True):
    """How long before and after the start a link opens, in seconds."""

    early_seconds: int
    late_seconds: int


async def book(
    interview_id: UUID,
    slot_id: UUID,
    *,
    booking_notes: str,
    booked_by: Actor,
    outbox: Outbox,
    windows: WindowSettings,
    now: datetime | None = None,
) -> BookingResult:
    """Book the interview into the slot, or report that this booking already exists.

    `booked_by` is who asks for it: the recruiters' copy and the audit say so.
    Raises NotFound, BadInput or the Refused that the facts call for; then nothing was written. A caller that
    loses a race reads the facts again and gets the result that they call for now.
    """
    with spans.booking_span(interview_id=interview_id, slot_id=slot_id) as span:
        try:
            booked = await _book(_Wish(interview_id, slot_id, booking_notes, booked_by), outbox, windows, now)
        except errors.HireLoopError as refusal:
            spans.record_booking(span, refusal.slug())
            raise
        spans.record_booking(span, booked.outcome)
        return booked


class _Wish(msgspec.Struct, frozen=True):
    """What is asked for, and by whom."""

    interview_id: UUID
    slot_id: UUID
    notes: str
    by: Actor


async def _book(wish: _Wish, outbox: Outbox, windows: WindowSettings, now: datetime | None) -> BookingResult:
    lost_to: errors.Refused | None = None
    for _ in range(_TIMES_TO_LOOK):
        facts = await _facts(wish.interview_id, wish.slot_id, now)
        if facts.live_schedule_id is not None and rules.is_same_booking(facts, wish.slot_id):
            # Held, so that an answer which is stored to be said again is there before an erasure looks for it.
            await db.fetch("SELECT FROM candidate WHERE id = $1 FOR SHARE", facts.candidate_id)
            return BookingResult(BookingOutcome.AGAIN, await find(facts.live_schedule_id, now=now))
        refusal = rules.refusal(facts, late_seconds=windows.late_seconds)
        if refusal is not None:
            raise refusal
        if lost_to is not None:
            raise lost_to  # a constraint decided, and no rule has a better word for it
        draft = _Draft(wish, facts, windows)
        fragment = outbox.put_fragment(
            [draft.invitation(), draft.recruiter_copy()],
            now=facts.now,
            source="booked",
            first_placeholder=25,
        )
        try:
            booked_at = await db.retried(lambda draft=draft, fragment=fragment: _write(draft, fragment, now))  # type: ignore[misc] # bound now
        except errors.Refused as refused:
            lost_to = refused
        else:
            if booked_at is not None:
                return BookingResult(BookingOutcome.BOOKED, draft.booking(booked_at), fragment.deliveries)
    raise errors.SlotFull


class _Draft:
    """A booking about to be written: fresh ids, and the facts that it was decided on."""

    def __init__(self, wish: _Wish, facts: BookingFacts, windows: WindowSettings) -> None:
        self.wish, self.facts = wish, facts
        self.late_seconds = windows.late_seconds
        self.schedule_id, self.session_id = db.new_id(), db.new_id()
        self.trace_id = spans.current_trace_id()
        self.window = rules.window(
            facts.starts_at, early_seconds=windows.early_seconds, late_seconds=windows.late_seconds
        )

    def invitation(self) -> InvitationMessage:
        return InvitationMessage(
            **self._shared(),
            session_id=self.session_id,
            key_version=1,
            opens_at=self.window.opens_at,
            closes_at=self.window.closes_at,
            booking_notes=self.wish.notes,
        )

    def recruiter_copy(self) -> RecruiterCopyMessage:
        return RecruiterCopyMessage(**self._shared(), change=CopiedChange.BOOKED, by=self.wish.by.name)

    def entry(self) -> NewAuditEntry:
        return NewAuditEntry(
            action=Action.SCHEDULE_BOOKED,
            subject=self.schedule_id,
            candidate=self.facts.candidate_id,
            by=self.wish.by,
            details={"interview": self.wish.interview_id, "slot": self.wish.slot_id, "revision": 1},
        )

    def _shared(self) -> dict[str, Any]:
        """Return what every message about this booking says."""
        facts = self.facts
        return {
            "schedule_id": self.schedule_id,
            "revision": 1,
            "candidate_name": facts.candidate_name,
            "candidate_email": facts.candidate_email,
            "time_zone": facts.time_zone,
            "locale": facts.locale,
            "job_title": facts.job_title,
            "company": facts.company,
            "recruiter_email": facts.recruiter_email,
            "starts_at": facts.starts_at,
            "ends_at": facts.ends_at,
        }

    def booking(self, booked_at: datetime) -> Booking:
        return Booking(
            id=self.schedule_id,
            interview=self.wish.interview_id,
            slot=self.wish.slot_id,
            state=ScheduleState.PENDING,
            revision=1,
            booking_notes=self.wish.notes,
            starts_at=self.facts.starts_at,
            ends_at=self.facts.ends_at,
            booked_at=booked_at,
            changes=[],
            trace_id=self.trace_id,
            recruiter_email=self.facts.recruiter_email,
            now=booked_at,
            session=SessionOfSchedule(
                id=self.session_id,
                key_version=1,
                opens_at=self.window.opens_at,
                closes_at=self.window.closes_at,
            ),
        )


_FACTS = """
    SELECT coalesce($3, now()) AS now, i.id AS interview_id, i.state AS interview_state, c.id AS candidate_id,
        c.full_name AS candidate_name, c.email AS candidate_email, c.time_zone, c.locale, j.id AS job_id,
        j.title AS job_title, j.company, j.recruiter_email, s.id AS slot_id, s.job AS slot_job_id, s.starts_at,
        s.ends_at, s.seats, s.taken, s.withdrawn_at, live.id AS live_schedule_id, live.slot AS live_slot_id
    FROM (SELECT $1::uuid AS interview, $2::uuid AS slot) AS asked
    LEFT JOIN interview i ON i.id = asked.interview
    LEFT JOIN candidate c ON c.id = i.candidate
    LEFT JOIN job j ON j.id = i.job
    LEFT JOIN slot s ON s.id = asked.slot
    LEFT JOIN schedule live ON live.interview = i.id AND live.state <> 'cancelled'
"""


async def _facts(interview_id: UUID, slot_id: UUID, now: datetime | None) -> BookingFacts:
    row = await db.fetch_row(_FACTS, interview_id, slot_id, now)
    if row is None or row["slot_id"] is None:
        raise errors.NotFound("slot", slot_id)
    if row["interview_id"] is None:
        msg = f"there is no interview with the ID {interview_id}"
        raise errors.BadInput("interview_id", msg)
    return msgspec.convert(dict(row), BookingFacts)


# Each part runs only on a row of the part before it. The candidate is locked so that a change of address can't
# slip between the facts and the booking. Where the interview moved on since, `interview` is null and the whole
# statement fails, so that no seat is taken for nothing.
_WRITE = """
    WITH asked AS (
        SELECT id FROM candidate WHERE id = $3 AND email = $4 AND full_name = $5 FOR SHARE
    ), seat AS (
        UPDATE slot SET taken = taken + 1 FROM asked
        WHERE slot.id = $2 AND withdrawn_at IS NULL AND taken < seats AND starts_at = $6 AND ends_at = $7
          AND (slot.job IS NULL OR slot.job = $8)
          AND starts_at + make_interval(secs => $9) > coalesce($10, now())
        RETURNING slot.id
    ), placed AS (
        UPDATE interview SET state = 'scheduled', started_at = $6, ended_at = $7 FROM seat
        WHERE interview.id = $1 AND state = 'open' AND candidate = $3 AND job = $8
        RETURNING interview.id
    ), booked AS (
        INSERT INTO schedule (id, interview, slot, candidate, job, starts_at, ends_at, booking_notes, trace_id,
            booked_at, reminded_at)
        SELECT $11, (SELECT id FROM placed), seat.id, $3, $8, $6, $7, $12, $13, coalesce($10, now()),
            coalesce($10, now())
        FROM seat
        RETURNING id, booked_at
    ), opened AS (
        INSERT INTO session (id, schedule, opens_at, closes_at) SELECT $14, booked.id, $15, $16 FROM booked
    ), audited AS (
        {audit}
    ), put AS (
        {put}
    )
    SELECT booked_at FROM booked
"""


_AUDITED = audit.fragment(source="booked", first_placeholder=17)


async def _write(draft: _Draft, fragment: Fragment, now: datetime | None) -> datetime | None:
    """Run the one statement; return when it was booked, or None if a fact has changed since it was read."""
    try:
        async with db.savepoint():
            booked_at: datetime | None = await db.fetch_value(
                _WRITE.format(put=fragment.sql, audit=_AUDITED), *_arguments(draft, now), *fragment.args
            )
    except asyncpg.NotNullViolationError as violation:
        if violation.column_name != "interview":
            raise
        return None  # the interview is no longer open: look again and say why
    return booked_at


def _arguments(draft: _Draft, now: datetime | None) -> tuple[object, ...]:
    facts = draft.facts
    return (
        draft.wish.interview_id,
        draft.wish.slot_id,
        facts.candidate_id,
        facts.candidate_email,
        facts.candidate_name,
        facts.starts_at,
        facts.ends_at,
        facts.job_id,
        draft.late_seconds,
        now,
        draft.schedule_id,
        draft.wish.notes,
        draft.trace_id,
        draft.session_id,
        draft.window.opens_at,
        draft.window.closes_at,
        *audit.arguments(draft.entry()),
    )
