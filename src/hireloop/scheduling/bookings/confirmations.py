"""Confirm a booking: the candidate, or a recruiter who has it from them, says that the time is agreed."""

from datetime import datetime
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import changes, news
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.bookings.locked import lock
from hireloop.scheduling.tables import Schedule, ScheduleState
from hireloop.telemetry import spans


@spans.of_change("schedule.confirm")
@db.transactional
async def confirm(
    schedule_id: UUID,
    *,
    by: Actor,
    outbox: Outbox,
    rule: ChangeRule | None = None,
    now: datetime | None = None,
) -> bool:
    """Confirm a booking and return whether this did it: confirming twice is confirming once.

    One transaction, in which `rule` may forbid it too. The revision stays, as what everybody was told is still right;
    recruiters are told. Raises NotFound, ScheduleCancelled, InterviewInProgress, InterviewClosed, and SlotPast if the
    interview can no longer be entered.
    """
    booking = await lock(schedule_id, now=now)
    if booking.state is ScheduleState.CONFIRMED:
        return False
    refusal = changes.refusal(booking) or (rule(booking) if rule else None) or changes.refusal_of_past(booking)
    if refusal is not None:
        raise refusal
    await changes.note(booking, BookingChange.CONFIRMED, by=by, raises_revision=False)
    await Schedule.update({Schedule.state: ScheduleState.CONFIRMED}).where(Schedule.id == schedule_id)
    await news.put_confirmed(booking, by=by, outbox=outbox)
    return True
