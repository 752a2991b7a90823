"""A slot is changed, and with it who interviews the people in it: they hear of it if they were told a name.

Times and jobs of a slot in use stay as they are, and other changes to it concern no candidate.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import Message
from hireloop.scheduling import patches
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import changes, moves, whole_slots
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.patches import Check
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotDetails, SlotPatch


@db.transactional(retries=whole_slots.MOST_RETRIES)
async def change(
    slot_id: UUID,
    wanted: SlotPatch,
    *,
    by: Actor,
    outbox: Outbox,
    check: Check[SlotDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> SlotDetails:
    """Change a slot as `slots.change` does, and tell the candidates in it if the name that they know is not right now.

    One transaction. Raises the same.
    """
    if wanted.interviewer_email is UNSET and wanted.interviewer_name is UNSET:
        return await slots.change(slot_id, wanted, by=by, outbox=outbox, check=check, now=now)
    _, bookings, at = await whole_slots.hold(slot_id, now=now)
    slot = await slots.change(slot_id, wanted, by=by, outbox=outbox, check=check, now=at)
    told = [
        await _told(booking, slot.interviewer_name)
        for booking in bookings
        if booking.interviewer_name not in {"", slot.interviewer_name} and booking.is_to_come
    ]
    if told:
        await outbox.put(told, now=at, key=by.key)
    return slot


async def _told(booking: LockedBooking, interviewer_name: str) -> Message:
    """Raise the revision of a booking, and return what its candidate hears: it is decided when it is due whether."""
    revision = await changes.tell_anew(booking)
    after = msgspec.structs.replace(booking, interviewer_name=interviewer_name)
    return await moves.told(booking, changes.invitation(after, revision), reason="")
