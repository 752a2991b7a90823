"""How the things of scheduling's tests are made: bookings, what is done to them, and who hears of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs

import factories
from factories import WINDOWS, outbox_of
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.messages import CANDIDATE_KINDS, PARTY_KINDS
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import moves
from hireloop.scheduling.bookings.bookings import Booking
from notify.factories import ACCEPTED, leased, settlement
from sample_channels import MAIL, chat

RECRUITER = Actor("Asha's recruiter")
CHAT = chat("recruiter_copy", "late_request")
OUTBOX = outbox_of(MAIL, CHAT)
MAIL_ONLY = outbox_of(structs.replace(MAIL, kinds=PARTY_KINDS | {"late_request"}))  # where there is no chat


async def book(
    minutes: float = 60,
    *,
    at: datetime | None = None,
    slot: UUID | None = None,
    **candidate: Any,  # noqa: ANN401 (each field has its own type)
) -> Booking:
    """Book a new candidate's interview that starts in so many minutes; candidate and recruiter both hear of it."""
    booked = await factories.book(slot=slot, minutes=minutes, notes="Bring a pen.", outbox=OUTBOX, now=at, **candidate)
    return booked.booking


async def move(booking: Booking, slot: UUID, **given: Any) -> bool:  # noqa: ANN401 (each has its own type)
    asked = {"by": RECRUITER, "reason": "", "outbox": OUTBOX, "windows": WINDOWS, **given}
    return await moves.move(booking.id, slot, **asked)


async def lease(*, now: datetime | None = None) -> Lease:
    """Let a worker begin to send the one mail that is due."""
    return await leased(sorted(CANDIDATE_KINDS), now=now)


async def settle_sent(taken: Lease) -> set[UUID]:
    """Let the mail server take it, late or not; return the deliveries whose lease was still the worker's."""
    return await leases.settle([settlement(taken, evidence=ACCEPTED)])
