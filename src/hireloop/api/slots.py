"""`/api/interviews/slots/`: slots of time with seats, and booking interviews into them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from hireloop import errors, mail_addresses
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import refuses
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.api.recurring import create_recurring
from hireloop.api.schedules import BOOKS, book
from hireloop.examples import InterviewId, JobId
from hireloop.scheduling import withdrawals
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import NewSlot, SlotChanges, SlotDetails, SlotFilter
from hireloop.web import fields
from hireloop.web.booking_response import ScheduleResponse
from hireloop.web.context import AnyRequest, context_of


class SlotFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new slot."""

    starts_at: Annotated[fields.Moment, Meta(examples=["2026-12-01T10:00:00+05:30"])]
    ends_at: Annotated[fields.Moment, Meta(examples=["2026-12-01T10:45:00+05:30"])]
    seats: fields.Seats = 1
    interviewer_email: Annotated[fields.Address | None, Meta(examples=["ravi@acme.example"])] = None
    job: JobId | None = None
    notes: fields.Notes = ""


class SlotChangeFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a slot. Fields that are left out keep their value."""

    starts_at: fields.Moment | UnsetType = UNSET
    ends_at: fields.Moment | UnsetType = UNSET
    seats: Annotated[fields.Seats | UnsetType, Meta(examples=[2])] = UNSET
    interviewer_email: fields.Address | UnsetType | None = UNSET
    job: UUID | UnsetType | None = UNSET
    notes: Annotated[fields.Notes | UnsetType, Meta(examples=["Room 4"])] = UNSET


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
    """Create a slot."""
    fields.check_calendar(starts_at=data.starts_at, ends_at=data.ends_at)
    given = msgspec.structs.asdict(data) | fields.addresses(interviewer_email=data.interviewer_email)
    slot = await slots.create(NewSlot(**given), by=actor_of(request))
    headers = {"Location": f"/api/interviews/slots/{slot.id}/"}
    return Response(context_of(request).localized(slot), status_code=201, headers=headers)


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
async def change_slot(request: AnyRequest, slot_id: FromPath[UUID], data: JSONBody[SlotChangeFields]) -> SlotDetails:
    """Change a slot. While interviews are booked into it, its times, interviewer and job cannot be changed."""
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    fields.check_calendar(**{name: given[name] for name in ("starts_at", "ends_at") if name in given})
    changes = SlotChanges(**given | fields.addresses(interviewer_email=data.interviewer_email))
    slot = await slots.change(slot_id, changes, by=actor_of(request), check=unchanged_since(request))
    return context_of(request).localized(slot)


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


@post("/{slot_id:uuid}/release_slot/", status_code=200, opt=SCHEDULES | refuses(errors.InterviewInProgress))
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
