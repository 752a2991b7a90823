"""`/api/interviews/slots/`: slots of time with seats, and booking interviews into them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from hireloop import errors, mail_addresses
from hireloop.access.roles import READS, SCHEDULES, UNDOES, actor_of
from hireloop.api.documented import refuses
from hireloop.api.http.created import created_response
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.api.recurring import create_recurring
from hireloop.api.schedules import BOOKS, book
from hireloop.examples import InterviewId
from hireloop.scheduling import fields, handovers, withdrawals
from hireloop.scheduling.slots import new_times, slots
from hireloop.scheduling.slots.slots import SlotDetails, SlotFields, SlotFilter, SlotPatch
from hireloop.web.bookings.response import ScheduleResponse
from hireloop.web.context import AnyRequest, context_of


class ReleaseFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a slot's bookings are cancelled. The candidates see the reason."""

    reason: Annotated[fields.Notes, Meta(examples=["The interviewer is ill."])] = ""


class ReleaseResponse(msgspec.Struct, frozen=True):
    """The slot after its release, and the number of cancelled bookings."""

    slot: SlotDetails
    cancelled: Annotated[int, Meta(examples=[1])]


class BookSlotFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The interview to book into this slot."""

    interview_id: InterviewId
    booking_notes: Annotated[fields.Notes, Meta(examples=["Bring an idea."])] = ""


@post("/", opt=SCHEDULES | refuses(errors.InterviewerBusy))
async def create_slot(request: AnyRequest, data: JSONBody[SlotFields]) -> Response[SlotDetails]:
    """Create a slot. Its times are cut to the minute."""
    context = context_of(request)
    new = await new_times.taken(data, late_seconds=context.settings.portal_late_seconds)
    slot = await slots.create(new, by=actor_of(request))
    return created_response("/api/interviews/slots/", context.localized(slot))


@get("/", opt=READS)
async def list_slots(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    from_: Annotated[fields.Moment | None, QueryParameter(name="from")] = None,
    to: Annotated[fields.Moment | None, QueryParameter(name="to")] = None,
    available: FromQuery[bool | None] = None,
    job: FromQuery[UUID | None] = None,
    interviewer: FromQuery[str | None] = None,
    min_minutes: Annotated[int | None, QueryParameter(name="min_minutes", ge=1, le=fields.LONGEST_MINUTES)] = None,
) -> Page[SlotDetails]:
    """List slots by start, filtered by time, availability, the job that they are for, interviewer or length."""
    fields.check_comparable(**{"from": from_, "to": to})
    only = SlotFilter(
        starts_from=from_,
        starts_before=to,
        available=available,
        job=job,
        interviewer=interviewer and mail_addresses.sought(interviewer),
        min_minutes=min_minutes,
    )
    rows = await slots.page(only, limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=context_of(request).localized)


@get("/{slot_id:uuid}/", opt=READS)
async def get_slot(request: AnyRequest, slot_id: FromPath[UUID]) -> SlotDetails:
    """Get a slot."""
    return context_of(request).localized(await slots.find(slot_id))


@patch(
    "/{slot_id:uuid}/",
    opt=SCHEDULES | refuses(errors.SlotWithdrawn, errors.SlotInUse, errors.InterviewerBusy, errors.ChangedSince),
)
async def change_slot(request: AnyRequest, slot_id: FromPath[UUID], data: JSONBody[SlotPatch]) -> SlotDetails:
    """Change a slot. While interviews are booked into it, its times and job cannot be changed.

    If its interviewer changes then, the one before and the new one are notified, and so are candidates who were told
    the name of the one before.
    """
    context = context_of(request)
    known = await slots.find(slot_id)
    changes = await new_times.taken(data, known=known, late_seconds=context.settings.portal_late_seconds)
    slot = await handovers.change(
        slot_id, changes, by=actor_of(request), outbox=context.outbox, check=unchanged_since(request)
    )
    if slot.taken:
        context.wakeups.send_soon()
    return context.localized(slot)


@delete(
    "/{slot_id:uuid}/",
    status_code=200,
    opt=SCHEDULES | refuses(errors.SlotInUse, errors.InterviewInProgress, errors.ChangedSince),
)
async def withdraw_slot(
    request: AnyRequest, slot_id: FromPath[UUID], *, cancel: FromQuery[bool] = False
) -> SlotDetails:
    """Withdraw a slot for good; `cancel` also cancels its bookings. Repeating it changes nothing."""
    context = context_of(request)
    if await withdrawals.withdraw(
        slot_id, cancel=cancel, by=actor_of(request), reason="", outbox=context.outbox, check=unchanged_since(request)
    ):
        context.wakeups.send_soon()
    return context.localized(await slots.find(slot_id))


@post("/{slot_id:uuid}/release_slot/", status_code=200, opt=UNDOES | refuses(errors.InterviewInProgress))
async def release_slot(
    request: AnyRequest, slot_id: FromPath[UUID], data: JSONBody[ReleaseFields | None] = None
) -> ReleaseResponse:
    """Cancel a slot's bookings, and notify candidates who were invited. The slot can be booked again."""
    reason = data.reason if data else ""
    context = context_of(request)
    cancelled = await withdrawals.release(slot_id, by=actor_of(request), reason=reason, outbox=context.outbox)
    if cancelled:
        context.wakeups.send_soon()
    return ReleaseResponse(context.localized(await slots.find(slot_id)), cancelled)


@post("/{slot_id:uuid}/book_slot/", opt=BOOKS)
async def book_slot(
    request: AnyRequest, slot_id: FromPath[UUID], data: JSONBody[BookSlotFields]
) -> Response[ScheduleResponse]:
    """Book an interview into this slot. Returns 201, or 200 if this booking already exists; then nothing is sent."""
    return await book(request, data.interview_id, slot_id, data.booking_notes)


router = Router(
    "/interviews/slots",
    route_handlers=[
        create_slot,
        list_slots,
        create_recurring,
        get_slot,
        change_slot,
        withdraw_slot,
        book_slot,
        release_slot,
    ],
    tags=["slots"],
)
