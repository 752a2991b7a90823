"""Book an interview into a slot. The rules speak first, then one statement does everything or nothing.

A won booking costs two round trips: one read of the facts, one statement that checks them again, takes the seat,
writes the schedule, the session and the interview's times, and puts the deliveries.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Drafts, NewDelivery, Outbox, count_fragment, put_fragment, used_fragment
from hireloop.notify.messages import CopiedChange, InvitationMessage, Message, RecruiterCopyMessage
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import rules
from hireloop.scheduling.bookings.bookings import Booking, SessionOfSchedule, find
from hireloop.scheduling.bookings.rules import BookingFacts
from hireloop.scheduling.slots import notices
from hireloop.scheduling.slots.notices import NoticeFacts
from hireloop.scheduling.tables import Candidate, ScheduleState
from hireloop.statements import Statement
from hireloop.telemetry import spans

_TIMES_TO_LOOK = 4


class BookingOutcome(StrEnum):
    """The outcome of `book`."""

    BOOKED = "booked"
    AGAIN = "again"  # this booking already existed; nothing was written, nothing is sent


class BookingResult(msgspec.Struct, frozen=True):
    """The booking, whether it is new, and the deliveries just put (none if it already existed)."""

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

    `booked_by` is the person who asks for it: the recruiters' copy and the audit say so.
    Raises NotFound, BadInput or the Refused that the facts call for, TooManyMessages among them; then nothing was
    written. A caller that loses a race reads the facts again and gets the result that they call for now.
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
    """The booking that is requested, and who requests it."""

    interview_id: UUID
    slot_id: UUID
    notes: str
    by: Actor


async def _book(wish: _Wish, outbox: Outbox, windows: WindowSettings, now: datetime | None) -> BookingResult:
    # Not `db.transactional`'s retries: the facts are read outside of a transaction, which a won booking does not need,
    # and after a constraint's refusal they are read once more, as a rule may say better why.
    lost_to: errors.Refused | None = None
    for _ in range(_TIMES_TO_LOOK):
        facts = await _facts(wish.interview_id, wish.slot_id, now, outbox.limits.counted(wish.by.key))
        if facts.live_schedule_id is not None and rules.is_same_booking(facts, wish.slot_id):
            # Held, so that a response that is stored for repetition is there before an erasure looks for it.
            await Candidate.select(Candidate.id).where(Candidate.id == facts.candidate_id).lock_rows("SHARE")
            return BookingResult(BookingOutcome.AGAIN, await find(facts.live_schedule_id, now=now))
        refusal = rules.refusal(facts, late_seconds=windows.late_seconds)
        if refusal is not None:
            raise refusal
        if lost_to is not None:
            raise lost_to  # a constraint decided, and no rule has a better word for it
        draft = _Draft(wish, facts, windows)
        drafts = outbox.drafts(draft.messages(), now=facts.slot.now)
        try:
            is_written = await _write(draft, drafts, outbox)
        except errors.LimitReached:
            raise
        except errors.Refused as refused:
            lost_to = refused
        else:
            if is_written:
                return BookingResult(BookingOutcome.BOOKED, draft.booking(), drafts.deliveries)
    raise errors.SlotFull


class _Draft:
    """A booking about to be written: fresh ids, and the facts that it was decided on."""

    def __init__(self, wish: _Wish, facts: BookingFacts, windows: WindowSettings) -> None:
        self.wish, self.facts = wish, facts
        self.schedule_id, self.session_id = db.new_id(), db.new_id()
        self.trace_id = spans.current_trace_id()
        self.window = rules.window(
            facts.starts_at, early_seconds=windows.early_seconds, late_seconds=windows.late_seconds
        )

    def messages(self) -> list[Message]:
        slot, told = self.facts.slot, (self._invitation(), self._recruiter_copy())
        if slot.interviewer_email is None:
            return [*told]
        # Its revision is the one to which the statement raises the slot's.
        about = NoticeFacts(
            slot_id=self.wish.slot_id,
            revision=0,
            interviewer_email=slot.interviewer_email,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        return [*told, notices.notice(about, to=slot.interviewer_email, may_wait=slot.taken > 0)]

    def _invitation(self) -> InvitationMessage:
        return InvitationMessage.about(
            self.facts,
            schedule_id=self.schedule_id,
            revision=1,
            session_id=self.session_id,
            key_version=1,
            opens_at=self.window.opens_at,
            closes_at=self.window.closes_at,
            booking_notes=self.wish.notes,
            interviewer_name=self.facts.interviewer_name,
        )

    def _recruiter_copy(self) -> RecruiterCopyMessage:
        return RecruiterCopyMessage.about(
            self.facts, schedule_id=self.schedule_id, revision=1, change=CopiedChange.BOOKED, by=self.wish.by.name
        )

    def values(self) -> dict[str, object]:
        """Return what the one statement writes, but for the deliveries."""
        facts = self.facts
        return {
            "interview": self.wish.interview_id,
            "slot": self.wish.slot_id,
            "candidate": facts.candidate_id,
            "candidate_email": facts.candidate_email,
            "candidate_name": facts.candidate_name,
            "starts_at": facts.starts_at,
            "ends_at": facts.ends_at,
            "job": facts.slot.job_id,
            "interviewer": facts.slot.interviewer_email,
            "interviewer_name": facts.slot.held_by,
            "schedule": self.schedule_id,
            "notes": self.wish.notes,
            "trace_id": self.trace_id,
            "session": self.session_id,
            "opens_at": self.window.opens_at,
            "closes_at": self.window.closes_at,
            "now": facts.slot.now,
            **audit.arguments(self._entry()),
        }

    def _entry(self) -> NewAuditEntry:
        return NewAuditEntry(
            action=Action.SCHEDULE_BOOKED,
            subject=self.schedule_id,
            candidate=self.facts.candidate_id,
            by=self.wish.by,
            details={"interview": self.wish.interview_id, "slot": self.wish.slot_id, "revision": 1},
        )

    def booking(self) -> Booking:
        return Booking(
            id=self.schedule_id,
            interview=self.wish.interview_id,
            slot=self.wish.slot_id,
            state=ScheduleState.PENDING,
            revision=1,
            booking_notes=self.wish.notes,
            starts_at=self.facts.starts_at,
            ends_at=self.facts.ends_at,
            booked_at=self.facts.slot.now,
            changes=[],
            trace_id=self.trace_id,
            recruiter_email=self.facts.recruiter_email,
            candidate_name=self.facts.candidate_name,
            candidate_email=self.facts.candidate_email,
            interviewer_name=self.facts.slot.held_by,
            interviewer_email=self.facts.slot.interviewer_email,
            now=self.facts.slot.now,
            session=SessionOfSchedule(
                id=self.session_id,
                key_version=1,
                opens_at=self.window.opens_at,
                closes_at=self.window.closes_at,
            ),
        )


# All that the rules ask of an interview, its live booking, and the slot, at one moment; and what the key has sent.
_FACTS = Statement(f"""
    SELECT coalesce(:now, now()) AS now, i.id AS interview_id, i.state AS interview_state, c.id AS candidate_id,
        c.full_name AS candidate_name, c.email AS candidate_email, c.time_zone, c.locale, j.id AS job_id,
        j.title AS job_title, j.company, j.recruiter_email, s.id AS slot_id, s.job AS slot_job_id, s.starts_at,
        s.ends_at, s.seats, s.taken, s.withdrawn_at, s.interviewer_email,
        s.interviewer_name AS held_by,
        CASE WHEN j.names_interviewer THEN s.interviewer_name ELSE '' END AS interviewer_name,
        live.id AS live_schedule_id, live.slot AS live_slot_id,
        {used_fragment(key=":key", now="coalesce(:now, now())")} AS messages_sent
    FROM (SELECT :interview::uuid AS interview, :slot::uuid AS slot) AS asked
    LEFT JOIN interview i ON i.id = asked.interview
    LEFT JOIN candidate c ON c.id = i.candidate
    LEFT JOIN job j ON j.id = i.job
    LEFT JOIN slot s ON s.id = asked.slot
    LEFT JOIN schedule live ON live.interview = i.id AND live.state <> 'cancelled'
