"""Take a slot out of use: release it, which cancels what is booked into it, or withdraw it for good.

What is over stays as it was: an interview that was held, or missed, did take place in this slot, and keeps its seat.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import cancellations, whole_slots
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.bookings.whole_slots import MOST_RETRIES
from hireloop.scheduling.patches import Check
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.scheduling.tables import InterviewState, Slot
from hireloop.telemetry import spans

_HAS_BOOKINGS = "This slot has bookings. Reschedule them first, or send `?cancel=true` to cancel them with the slot."
_OVER = {InterviewState.COMPLETED, InterviewState.NO_SHOW}


@spans.of_change("slot.release")
@db.transactional(retries=MOST_RETRIES)
async def release(slot_id: UUID, *, by: Actor, reason: str, outbox: Outbox, now: datetime | None = None) -> int:
    """Cancel every booking of a slot that is not over, and return how many there were; the slot can be booked again.

    One transaction: all of them or none. Raises NotFound, and InterviewInProgress if a candidate has entered.
    """
    _, bookings, _ = await whole_slots.hold(slot_id, now=now)
    bookings = [booking for booking in bookings if not is_over(booking)]
    await _end(bookings, by=by, reason=reason, outbox=outbox)
    return len(bookings)


@spans.of_change("slot.withdraw")
@db.transactional(retries=MOST_RETRIES)
async def withdraw(
    slot_id: UUID,
    *,
    cancel: bool,
    by: Actor,
    reason: str,
    outbox: Outbox,
    check: Check[SlotDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> bool:
    """Withdraw a slot, so that nothing is booked into it again, and return whether this did it: twice is once.

    With `cancel` its bookings that are not over are cancelled in the same transaction; without it they are in the way.
    Raises NotFound, what `check` raises, SlotInUse, and InterviewInProgress if a candidate has entered.
    """
    slot, bookings, at = await whole_slots.hold(slot_id, now=now)
    bookings = [booking for booking in bookings if not is_over(booking)]
    await check(slot)
    if slot.withdrawn_at is not None:
        return False
    if bookings and not cancel:
        raise errors.SlotInUse(_HAS_BOOKINGS)
    await _end(bookings, by=by, reason=reason, outbox=outbox)
    await Slot.update({Slot.withdrawn_at: at}).where(Slot.id == slot_id)
    details = {"cancelled": len(bookings), **({"reason": reason} if reason else {})}
    await audit.record(NewAuditEntry(action=Action.SLOT_WITHDRAWN, subject=slot_id, by=by, details=details), at=at)
    return True


def is_over(booking: LockedBooking) -> bool:
    """Return whether nobody can enter any more: finished or missed, recorded as such or not; pure."""
    if booking.left_at is not None or booking.interview_state in _OVER:
        return True
    return booking.entered_at is None and booking.now > booking.closes_at


async def _end(bookings: Sequence[LockedBooking], *, by: Actor, reason: str, outbox: Outbox) -> None:
    if any(booking.entered_at is not None for booking in bookings):
        raise errors.InterviewInProgress
    await cancellations.end(bookings, by=by, reason=reason, outbox=outbox)
