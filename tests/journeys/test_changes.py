"""A booking's whole life over the generated client: booked, confirmed, moved, cancelled, and each told by mail."""

import pytest

from factories import soon
from hireloop_client.api.interviews import get_interview
from hireloop_client.api.notifications import get_ledger
from hireloop_client.api.schedules import cancel_schedule, confirm_schedule, reschedule
from hireloop_client.api.slots import book_slot, get_slot
from hireloop_client.models import (
    BookingChange,
    BookSlotFields,
    CancelFields,
    InterviewState,
    InvitationState,
    Problem,
    RescheduleFields,
    ScheduleState,
)
from journeys.factories import book, slot_from
from journeys.installation import Installation, done, sent


@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_a_booking_is_confirmed_moved_and_cancelled(installation: Installation) -> None:
    client, mailbox = installation.client, installation.mailbox
    booked = await book(client, starts_at=soon(60 * 26), email="meera@example.com")
    await sent(client, booked)
    assert (booked.state, booked.revision) == (ScheduleState.PENDING, 1)

    confirmed = done(await confirm_schedule.asyncio(booked.id, client=client))
    assert (confirmed.state, confirmed.revision) == (ScheduleState.CONFIRMED, 1)

    later = await slot_from(client, soon(60 * 50))
    body = RescheduleFields(slot_id=later, reason="The interviewer is ill.")
    moved = done(await reschedule.asyncio(booked.id, client=client, body=body, idempotency_key="move-1"))
    assert (moved.state, moved.revision, moved.slot) == (ScheduleState.PENDING, 2, later)
    assert moved.session.portal_url == booked.session.portal_url
    repeated = done(await reschedule.asyncio(booked.id, client=client, body=body, idempotency_key="move-1"))
    assert repeated.revision == 2
    delivery = await sent(client, moved)
    assert delivery.kind == "rescheduled"

    taken = await book_slot.asyncio(
        later, client=client, body=BookSlotFields(interview_id=(await book(client, starts_at=soon(60 * 30))).interview)
    )
    assert isinstance(taken, Problem)
    assert (taken.status, taken.code) == (409, "interview-already-scheduled")

    reason = CancelFields(reason="The position is filled.")
    cancelled = done(await cancel_schedule.asyncio(booked.id, client=client, body=reason))
    assert cancelled.state is ScheduleState.CANCELLED
    assert [past.change for past in cancelled.changes] == [
        BookingChange.CONFIRMED,
        BookingChange.RESCHEDULED,
        BookingChange.CANCELLED,
    ]
    assert [past.by for past in cancelled.changes] == ["journey"] * 3
    assert done(await get_slot.asyncio(later, client=client)).taken == 0
    assert done(await get_interview.asyncio(booked.interview, client=client)).state is InterviewState.OPEN

    subjects = [mail.email["Subject"] for mail in mailbox.wait_for(4, timeout=30) if "meera" in mail.recipients[0]]
    assert len(subjects) == 3, subjects
    assert done(await get_ledger.asyncio(client=client)).unaccounted == 0
    assert cancelled.invitation.state in set(InvitationState)
