"""Cancel a booking: its seat is free, the interview can be booked again, and those who were invited are notified."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox, may_have_heard
from hireloop.notify.messages import CancelledMessage, CopiedChange, Message
from hireloop.scheduling.audit import CANDIDATE, Actor
from hireloop.scheduling.bookings import changes, news
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.bookings.locked import LockedBooking, lock
from hireloop.scheduling.slots import notices
from hireloop.scheduling.tables import Interview, InterviewState, Schedule, ScheduleState
from hireloop.telemetry import spans


@spans.of_change("schedule.cancel")
@db.transactional
async def cancel(
    schedule_id: UUID,
    *,
    by: Actor,
    reason: str,
    outbox: Outbox,
    rule: ChangeRule | None = None,
    now: datetime | None = None,
) -> bool:
    """Cancel a booking and return whether this did it: cancelling twice is cancelling once.

    One transaction, in which `rule` may forbid it too. Raises NotFound, InterviewInProgress once the candidate has
    entered, InterviewClosed after.
    """
    booking = await lock(schedule_id, now=now)
    if booking.state is ScheduleState.CANCELLED:
        return False
    refusal = changes.refusal(booking) or (rule(booking) if rule else None)
    if refusal is not None:
        raise refusal
    await end([booking], by=by, reason=reason, outbox=outbox)
    return True


async def end(bookings: Sequence[LockedBooking], *, by: Actor, reason: str, outbox: Outbox) -> None:
    """Cancel these live bookings, in the transaction that holds them and their slots.

    A candidate hears of it only if something may have reached them: nobody is told about the cancellation of a booking
    that they never heard of. If the candidates cancel themselves, their recruiters are told why. The interviewer of a
    slot hears once of all that are cancelled in it.
    """
    for booking in bookings:
        revision = await changes.note(booking, BookingChange.CANCELLED, by=by, reason=reason)
        await _write(booking)
        told: list[Message] = []
        if by == CANDIDATE:
            await news.put_declined(booking, revision, by=by, reason=reason, outbox=outbox)
        else:
            told.append(changes.recruiter_copy(booking, revision, CopiedChange.CANCELLED, by=by))
        if await may_have_heard(booking.schedule_id):
            told.append(
                CancelledMessage.about(booking, schedule_id=booking.schedule_id, revision=revision, reason=reason)
            )
        await outbox.put(told, now=booking.now, key=by.key)
    if bookings:
        now = bookings[0].now
        to_interviewers = await notices.change_seats(freed=[booking.slot_id for booking in bookings], now=now)
        if to_interviewers:
            await outbox.put(to_interviewers, now=now, key=by.key)


async def _write(booking: LockedBooking) -> None:
    """Cancel a booking, and open its interview."""
    await Schedule.update({Schedule.state: ScheduleState.CANCELLED}).where(Schedule.id == booking.schedule_id)
    await Interview.update(
        {Interview.state: InterviewState.OPEN, Interview.started_at: None, Interview.ended_at: None}
    ).where(Interview.id == booking.interview_id)
