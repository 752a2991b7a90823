"""`/api/interviews/schedules/`: bookings."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from hireloop import db, errors
from hireloop.access.roles import READS, SCHEDULES, UNDOES, actor_of
from hireloop.api.documented import again, refuses
from hireloop.api.http.created import created_response
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.examples import InterviewId, SlotId
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.scheduling import fields
from hireloop.scheduling.bookings import booking, bookings, cancellations, confirmations, moves
from hireloop.scheduling.bookings.booking import BookingOutcome
from hireloop.scheduling.bookings.bookings import BookingFilter
from hireloop.scheduling.tables import ScheduleState
from hireloop.web.bookings.response import ScheduleResponse, response_of, response_to_booking, responses_of
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.json_bodies import EmptyBody

BOOKS = SCHEDULES | refuses(
    errors.SlotFull,
    errors.SlotWithdrawn,
    errors.SlotPast,
    errors.InterviewAlreadyScheduled,
    errors.InterviewClosed,
    errors.CandidateBusy,
    errors.TooManyMessages,
)
BOOKS |= again("This booking already exists. Nothing was changed, and nothing is sent.")
CANCELS = UNDOES | refuses(errors.InterviewInProgress, errors.InterviewClosed)
# What needs a booking that the candidate can still use.
STILL_TO_COME = SCHEDULES | refuses(
    errors.ScheduleCancelled, errors.InterviewInProgress, errors.InterviewClosed, errors.SlotPast
)


class BookInterviewFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The interview to book, and the slot to book it into."""

    interview_id: InterviewId
    slot_id: SlotId
    booking_notes: fields.Notes = ""


async def book(
    request: AnyRequest, interview_id: UUID, slot_id: UUID, booking_notes: str
) -> Response[ScheduleResponse]:
    """Book an interview and wake the workers; both booking endpoints call this."""
    context = context_of(request)
    booked = await booking.book(
        interview_id,
        slot_id,
        booking_notes=booking_notes,
        booked_by=actor_of(request),
        outbox=context.outbox,
        windows=context.windows,
    )
    created = booked.outcome is not BookingOutcome.AGAIN
    if created:
        context.wakeups.send_soon()
    shown = response_to_booking(request, booked) if created else (await responses_of(request, [booked.booking]))[0]
    return created_response("/api/interviews/schedules/", shown, created=created)


@post("/book_interview/", opt=BOOKS)
async def book_interview(request: AnyRequest, data: JSONBody[BookInterviewFields]) -> Response[ScheduleResponse]:
    """Book an interview into a slot. Returns 201, or 200 if this booking already exists; then nothing is sent."""
    try:
        return await book(request, data.interview_id, data.slot_id, data.booking_notes)
    except errors.NotFound as missing:  # the slot is a field here, not part of the path
        raise errors.BadInput("slot_id", str(missing)) from None


class CancelFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a booking is cancelled. The candidate sees the reason."""

    reason: Annotated[fields.Notes, Meta(examples=["The position is filled."])] = ""


@post("/{schedule_id:uuid}/confirm/", status_code=200, opt=STILL_TO_COME)
async def confirm_schedule(
    request: AnyRequest,
    schedule_id: FromPath[UUID],
    data: JSONBody[EmptyBody | None] = None,  # noqa: ARG001 (checked: it has no fields)
) -> ScheduleResponse:
    """Record that the candidate has confirmed the time. They get no message, and repeating it changes nothing."""
    context = context_of(request)
    if await confirmations.confirm(schedule_id, by=actor_of(request), outbox=context.outbox):
        context.wakeups.send_soon()
    return await response_of(request, schedule_id)


class RescheduleFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The slot that a booking is moved to, and why. The candidate sees the reason."""

    slot_id: SlotId
    reason: Annotated[fields.Notes, Meta(examples=["The room is taken."])] = ""


@post(
    "/{schedule_id:uuid}/reschedule/",
    status_code=200,
    opt=UNDOES
    | refuses(
        errors.ScheduleCancelled,
        errors.InterviewInProgress,
        errors.InterviewClosed,
        errors.SlotWithdrawn,
        errors.SlotPast,
        errors.SlotFull,
        errors.CandidateBusy,
    ),
)
async def reschedule(
    request: AnyRequest, schedule_id: FromPath[UUID], data: JSONBody[RescheduleFields]
) -> ScheduleResponse:
    """Move a booking to another slot. Its ID, session and link stay; if it is already there, nothing is sent."""
    context = context_of(request)
    await bookings.find(schedule_id)  # so that a NotFound below is about the slot
    try:
        moved = await moves.move(
            schedule_id,
            data.slot_id,
            by=actor_of(request),
            reason=data.reason,
            outbox=context.outbox,
            windows=context.windows,
        )
    except errors.NotFound as missing:
        raise errors.BadInput("slot_id", str(missing)) from None
    if moved:
        context.wakeups.send_soon()
    return await response_of(request, schedule_id)


@post("/{schedule_id:uuid}/cancel/", status_code=200, opt=CANCELS)
async def cancel_schedule(
    request: AnyRequest, schedule_id: FromPath[UUID], data: JSONBody[CancelFields | None] = None
) -> ScheduleResponse:
    """Cancel a booking, free its seat, and notify a candidate who was invited. Repeating it changes nothing."""
    reason = data.reason if data else ""
    context = context_of(request)
    if await cancellations.cancel(schedule_id, by=actor_of(request), reason=reason, outbox=context.outbox):
        context.wakeups.send_soon()
    return await response_of(request, schedule_id)


@get("/", opt=READS)
async def list_schedules(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    state_: Annotated[ScheduleState | None, QueryParameter(name="state")] = None,
    from_: Annotated[fields.Moment | None, QueryParameter(name="from")] = None,
    to: Annotated[fields.Moment | None, QueryParameter(name="to")] = None,
    candidate: FromQuery[UUID | None] = None,
    job: FromQuery[UUID | None] = None,
    invitation_state: FromQuery[InvitationState | None] = None,
) -> Page[ScheduleResponse]:
    """List bookings, latest start first, filtered by state, time, candidate, job or invitation state."""
    fields.check_comparable(**{"from": from_, "to": to})
    only = BookingFilter(
        state=state_,
        starts_from=from_,
        starts_before=to,
        candidate=candidate,
        job=job,
        invitation_state=invitation_state,
    )
    async with db.snapshot():  # so that each invitation is shown in the state that it was found by
        rows = await bookings.page(only, limit=limit + 1, after=after)
        shown = {one.id: one for one in await responses_of(request, rows[:limit])}
    return page_of(rows, limit=limit, view=lambda row: shown[row.id])


@get("/{schedule_id:uuid}/", opt=READS)
async def get_schedule(request: AnyRequest, schedule_id: FromPath[UUID]) -> ScheduleResponse:
    """Get a booking with its session and the state of its invitation."""
    return await response_of(request, schedule_id)


router = Router(
    "/interviews/schedules",
    route_handlers=[book_interview, confirm_schedule, reschedule, cancel_schedule, list_schedules, get_schedule],
    tags=["schedules"],
)
