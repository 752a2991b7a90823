"""A whole installation in real processes, and what a frontend does with it over the generated client."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from collector import Collector
from factories import soon
from hireloop.local.mailbox import Mailbox
from hireloop_client import AuthenticatedClient
from hireloop_client.api.interviews import create_interview
from hireloop_client.api.notifications import get_delivery
from hireloop_client.api.slots import book_slot, create_slot
from hireloop_client.models import (
    BookSlotFields,
    CandidateFields,
    DeliveryState,
    DeliveryWithAttempts,
    InterviewFields,
    JobFields,
    Problem,
    ScheduleAnswer,
    SlotFields,
)
from processes import Server, WorkerProcess

T = TypeVar("T")


@dataclass(frozen=True)
class Installation:
    """Where everything is, and two clients that may schedule: by hand, and the generated one."""

    api: httpx.AsyncClient
    key: str
    server: Server
    worker: WorkerProcess
    mailbox: Mailbox
    collector: Collector
    client: AuthenticatedClient

    @property
    def url(self) -> str:
        return self.server.url


def done(answer: T | Problem | None) -> T:
    """Return what was answered; an AssertionError says which problem it is."""
    assert answer is not None
    assert not isinstance(answer, Problem), f"{answer.type_}: {answer.detail}"
    return answer


async def slot_from(client: AuthenticatedClient, starts_at: datetime) -> UUID:
    """Store a slot of 45 minutes."""
    body = SlotFields(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45))
    return done(await create_slot.asyncio(client=client, body=body)).id


async def book(client: AuthenticatedClient, *, starts_at: datetime | None = None, **candidate: Any) -> ScheduleAnswer:  # noqa: ANN401 (each field has its own type)
    """Book an interview with a new candidate into a new slot, which begins now unless said otherwise."""
    person = CandidateFields(**{"full_name": "Asha Rao", "email": f"asha.{uuid4().hex[:12]}@example.com", **candidate})
    job = JobFields(title="Backend Engineer", company="Example Labs")
    interview = done(await create_interview.asyncio(client=client, body=InterviewFields(candidate=person, job=job)))
    slot = await slot_from(client, starts_at or soon())
    return done(await book_slot.asyncio(slot, client=client, body=BookSlotFields(interview_id=interview.id)))


async def sent(client: AuthenticatedClient, schedule: ScheduleAnswer) -> DeliveryWithAttempts:
    """Return the invitation's delivery once it is not pending any more."""
    ident = schedule.invitation.deliveries[0].id
    until = time.monotonic() + 20
    while True:
        delivery = done(await get_delivery.asyncio(ident, client=client))
        if delivery.state is not DeliveryState.PENDING or time.monotonic() > until:
            return delivery
        await asyncio.sleep(0.1)
