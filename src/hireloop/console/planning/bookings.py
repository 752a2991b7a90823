"""Book an interview: choose one that waits, then a free slot of a day."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from litestar import Response

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.cards import path_of
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, pages
from hireloop.console.planning.forms import FieldFault, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.console.reader.clock import NO_DAY, Clock, clock_of, parse_day
from hireloop.scheduling import fields
from hireloop.scheduling.bookings import booking, bookings
from hireloop.scheduling.bookings.booking import BookingOutcome
from hireloop.scheduling.bookings.lists import agenda, unbooked
from hireloop.scheduling.bookings.lists.agenda import FreeSlot
from hireloop.scheduling.bookings.lists.unbooked import UnbookedInterview
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import uuid_of
from hireloop.wording.phrases import phrase

GONE = phrase("This interview can no longer be booked. Choose another one.")
_INTERVIEWS, _SLOTS = 20, 100
_ONE_DAY = timedelta(days=1)


class _BookingForm(msgspec.Struct, frozen=True, kw_only=True):
    interview: UUID
    slot: UUID
    booking_notes: fields.Notes = ""


class _FreeDay(msgspec.Struct, frozen=True, kw_only=True):
    """The free slots of a day, and where else there are some."""

    day: date
    slots: list[FreeSlot]
    has_more: bool
    day_before: date | None
    day_after: date
    next_day: date | None  # with a free slot, after this one


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask which interview is to be booked, then for its slot; the address may say both, and the day."""
    names = ("interview", "slot", "day", "find")
    return await _page(request, Typed(values={name: request.query_params.get(name, "") for name in names}))


async def create(request: AnyRequest) -> Response[bytes]:
    """Book the interview into the slot; a press on another day shows that day's slots instead."""
    sent = forms.tidied(await pressed(request))
    if "show" in sent:
        day = sent.get("day", "") if sent["show"] == "day" else sent["show"]
        return await _page(request, Typed(values={**sent, "day": day}))
    context = context_of(request)
    try:
        new = forms.read(sent, _BookingForm)
        booked = await booking.book(
            new.interview,
            new.slot,
            booking_notes=new.booking_notes,
            booked_by=actor_of(request),
            outbox=context.outbox,
            windows=context.windows,
        )
    except errors.InterviewAlreadyScheduled:
        return await _booked_before(new.interview)
    except (FormError, errors.BadInput, errors.Refused) as wrong:
        return await _page(request, Typed(values=sent), wrong)
    except errors.NotFound:
        return await _page(request, Typed(values=sent), FormError(slot=FieldFault(forms.CHOOSE)))
    created = booked.outcome is not BookingOutcome.AGAIN
    if created:
        context.wakeups.send_soon()
    return render.see_other(path_of(booked.booking.id), done="booked" if created else "booked-before")


async def _booked_before(interview_id: UUID) -> Response[bytes]:
    """Lead to the booking that the interview has got meanwhile, into another slot."""
    live = await bookings.find_live([interview_id])
    if interview_id not in live:
        return render.see_other(pages.BOOKING)
    return render.see_other(path_of(live[interview_id].id), done="booked-elsewhere")


async def _page(request: AnyRequest, typed: Typed, wrong: FormFailure | None = None) -> Response[bytes]:
    beginning = typed.of("find").replace("\x00", "")
    async with db.snapshot():
        chosen = await _chosen(typed.of("interview"))
        if chosen is not None:
            return await _slots(request, typed, wrong, chosen)
        found = await unbooked.page(beginning=beginning or None, limit=_INTERVIEWS + 1)
    if typed.of("interview") and wrong is None:
        wrong = FormError(interview=FieldFault(GONE))
    return pages.show(
        request,
        "booking",
        typed=typed,
        wrong=wrong,
        chosen=None,
        interviews=found[:_INTERVIEWS],
        has_more=len(found) > _INTERVIEWS,
    )


async def _chosen(text: str) -> UnbookedInterview | None:
    ident = uuid_of(text)
    return None if ident is None else await unbooked.find(ident)


async def _slots(
    request: AnyRequest, typed: Typed, wrong: FormFailure | None, chosen: UnbookedInterview
) -> Response[bytes]:
    clock = clock_of(request)
    today = clock.day_of(datetime.now(UTC))
    asked = parse_day(typed.of("day"), today=today)
    if asked is None:
        wrong = FormError(day=FieldFault(NO_DAY))
    free = await _free_day(clock, chosen.job_id, asked or today, today, is_first=not typed.of("day"))
    return pages.show(request, "booking", typed=typed, wrong=wrong, chosen=chosen, free=free)


async def _free_day(clock: Clock, job: UUID, day: date, today: date, *, is_first: bool) -> _FreeDay:
    """Return the free slots of a day; if it `is_first`, of the first day that has any."""
    if is_first:
        first = await agenda.free_slots(job, clock.bounds(day)[0], None, limit=1)
        day = clock.day_of(first[0].starts_at) if first else day
    begin, end = clock.bounds(day)
    found = await agenda.free_slots(job, begin, end, limit=_SLOTS + 1)
    later = await agenda.free_slots(job, end, None, limit=1)
    return _FreeDay(
        day=day,
        slots=found[:_SLOTS],
        has_more=len(found) > _SLOTS,
        day_before=day - _ONE_DAY if day > today else None,
        day_after=day + _ONE_DAY,
        next_day=clock.day_of(later[0].starts_at) if later else None,
    )
