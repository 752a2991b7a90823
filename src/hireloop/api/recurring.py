"""`/api/interviews/slots/create_recurring/`: the slots that one recurrence rule names."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import SCHEDULES, actor_of
from hireloop.api.documented import again
from hireloop.api.slot_response import view_slot
from hireloop.examples import Time
from hireloop.scheduling.slots import series
from hireloop.scheduling.slots.recurrence import Omission
from hireloop.scheduling.slots.series import NewSeries, Series, SkippedOccurrence
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.web import fields
from hireloop.web.context import Context, context_of

_MOST_EXCLUDED = 1_000
_WALL_CLOCK = "%Y-%m-%dT%H:%M:%S"
_DETAILS = {
    Omission.NONEXISTENT_TIME: "The clocks go forward over this time, so it does not exist on that day.",
    Omission.EXCLUDED: "You left this date out.",
    Omission.PAST: "This time has begun already.",
    Omission.ALREADY_EXISTS: "This very slot is there already.",
    Omission.INTERVIEWER_BUSY: "The interviewer has another slot that overlaps this one.",
}
_DOUBLED = "The clocks go back over this time, so it comes twice on that day: the slot is at the first of the two."

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)


class RecurringFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recurrence rule and what its slots have in common, as a frontend sends them."""

    rule: Annotated[str, Meta(examples=["FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4"])]
    time_zone: fields.Zone
    starts_at_local: Annotated[str, Meta(examples=["2026-12-01T10:00:00"])]
    duration_minutes: Annotated[fields.Minutes, Meta(examples=[45])]
    exclude: Annotated[list[date], Meta(max_length=_MOST_EXCLUDED, examples=[["2026-12-03"]])] = []
    seats: fields.Seats = 1
    interviewer_email: Annotated[fields.Address | None, Meta(examples=["ravi@acme.example"])] = None
    job: UUID | None = None
    notes: fields.Notes = ""


class SkippedTime(msgspec.Struct, frozen=True):
    """A time that the rule names and that did not become a slot: on the wall clock, why, and the slot in its way."""

    starts_at_local: Annotated[str, Meta(examples=["2026-12-03T10:00:00"])]
    reason: Annotated[Omission, Meta(examples=["excluded"])]
    detail: Annotated[str, Meta(examples=["You left this date out."])]
    slot: UUID | None


class RepeatedTime(msgspec.Struct, frozen=True):
    """A time that the clocks show twice, and the moment that was taken."""

    starts_at_local: Annotated[str, Meta(examples=["2026-10-25T02:30:00"])]
    starts_at: Annotated[Time, Meta(examples=["2026-10-25T00:30:00Z"])]
    detail: Annotated[str, Meta(examples=["The clocks go back over this time."])]


class SeriesResponse(msgspec.Struct, frozen=True):
    """The slots that were created, what was skipped and why, and which of those created the clocks show twice."""

    created: list[SlotDetails]
    skipped: list[SkippedTime]
    repeated: list[RepeatedTime]


@post("/create_recurring/", opt=SCHEDULES | again("There was nothing to create."))
async def create_recurring(
    request: Request[Any, Any, Any], data: JSONBody[RecurringFields]
) -> Response[SeriesResponse]:
    """Create a slot for each time that a rule of RFC 5545 names: 201; 200 where there was nothing to create."""
    named = fields.zones(time_zone=data.time_zone) | fields.addresses(interviewer_email=data.interviewer_email)
    new = NewSeries(
        rule=data.rule,
        zone=ZoneInfo(named["time_zone"]),
        starts_at_local=_wall_clock(data.starts_at_local),
        duration=timedelta(minutes=data.duration_minutes),
        exclude=frozenset(data.exclude),
        seats=data.seats,
        interviewer_email=named["interviewer_email"],
        job=data.job,
        notes=data.notes,
    )
    made = await series.create(new, by=actor_of(request))
    return Response(_answer(context_of(request), made), status_code=201 if made.created else 200)


def _wall_clock(text: str) -> datetime:
    """Return a time as a clock on the wall shows it; raises BadInput."""
    fix = "must be a time on the wall clock of time_zone, without an offset, such as 2026-12-01T10:00:00"
    if not _WRITTEN.fullmatch(text):
        raise errors.BadInput("starts_at_local", fix)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise errors.BadInput("starts_at_local", fix) from None


def _answer(context: Context, made: Series) -> SeriesResponse:
    return SeriesResponse(
        created=[view_slot(context, slot) for slot in made.created],
        skipped=[_skipped(one) for one in made.left_out],
        repeated=[
            RepeatedTime(one.wall.strftime(_WALL_CLOCK), context.local(one.starts_at), _DOUBLED)
            for one in made.repeated
            if one.starts_at is not None
        ],
    )


def _skipped(one: SkippedOccurrence) -> SkippedTime:
    return SkippedTime(one.occurrence.wall.strftime(_WALL_CLOCK), one.omission, _DETAILS[one.omission], one.slot)
