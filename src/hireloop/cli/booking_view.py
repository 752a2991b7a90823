"""What the shell shows of an interview: the same as the API, in one object, and never with a key or a link.

It is documented in docs/reference/command-line.md.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.api import sessions as session_answers
from hireloop.api.deliveries import DeliveryResponse, response_fields
from hireloop.api.interviews import InterviewFacts
from hireloop.api.sessions import SessionDetails
from hireloop.faults import warnings_of
from hireloop.notify import parties
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.returned import ReturnedView
from hireloop.notify.channels import configured
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import ERASED, DeliveryView, mask
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import place_of
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateDetails
from hireloop.scheduling.people.jobs import JobDetails
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from hireloop.web.bookings.response import ScheduleResponse, responses_with
from hireloop.web.context import ResponseContext

_RETURNED = 5  # of each delivery, the latest


class DeliveryOfBooking(DeliveryResponse, frozen=True, kw_only=True):
    """A delivery with the latest emails that came back for it."""

    returned: list[ReturnedView]
    returned_count: int  # also counts those that are not listed


class RecipientOfBooking(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is told of a booking, and all that is or was to be sent to them, newest first."""

    recipient: str  # masked
    deliveries: list[DeliveryOfBooking]


class BookingView(msgspec.Struct, frozen=True, kw_only=True):
    """A booking with its session, and with everybody who is told of it."""

    schedule: ScheduleResponse
    session: SessionDetails
    recipients: list[RecipientOfBooking]


class InterviewView(msgspec.Struct, frozen=True, kw_only=True):
    """An interview with its people, and with its bookings: the live one, then the others, the latest first."""

    interview: InterviewFacts
    candidate: CandidateDetails | None  # None once erased
    job: JobDetails
    bookings: list[BookingView]


async def of_interview(settings: Settings, interview_id: UUID) -> InterviewView:
    """Return an interview with all of its bookings; raises NotFound."""
    async with db.snapshot():
        return await _view(settings, interview_id, await bookings.of_interview(interview_id))


async def of_booking(settings: Settings, schedule_id: UUID) -> InterviewView:
    """Return a booking with its interview; raises NotFound."""
    async with db.snapshot():
        booking = await bookings.find(schedule_id)
        return await _view(settings, booking.interview, [booking])


async def of_session(settings: Settings, session_id: UUID) -> InterviewView:
    """Return the booking of a session with its interview; raises NotFound."""
    async with db.snapshot():
        visit = await sessions.visit(session_id)
        return await _view(settings, visit.interview_id, [await bookings.find(visit.schedule_id)])


async def _view(settings: Settings, interview_id: UUID, booked: Sequence[Booking]) -> InterviewView:
    channels = configured.channels(settings)
    context = ResponseContext(
        settings=settings,
        channels=channels,
        outbox=Outbox.of(settings, channels),
        warnings=warnings_of(settings),
    )
    interview = await interviews.find(interview_id)
    is_erased = bool(await candidates.erased_among([interview.candidate]))
    facts = msgspec.structs.asdict(interview) | ({"candidate": None} if is_erased else {})
    view = InterviewView(
        interview=InterviewFacts(**facts),
        candidate=None if is_erased else await candidates.find(interview.candidate),
        job=await jobs.find(interview.job),
        bookings=[],
    )
    schedules = await responses_with(context, booked, key_mint=None)
    shown = [await _booking(context, schedule) for schedule in schedules]
    return msgspec.structs.replace(context.localized(view), bookings=shown)


async def _booking(context: ResponseContext, schedule: ScheduleResponse) -> BookingView:
    return BookingView(
        schedule=schedule,
        session=await session_answers.details_of(context, schedule.session.id),
        recipients=await _recipients(context, schedule),
    )


async def _recipients(context: ResponseContext, schedule: ScheduleResponse) -> list[RecipientOfBooking]:
    """Return who is told of a booking, or of a slot that it is or was in: the candidate first, alerts last."""
    slots = {schedule.slot, *(past.moved.from_slot for past in schedule.changes if past.moved)}
    of_booking = await deliveries.of_schedules([schedule.id], context.channels)
    of_slots = await parties.of_slots(sorted(slots), context.channels)
    found = sorted([*of_booking, *of_slots], key=lambda one: one.id)
    came_back = await returned.of_deliveries([one.id for one in found], at_most=_RETURNED)
    by_recipient: dict[object, list[DeliveryView]] = {}
    found.reverse()  # each kind's newest first
    for one in sorted(found, key=lambda one: place_of(one.kind)):
        # An erased person has another mark in place of the address in each delivery.
        whose = one.party if one.recipient.startswith(ERASED) else one.recipient
        by_recipient.setdefault(whose, []).append(one)
    return [
        RecipientOfBooking(
            recipient=mask(theirs[0].recipient),
            deliveries=[
                DeliveryOfBooking(
                    **response_fields(context, one),
                    returned=[context.localized(mail) for mail in came_back.get(one.id, [])],
                    returned_count=one.returned_count,
                )
                for one in theirs
            ],
        )
        for theirs in by_recipient.values()
    ]
