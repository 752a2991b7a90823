"""`/api/interviews/slots/`: stretches of time with seats, and booking into them."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from hireloop.api import fields
from hireloop.api.auth import READS, SCHEDULES
from hireloop.api.booking_answer import ScheduleAnswer
from hireloop.api.door import Door, door_of
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.api.schedules import book
from hireloop.scheduling import slots
from hireloop.scheduling.slots import KnownSlot, NewSlot, Wanted


class SlotFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A slot as a frontend sends it."""

    starts_at: fields.Moment
    ends_at: fields.Moment
    seats: fields.Seats = 1
    interviewer_email: fields.Address | None = None
    job: UUID | None = None
    notes: fields.Notes = ""


class BookSlotFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which interview is booked into this slot."""

    interview_id: UUID
    booking_notes: fields.Notes = ""


def _view(door: Door, slot: KnownSlot) -> KnownSlot:
    return msgspec.structs.replace(
        slot,
        starts_at=door.local(slot.starts_at),
        ends_at=door.local(slot.ends_at),
        withdrawn_at=door.local_or_none(slot.withdrawn_at),
        created_at=door.local(slot.created_at),
    )


@post("/", opt=SCHEDULES)
async def create_slot(request: Request[Any, Any, Any], data: JSONBody[SlotFields]) -> Response[KnownSlot]:
    """Store a slot."""
    fields.check_storable(notes=data.notes, interviewer_email=data.interviewer_email)
    fields.check_calendar(starts_at=data.starts_at, ends_at=data.ends_at)
    slot = await slots.create(NewSlot(**msgspec.structs.asdict(data)))
    headers = {"Location": f"/api/interviews/slots/{slot.id}/"}
    return Response(_view(door_of(request), slot), status_code=201, headers=headers)


@get("/", opt=READS)
async def list_slots(
    request: Request[Any, Any, Any],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    from_: Annotated[fields.Moment | None, QueryParameter(name="from")] = None,
    to: Annotated[fields.Moment | None, QueryParameter(name="to")] = None,
    available: FromQuery[bool | None] = None,
    job: FromQuery[UUID | None] = None,
    interviewer: FromQuery[str | None] = None,
) -> Page[KnownSlot]:
    """List slots in the order of their start, by time, availability, job or interviewer."""
    fields.check_storable(interviewer=interviewer)
    fields.check_comparable(**{"from": from_, "to": to})
    wanted = Wanted(starts_from=from_, starts_before=to, available=available, job=job, interviewer=interviewer)
    rows = await slots.page(wanted, limit=limit + 1, after=after)
    door = door_of(request)
    return page_of(rows, limit=limit, ident=lambda row: row.id, view=lambda row: _view(door, row))


@get("/{slot_id:uuid}/", opt=READS)
async def get_slot(request: Request[Any, Any, Any], slot_id: FromPath[UUID]) -> KnownSlot:
    """Show one slot."""
    return _view(door_of(request), await slots.find(slot_id))


@post("/{slot_id:uuid}/book_slot/", opt=SCHEDULES)
async def book_slot(
    request: Request[Any, Any, Any], slot_id: FromPath[UUID], data: JSONBody[BookSlotFields]
) -> Response[ScheduleAnswer]:
    """Book an interview into this slot: 201; the same booking again: 200, and nothing is sent."""
    return await book(request, data.interview_id, slot_id, data.booking_notes)


router = Router("/interviews/slots", route_handlers=[create_slot, list_slots, get_slot, book_slot], tags=["slots"])
