"""Create slots that recur: each week on some days, or by a rule as calendars write it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from litestar import Response

from hireloop import errors
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, local_times, pages
from hireloop.console.planning.choices import jobs_to_choose
from hireloop.console.planning.forms import EMPTY, FieldFault, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.console.reader.choices import zone_of_reader
from hireloop.console.reader.clock import clock_of
from hireloop.scheduling import fields
from hireloop.scheduling.slots import series
from hireloop.scheduling.slots.recurrence import Omission
from hireloop.scheduling.slots.series import NewSeries, Series
from hireloop.scheduling.slots.slots import SlotFields
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.phrases import phrase

DAYS: Mapping[str, str] = {
    "MO": phrase("Monday"),
    "TU": phrase("Tuesday"),
    "WE": phrase("Wednesday"),
    "TH": phrase("Thursday"),
    "FR": phrase("Friday"),
    "SA": phrase("Saturday"),
    "SU": phrase("Sunday"),
}
OMITTED: Mapping[Omission, str] = {
    Omission.NONEXISTENT_TIME: phrase("This time does not exist on that day, because the clocks go forward."),
    Omission.EXCLUDED: phrase("The rule itself leaves this time out."),
    Omission.PAST: phrase("This time is in the past."),
    Omission.ALREADY_EXISTS: phrase("This slot already exists."),
    Omission.INTERVIEWER_BUSY: phrase("The interviewer already has a slot that overlaps this one."),
}
NAMES = {"starts_at_local": "starts"}
BOTH = phrase("Choose days above, or write a rule here, but not both.")
BEFORE = phrase("The last day must not be before the first one.")


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for new slots."""
    return await _page(request, EMPTY)


async def create(request: AnyRequest) -> Response[bytes]:
    """Create the slots, and say which were created and which were not; sending it again creates nothing again.

    A press on Find looks for jobs instead.
    """
    sent, context = forms.tidied(await pressed(request)), context_of(request)
    if "find" in sent:
        return await _page(request, Typed(values=sent))
    try:
        new = _read(sent, local_times.zone_in(sent, zone_of_reader(request)))
        made = await series.create(new, late_seconds=context.settings.portal_late_seconds, by=actor_of(request))
    except (FormError, errors.BadInput) as wrong:
        return await _page(request, Typed(values=sent), wrong)
    return _result(request, made, new.zone.key)


def _read(sent: Mapping[str, str], zone: ZoneInfo) -> NewSeries:
    """Return the series; raises FormError with everything that is wrong."""
    faults: dict[str, FieldFault] = {}
    days = [day for day in DAYS if sent.get(day.lower())]
    rule = sent.get("rule", "")
    if rule and days:
        faults["rule"] = FieldFault(BOTH)
    # A rule may have its own start, on a DTSTART line, and its own end.
    has_start = not rule or bool(sent.get("day") or sent.get("starts"))
    begins = forms.attempt(faults, local_times.wall, sent) if has_start else None
    has_end = not rule or bool(sent.get("until"))
    until = forms.attempt(faults, local_times.day, sent, "until") if has_end else None
    if begins and until and until < begins.date():
        faults["until"] = FieldFault(BEFORE)
    minutes = forms.attempt(faults, forms.number, sent, "minutes", least=1, most=fields.LONGEST_MINUTES)
    shared = forms.attempt(faults, forms.read, sent, SlotFields, starts_at=None, ends_at=None)
    shared = shared and forms.attempt(faults, fields.spelt, shared)
    if faults or minutes is None or shared is None:
        raise FormError(**faults)
    return NewSeries(
        rule=rule or _weekly(days),
        zone=zone,
        starts_at_local=begins,
        until=until,
        duration=timedelta(minutes=minutes),
        seats=shared.seats,
        interviewer_email=shared.interviewer_email,
        interviewer_name=shared.interviewer_name,
        interviewer_time_zone=shared.interviewer_time_zone,
        interviewer_locale=shared.interviewer_locale,
        job=shared.job,
        notes=shared.notes,
    )


def _weekly(days: Sequence[str]) -> str:
    """Return the rule of these days each week; without any, that of the weekday on which it begins."""
    return f"FREQ=WEEKLY;BYDAY={','.join(days)}" if days else "FREQ=WEEKLY"


async def _page(request: AnyRequest, typed: Typed, wrong: FormFailure | None = None) -> Response[bytes]:
    offered = await jobs_to_choose(typed)
    return pages.show(request, "series", typed=typed, wrong=wrong, names=NAMES, jobs=offered, days=DAYS)


def _result(request: AnyRequest, made: Series, zone: str) -> Response[bytes]:
    clock = clock_of(request)
    first = clock.day_of(made.created[0].starts_at) if made.created else None
    return render.show(
        request,
        "planning/series_result",
        here=pages.HERE,
        made=made,
        first_day=first,
        zone=zone,
        omitted=OMITTED,
        repeated={one.starts_at for one in made.repeated},
    )
