"""Take a slot out of use: release it, which cancels what is booked into it, or withdraw it for good.

What is over stays as it was: an interview that was held, or missed, did take place in this slot, and keeps its seat.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.locked import LockedBooking, lock_all
from hireloop.scheduling.patches import Check
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.scheduling.tables import InterviewState, Slot
from hireloop.statements import Statement
from hireloop.telemetry import spans

_MOST_RETRIES = 20  # many people may be booking into a slot just now
_HAS_BOOKINGS = "This slot has bookings. Reschedule them first, or send `?cancel=true` to cancel them with the slot."
_OVER = {InterviewState.COMPLETED, InterviewState.NO_SHOW}


@spans.of_change("slot.release")
@db.transactional(retries=_MOST_RETRIES)
async def release(slot_id: UUID, *, by: Actor, reason: str, outbox: Outbox, now: datetime | None = None) -> int:
    """Cancel every booking of a slot that is not over, and return how many there were; the slot can be booked again.

    One transaction: all of them or none. Raises NotFound, and InterviewInProgress if a candidate has entered.
    """
    _, bookings, _ = await _hold(slot_id, now)
    await _end(bookings, by=by, reason=reason, outbox=outbox)
    return len(bookings)


@spans.of_change("slot.withdraw")
@db.transactional(retries=_MOST_RETRIES)
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
    slot, bookings, at = await _hold(slot_id, now)
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


async def _hold(slot_id: UUID, now: datetime | None) -> tuple[SlotDetails, list[LockedBooking], datetime]:
    """Hold a slot and its bookings still; return it with those that are not over, and the moment that this is so.

    Bookings are locked before their slot, as everywhere, so they must be known before the slot is locked: one that
    slipped in meanwhile was not locked, and locking it now could make two changes wait for each other. Then this raises
    ConcurrentChange, and the transaction begins anew.
    """
    live, _ = await _live(slot_id, now)
    bookings = await lock_all(live, slots=[slot_id], now=now)
    slot = await slots.lock(slot_id)
    live, at = await _live(slot_id, now)
    # All is written for this moment: the bookings' own is older than what we waited for at the slot.
    held = {booking.schedule_id: msgspec.structs.replace(booking, now=at) for booking in bookings}
    if not held.keys() >= set(live):
        raise db.ConcurrentChange
    return slot, [held[ident] for ident in live if not is_over(held[ident])], at


# The live bookings of a slot, and the moment.
_LIVE = Statement("""
    SELECT ARRAY(SELECT id FROM schedule WHERE slot = :slot AND state <> 'cancelled' ORDER BY id) AS live,
        coalesce(:now, statement_timestamp()) AS at
""")


async def _live(slot_id: UUID, now: datetime | None) -> tuple[list[UUID], datetime]:
    ((live, at),) = await _LIVE.rows(slot=slot_id, now=now)
    return live, at


def is_over(booking: LockedBooking) -> bool:
    """Return whether nobody can enter any more: finished or missed, recorded as such or not; pure."""
    if booking.left_at is not None or booking.interview_state in _OVER:
        return True
    return booking.entered_at is None and booking.now > booking.closes_at


async def _end(bookings: Sequence[LockedBooking], *, by: Actor, reason: str, outbox: Outbox) -> None:
    if any(booking.entered_at is not None for booking in bookings):
        raise errors.InterviewInProgress
    await cancellations.end(bookings, by=by, reason=reason, outbox=outbox)
