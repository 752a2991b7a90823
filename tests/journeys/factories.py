"""How the journeys' bookings are made: over the generated client, as a frontend would."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from factories import soon
from hireloop_client import AuthenticatedClient
from hireloop_client.api.interviews import create_interview
from hireloop_client.api.slots import book_slot, create_slot
from hireloop_client.models import (
    BookSlotFields,
    CandidateFields,
    InterviewFields,
    JobFields,
    ScheduleResponse,
    SlotFields,
)
from journeys.installation import done


async def slot_from(client: AuthenticatedClient, starts_at: datetime) -> UUID:
    """Store a slot of 45 minutes."""
    body = SlotFields(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45))
    return done(await create_slot.asyncio(client=client, body=body)).id


async def book(client: AuthenticatedClient, *, starts_at: datetime | None = None, **candidate: Any) -> ScheduleResponse:  # noqa: ANN401 (each field has its own type)
    """Book an interview with a new candidate into a new slot, which begins now unless said otherwise."""
    person = CandidateFields(**{"full_name": "Asha Rao", "email": f"asha.{uuid4().hex[:12]}@example.com", **candidate})
    job = JobFields(title="Backend Engineer", company="Example Labs")
    interview = done(await create_interview.asyncio(client=client, body=InterviewFields(candidate=person, job=job)))
    slot = await slot_from(client, starts_at or soon())
    return done(await book_slot.asyncio(slot, client=client, body=BookSlotFields(interview_id=interview.id)))
