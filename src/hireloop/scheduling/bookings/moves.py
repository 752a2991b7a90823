"""Move a booking to another slot: the same booking, session, link and calendar entry, at another time."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox, may_have_heard
from hireloop.notify.messages import (
    CopiedChange,
    InterviewerUpdate,
    InvitationMessage,
    Message,
    RescheduledMessage,
)
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import changes, rules
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.history import BookingChange, Move
from hireloop.scheduling.bookings.locked import LockedBooking, lock
from hireloop.scheduling.bookings.rules import SlotFacts
from hireloop.scheduling.slots import notices
from hireloop.scheduling.tables import Interview, InterviewState, Schedule, ScheduleState, Session, Slot
from hireloop.telemetry import spans


@spans.of_change("schedule.reschedule")
@db.transactional
async def move(
    schedule_id: UUID,
    slot_id: UUID,
    *,
    by: Actor,
    reason: str,
    outbox: Outbox,
    windows: WindowSettings,
    rule: ChangeRule | None = None,
    now: datetime | None = None,
) -> bool:
    """Move a booking to this slot and return whether it moved; one that is already there is left unchanged.

    One transaction, in which `rule` may forbid it too. A moved booking waits for a new confirmation. One whose
    link was revoked gets a new link with the new time: without one, nobody could be notified of that time.

    Raises NotFound for the schedule or the slot, BadInput for a slot of another job, ScheduleCancelled,
    InterviewInProgress, InterviewClosed, SlotWithdrawn, SlotPast, SlotFull, and CandidateBusy if the candidate has
    another interview then.
    """
    booking = await lock(schedule_id, slots=[slot_id], now=now)
    stays = booking.slot_id == slot_id
    refusal = changes.refusal(booking) or (changes.refusal_of_past(booking) if stays else None)
    if refusal is not None:
        raise refusal
    if stays:
        return False
    target = await _slot(slot_id, booking)
    forbidden = (rule(booking) if rule else None) or rules.slot_refusal(target, late_seconds=windows.late_seconds)
    if forbidden is not None:
        raise forbidden
    await _put(booking, slot_id, target, by=by, reason=reason, outbox=outbox, windows=windows)
    return True


async def _slot(slot_id: UUID, booking: LockedBooking) -> SlotFacts:
    row = await Slot.select().where(Slot.id == slot_id).first()
    if row is None:
        raise errors.NotFound("slot", slot_id)
    return msgspec.convert(
        {
            **row,
            "now": booking.now,
            "job_id": booking.job_id,
            "slot_job_id": row["job"],
            "interviewer_name": row["interviewer_name"] if booking.names_interviewer else "",
        },
        SlotFacts,
    )


async def _put(
    booking: LockedBooking,
    slot_id: UUID,
    target: SlotFacts,
    *,
    by: Actor,
    reason: str,
    outbox: Outbox,
    windows: WindowSettings,
) -> None:
    """Write the move, and the messages about it."""
    window = rules.window(target.starts_at, early_seconds=windows.early_seconds, late_seconds=windows.late_seconds)
    moved = msgspec.structs.replace(
        booking,
        slot_id=slot_id,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        key_version=booking.key_version + (booking.revoked_at is not None),
        interviewer_name=target.interviewer_name,
    )
    revision = await changes.note(
        booking,
        BookingChange.RESCHEDULED,
        by=by,
        reason=reason,
        moved=Move(
            from_slot=booking.slot_id,
            from_starts_at=booking.starts_at,
            to_slot=slot_id,
            to_starts_at=target.starts_at,
        ),
    )
    to_interviewers = await _write(booking, moved)
    messages: list[Message] = [
        await told(booking, changes.invitation(moved, revision), reason),
        changes.recruiter_copy(moved, revision, CopiedChange.RESCHEDULED, by=by),
        *to_interviewers,
    ]
    await outbox.put(messages, now=booking.now, key=by.key)


async def told(booking: LockedBooking, invitation: InvitationMessage, reason: str) -> InvitationMessage:
    """Return what the candidate hears: that it has moved, if they may know of the time before and their link holds.

    Of that it is decided when it is due whether they do, and whether the time is another one (`notify.decisions`).
    """
    if booking.revoked_at is not None or not await may_have_heard(booking.schedule_id, address=booking.candidate_email):
        return invitation
    return RescheduledMessage(**msgspec.structs.asdict(invitation), previous_starts_at=booking.starts_at, reason=reason)


async def _write(before: LockedBooking, after: LockedBooking) -> list[InterviewerUpdate]:
    """Change seats, then place the booking, its session and its interview; constraints judge seats and overlaps.

    Return the notices to the interviewers of both slots.
    """
    told = await notices.change_seats(freed=[before.slot_id], taken=[after.slot_id], now=after.now)
    await Schedule.update(
        {
            Schedule.slot: after.slot_id,
            Schedule.starts_at: after.starts_at,
            Schedule.ends_at: after.ends_at,
            Schedule.state: ScheduleState.PENDING,
            Schedule.reminded_at: after.now,
        }
    ).where(Schedule.id == before.schedule_id)
    await Session.update(
        {
            Session.opens_at: after.opens_at,
            Session.closes_at: after.closes_at,
            Session.key_version: after.key_version,
            Session.revoked_at: None,
        }
    ).where(Session.id == before.session_id)
    await Interview.update(
        {
            Interview.state: InterviewState.SCHEDULED,
            Interview.started_at: after.starts_at,
            Interview.ended_at: after.ends_at,
        }
    ).where(Interview.id == before.interview_id)
    return told
