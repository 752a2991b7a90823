"""Erase a person and keep the proof: what happened stays, with nobody's name on it (docs/decisions/0036).

Nothing is deleted here: rows of interviews, bookings, sessions, deliveries and the audit stay and are blanked.
"""

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.erasure import forget
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.locked import LockedBooking, lock_all
from hireloop.scheduling.sessions import lifecycle
from hireloop.scheduling.tables import Candidate, ScheduleState
from hireloop.statements import Statement
from hireloop.telemetry import spans


class ErasureResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was blanked of a person, and by which ids and address anything else may still name them."""

    candidate: UUID
    email: str
    ids: tuple[UUID, ...]  # of the candidate, their interviews, bookings and sessions


# All bookings of a person, and the moment: asked once the person is held, as nothing that we waited for may be later.
_BOOKED = Statement("""
    SELECT ARRAY(SELECT id FROM schedule WHERE candidate = :candidate) AS schedules,
        coalesce(:now, statement_timestamp()) AS at
""")
# The words about a person's bookings, in their history too.
_BLANK_BOOKINGS = Statement("""
    UPDATE schedule SET booking_notes = '', changes = coalesce(
        (SELECT jsonb_agg(past || '{"reason": ""}' ORDER BY nth) FROM jsonb_array_elements(changes)
            WITH ORDINALITY AS history(past, nth)), '[]')
    WHERE candidate = :candidate
""")
# A person's sessions, which open nothing any more.
_END_SESSIONS = Statement("""
    UPDATE session SET revoked_at = coalesce(revoked_at, :now), device_check = NULL, earlier_device_checks = '[]'
    FROM schedule WHERE schedule.id = session.schedule AND schedule.candidate = :candidate
""")
# All interviews of a person; those that are open are cancelled.
_CLOSE_INTERVIEWS = Statement("""
    UPDATE interview SET state = CASE WHEN state = 'open' THEN 'cancelled' ELSE state END
    WHERE candidate = :candidate RETURNING id
""")


@spans.of_change("candidate.erase")
@db.transactional
async def erase(candidate_id: UUID, *, by: Actor, outbox: Outbox, now: datetime | None = None) -> ErasureResult:
    """Blank a candidate everywhere, end their sessions, and cancel what was still to come.

    One transaction. Everyone who was told of an interview to come is told that it is off, and only that mail still has
    the address, for a day at most. Raises NotFound, also for a person who was erased before, and InterviewInProgress.
    """
    person = await (
        Candidate.select(Candidate.email)
        .where(Candidate.id == candidate_id, Candidate.erased_at.is_null())
        .lock_rows("UPDATE")
        .first()
    )
    if person is None:
        raise errors.NotFound("candidate", candidate_id)
    ((schedules, at),) = await _BOOKED.rows(candidate=candidate_id, now=now)
    bookings = await lock_all(schedules, now=at)
    if any(_is_in_progress(booking) for booking in bookings):
        raise errors.InterviewInProgress("The candidate is in an interview now. Erase them once it is over.")
    to_come = [booking for booking in bookings if _is_to_come(booking)]
    # The next sweep would pass over these: it takes a revoked session for somebody who was kept out. Nobody is told,
    # as there would be no name to tell.
    await lifecycle.miss([booking for booking in bookings if lifecycle.is_missed(booking)])
    await cancellations.end(to_come, by=by, reason="", outbox=outbox)
    await forget(schedules, slots=sorted({slot for booking in bookings for slot in _slots_of(booking)}), now=at)
    interviews = await _blank(candidate_id, at)
    ids = (candidate_id, *interviews, *schedules, *(booking.session_id for booking in bookings))
    await audit.record(
        NewAuditEntry(
            action=Action.CANDIDATE_ERASED,
            subject=candidate_id,
            candidate=candidate_id,
            by=by,
            details={"interviews": len(interviews), "bookings": len(bookings), "cancelled": len(to_come)},
        ),
        at=at,
    )
    await audit.blank(candidate_id)
    return ErasureResult(candidate=candidate_id, email=person["email"], ids=ids)


def _slots_of(booking: LockedBooking) -> set[UUID]:
    """Return the slots that a booking is or was in."""
    return {booking.slot_id} | {past.moved.from_slot for past in booking.changes if past.moved is not None}


def _is_in_progress(booking: LockedBooking) -> bool:
    return booking.state is not ScheduleState.CANCELLED and booking.entered_at is not None and booking.left_at is None


def _is_to_come(booking: LockedBooking) -> bool:
    return (
        booking.state is not ScheduleState.CANCELLED and booking.entered_at is None and booking.closes_at >= booking.now
    )


async def _blank(candidate_id: UUID, now: datetime) -> list[UUID]:
    """Blank the person's own rows and return the ids of their interviews; what was open can't be booked any more.

    The address that takes the place of theirs is one that nobody can have given to somebody else before.
    """
    await Candidate.update(
        {
            Candidate.full_name: "Erased",
            Candidate.email: f"erased-{uuid4()}@erased.invalid",
            Candidate.time_zone: None,
            Candidate.locale: None,
            Candidate.phone: "",
            Candidate.resume_text: "",
            Candidate.erased_at: now,
        }
    ).where(Candidate.id == candidate_id)
    await _BLANK_BOOKINGS.run(candidate=candidate_id)
    await _END_SESSIONS.run(candidate=candidate_id, now=now)
    rows = await _CLOSE_INTERVIEWS.rows(candidate=candidate_id)
    return [row["id"] for row in rows]
