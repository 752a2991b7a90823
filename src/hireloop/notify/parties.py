"""Where it stands what each party of a booking is told: the candidate, and the interviewer of its slot."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import READ, DeliveryView, InvitationState
from hireloop.notify.deliveries.failures import booking_in_slot_fragment
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

# What interviewers were told last of some slots, each of them, and since; oldest first. Where the newest notice found
# that an earlier one had said the same, that one too.
_LATEST_OF_SLOTS = Statement(f"""
    {READ} WHERE d.id = ANY(ARRAY(
        SELECT said.id FROM unnest(:slots::uuid[]) AS asked(slot) CROSS JOIN LATERAL (
            SELECT id, revision, first_value(coalesce(nullif(told_revision, 0), revision))
                OVER (PARTITION BY address_key(recipient) ORDER BY required DESC, revision DESC, id DESC) AS since
            FROM delivery WHERE delivery.slot = asked.slot
        ) AS said WHERE said.revision >= said.since
    )) ORDER BY d.id
""")  # noqa: S608 (a constant of our own)
# All that interviewers were told of some slots, oldest first.
_OF_SLOTS = Statement(f"{READ} WHERE d.slot = ANY(:slots::uuid[]) ORDER BY d.id")
# To which booking somebody is led who wants to know of a slot.
_BOOKINGS_IN = Statement(f"""
    SELECT asked.slot, found.schedule FROM unnest(:slots::uuid[]) AS asked(slot)
        CROSS JOIN LATERAL {booking_in_slot_fragment("asked.slot")} AS found
""")  # noqa: S608 (our own words)


async def bookings_in(slot_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return one of the bookings in each of these slots, by the slot; if it is empty, one that its interviewer knew."""
    rows = await _BOOKINGS_IN.rows(slots=list(slot_ids)) if slot_ids else []
    return {row["slot"]: row["schedule"] for row in rows}


async def latest_of_slots(
    slot_ids: Sequence[UUID], channels: Sequence[Channel], *, now: datetime | None = None
) -> list[DeliveryView]:
    """Return what the interviewers of these slots were told last, and since, oldest first; `channels` are ours."""
    fingerprints = fingerprints_of(channels)
    return await _LATEST_OF_SLOTS.structs(DeliveryView, now=now, fingerprints=fingerprints, slots=list(slot_ids))


async def of_slots(
    slot_ids: Sequence[UUID], channels: Sequence[Channel], *, now: datetime | None = None
) -> list[DeliveryView]:
    """Return all that the interviewers of these slots were told, oldest first; `channels` are ours."""
    fingerprints = fingerprints_of(channels)
    return await _OF_SLOTS.structs(DeliveryView, now=now, fingerprints=fingerprints, slots=list(slot_ids))


def interviewer_state(told: Sequence[DeliveryView], *, now: datetime) -> InvitationState:
    """Return the state of the newest notice about a slot, given those to one interviewer. Pure."""
    return deliveries.gravest(newest_notice(told), now=now)


def newest_notice(told: Sequence[DeliveryView]) -> list[DeliveryView]:
    """Return the deliveries of the newest notice about a slot, given those to one interviewer. Pure.

    Where an earlier one had said the same, they are those of that one.
    """
    required = [one for one in told if one.required]
    newest = max((one.revision for one in required), default=0)
    counts = max((one.told_revision or 0 for one in required if one.revision == newest), default=0) or newest
    return [one for one in required if one.revision == counts]