""")  # noqa: S608 (our own words)


async def _facts(interview_id: UUID, slot_id: UUID, now: datetime | None, key: UUID | None = None) -> BookingFacts:
    row = await _FACTS.row(interview=interview_id, slot=slot_id, now=now, key=key)
    if row is None or row["slot_id"] is None:
        raise errors.NotFound("slot", slot_id)
    if row["interview_id"] is None:
        msg = f"there is no interview with the ID {interview_id}"
        raise errors.BadInput("interview_id", msg)
    return msgspec.convert({**row, "slot": dict(row)}, BookingFacts)


# Each part runs only on a row of the part before it. The candidate is locked so that a change of address can't
# slip between the facts and the booking, and against other bookings of theirs: of two that overlap, each might wait
# for the other's place in the exclusion constraint, which is a deadlock. Where the interview moved on since,
# `interview` is null and the whole statement fails, so that no seat is taken for nothing. It is booked at the moment
# of the facts, at which it was not too late: the clock is not asked again.
_WRITE = Statement(f"""
    WITH asked AS (
        SELECT id FROM candidate
        WHERE id = :candidate AND email = :candidate_email AND full_name = :candidate_name
        FOR NO KEY UPDATE
    ), seat AS (
        UPDATE slot SET taken = taken + 1, {notices.raise_fragment(":now")} FROM asked
        WHERE slot.id = :slot AND withdrawn_at IS NULL AND taken < seats
          AND starts_at = :starts_at AND ends_at = :ends_at AND (slot.job IS NULL OR slot.job = :job)
          AND interviewer_email IS NOT DISTINCT FROM :interviewer::text AND interviewer_name = :interviewer_name
        RETURNING slot.id, notice_revision
    ), placed AS (
        UPDATE interview SET state = 'scheduled', started_at = :starts_at, ended_at = :ends_at FROM seat
        WHERE interview.id = :interview AND state = 'open' AND candidate = :candidate AND job = :job
        RETURNING interview.id
    ), booked AS (
        INSERT INTO schedule (id, interview, slot, candidate, job, starts_at, ends_at, booking_notes, trace_id,
            booked_at, reminded_at)
        SELECT :schedule, (SELECT id FROM placed), seat.id, :candidate, :job, :starts_at, :ends_at, :notes, :trace_id,
            :now, :now
        FROM seat
        RETURNING id
    ), opened AS (
        INSERT INTO session (id, schedule, opens_at, closes_at) SELECT :session, booked.id, :opens_at, :closes_at
        FROM booked
    ), audited AS (
        {audit.fragment(source="booked", at=":now")}
    ), put AS (
        {put_fragment(source="booked, seat", notice_revision="seat.notice_revision")}
        RETURNING id
    ), counted AS (
        {count_fragment(key=":key", now=":now", source="put")}
    )
    SELECT id FROM booked
