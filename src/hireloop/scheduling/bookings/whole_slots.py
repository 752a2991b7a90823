"""Slots with all of their bookings, held still for a change that reaches each of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.scheduling.bookings.locked import LockedBooking, lock_all
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.statements import Statement

MOST_RETRIES = 20  # of the caller's transaction: many people may be booking into a slot just now


async def hold(slot_id: UUID, *, now: datetime | None = None) -> tuple[SlotDetails, list[LockedBooking], datetime]:
    """Hold a slot and its live bookings still, as `hold_all` does; return them with the moment that this is so.

    Raises the same, and NotFound.
    """
    bookings, at = await hold_all([slot_id], now=now)
    return await slots.lock(slot_id), bookings, at


async def hold_all(slot_ids: Sequence[UUID], *, now: datetime | None = None) -> tuple[list[LockedBooking], datetime]:
    """Hold slots and their live bookings still; return the bookings with the moment that this is so.

    Bookings are locked before their slots, as everywhere, so they must be known before a slot is locked: one that
    slipped in meanwhile was not locked, and locking it now could make two changes wait for each other. Then this raises
    ConcurrentChange, and the transaction begins anew.
    """
    live, _ = await _live(slot_ids, now)
    bookings = await lock_all(live, slots=slot_ids, now=now)
    live, at = await _live(slot_ids, now)
    # All is written for this moment: the bookings' own is older than what we waited for at the slots.
    held = {booking.schedule_id: msgspec.structs.replace(booking, now=at) for booking in bookings}
    if not held.keys() >= set(live):
        raise db.ConcurrentChange
    return [held[ident] for ident in live], at


# The live bookings of slots, and the moment.
_LIVE = Statement("""
    SELECT ARRAY(SELECT id FROM schedule WHERE slot = ANY(:slots::uuid[]) AND state <> 'cancelled' ORDER BY id) AS live,
        coalesce(:now, statement_timestamp()) AS at
""")


async def _live(slot_ids: Sequence[UUID], now: datetime | None) -> tuple[list[UUID], datetime]:
    ((live, at),) = await _LIVE.rows(slots=list(slot_ids), now=now)
    return live, at
