"""`/api/interviews/slots/create_recurring/`: create slots from a recurrence rule."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import SCHEDULES, actor_of
from hireloop.api.documented import again
from hireloop.examples import Time
from hireloop.scheduling import fields
from hireloop.scheduling.slots import new_times, series
from hireloop.scheduling.slots.recurrence import Omission
from hireloop.scheduling.slots.series import NewSeries, Series, SkippedOccurrence
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.web.context import AnyRequest, Context, context_of

_MOST_EXCLUDED = 1_000
_WALL_CLOCK = "%Y-%m-%dT%H:%M:%S"
_DETAILS = {
    Omission.NONEXISTENT_TIME: "This time does not exist on that day, because the clocks go forward.",
    Omission.EXCLUDED: "This date is in `exclude`.",
    Omission.PAST: "This time is in the past.",
    Omission.ALREADY_EXISTS: "An identical slot already exists.",
    Omission.INTERVIEWER_BUSY: "The interviewer already has a slot that overlaps this one.",
}
_REPEATED = "This time occurs twice on that day, because the clocks go back. The slot is at the first of the two."

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)


class RecurringFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recurrence rule, and the values that all of its slots share."""

    rule: Annotated[str, Meta(examples=["FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4"])]
    time_zone: fields.Zone
    starts_at_local: Annotated[str, Meta(examples=["2026-12-01T10:00:00"])]
    duration_minutes: Annotated[fields.Minutes, Meta(examples=[45])]
    exclude: Annotated[list[date], Meta(max_length=_MOST_EXCLUDED, examples=[["2026-12-03"]])] = []
    seats: fields.Seats = 1
    interviewer_email: Annotated[fields.Address | None, Meta(examples=["ravi@acme.example"])] = None
    interviewer_name: Annotated[fields.NameOrNone, Meta(examples=["Ravi Kumar"])] = ""
    interviewer_time_zone: fields.Zone | None = None
    interviewer_locale: Annotated[fields.Locale | None, Meta(examples=["en-IN"])] = None
    job: UUID | None = None
    notes: fields.Notes = ""


class SkippedTime(msgspec.Struct, frozen=True):
    """A time of the rule that did not become a slot: its local time, the reason, and the conflicting slot if any."""

    starts_at_local: Annotated[str, Meta(examples=["2026-12-03T10:00:00"])]
    reason: Annotated[Omission, Meta(examples=["excluded"])]
    detail: Annotated[str, Meta(examples=["This date is in `exclude`."])]
    slot: UUID | None


class RepeatedTime(msgspec.Struct, frozen=True):
    """A local time that occurs twice because the clocks go back, and the moment that was chosen."""

    starts_at_local: Annotated[str, Meta(examples=["2026-10-25T02:30:00"])]
    starts_at: Annotated[Time, Meta(examples=["2026-10-25T00:30:00Z"])]
    detail: Annotated[
        str,
        Meta(
            examples=[
                "This time occurs twice on that day, because the clocks go back. The slot is at the first of the two."
            ]
        ),
    ]


class SeriesResponse(msgspec.Struct, frozen=True):
    """The created slots, the skipped times with their reasons, and the created slots whose local time occurs twice."""

    created: list[SlotDetails]
    skipped: list[SkippedTime]
    repeated: list[RepeatedTime]


@post("/create_recurring/", opt=SCHEDULES | again("There were no slots to create."))
async def create_recurring(request: AnyRequest, data: JSONBody[RecurringFields]) -> Response[SeriesResponse]:
    """Create a slot for each time of an RFC 5545 recurrence rule. Returns 201, or 200 if there were none to create."""
    data = fields.spelt(data)
    new = NewSeries(
        rule=data.rule,
        zone=ZoneInfo(data.time_zone),
        starts_at_local=_wall_clock(data.starts_at_local),
        duration=timedelta(minutes=data.duration_minutes),
        exclude=frozenset(data.exclude),
        seats=data.seats,
        interviewer_email=data.interviewer_email,
        interviewer_name=data.interviewer_name,
        interviewer_time_zone=data.interviewer_time_zone,
        interviewer_locale=data.interviewer_locale,
        job=data.job,
        notes=data.notes,
    )
    made = await series.create(new, by=actor_of(request))
    return Response(_response(context_of(request), made), status_code=201 if made.created else 200)


def _wall_clock(text: str) -> datetime:
    """Return a local time, cut to the minute; raises BadInput."""
    fix = "must be a local time in time_zone without an offset, such as 2026-12-01T10:00:00"
    if not _WRITTEN.fullmatch(text):
        raise errors.BadInput("starts_at_local", fix)
    try:
        return new_times.to_the_minute(datetime.fromisoformat(text))
    except ValueError:
        raise errors.BadInput("starts_at_local", fix) from None


def _response(context: Context, made: Series) -> SeriesResponse:
    return SeriesResponse(
        created=[context.localized(slot) for slot in made.created],
        skipped=[_skipped(one) for one in made.left_out],
        repeated=[
            RepeatedTime(one.wall.strftime(_WALL_CLOCK), context.local(one.starts_at), _REPEATED)
            for one in made.repeated
            if one.starts_at is not None
        ],
    )


def _skipped(one: SkippedOccurrence) -> SkippedTime:
    return SkippedTime(one.occurrence.wall.strftime(_WALL_CLOCK), one.omission, _DETAILS[one.omission], one.slot)