""")  # noqa: S608 (our own names)


async def _write(draft: _Draft, drafts: Drafts, outbox: Outbox) -> bool:
    """Run the one statement; return whether it booked: it does not if a fact has changed since it was read.

    Raises TooManyMessages; near that limit, this is a transaction in which the messages are counted exactly.
    """
    try:
        if not outbox.limits.is_close(draft.facts.messages_sent + len(drafts.deliveries)):
            return await _insert(draft, drafts, outbox)
        await outbox.limits.check(draft.wish.by.key, new=0, now=draft.facts.slot.now, refuses=True)
        return await _insert_counting(draft, drafts, outbox)
    except asyncpg.NotNullViolationError as violation:
        if violation.column_name != "interview":
            raise
        return False  # the interview is no longer open: look again and say why


@db.transactional(one_statement=True)
async def _insert(draft: _Draft, drafts: Drafts, outbox: Outbox) -> bool:
    key = outbox.limits.counted(draft.wish.by.key)
    return await _WRITE.value(**draft.values(), **drafts.values, key=key) is not None


@db.transactional
async def _insert_counting(draft: _Draft, drafts: Drafts, outbox: Outbox) -> bool:
    is_written = await _insert(draft, drafts, outbox)
    if is_written:
        key, new = draft.wish.by.key, len(drafts.deliveries)
        await outbox.limits.check(key, new=new, now=draft.facts.slot.now, refuses=True)
    return is_written
