"""Create a slot, and go on to book an interview into it."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from litestar import Response

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, local_times, once, pages
from hireloop.console.planning.choices import jobs_to_choose
from hireloop.console.planning.forms import FieldFault, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.console.reader.choices import zone_of_reader
from hireloop.console.reader.clock import clock_of
from hireloop.scheduling import fields
from hireloop.scheduling.slots import new_times, slots
from hireloop.scheduling.slots.slots import SlotDetails, SlotFields
from hireloop.web.context import AnyRequest, context_of

NAMES = {"starts_at": "starts", "ends_at": "minutes"}


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for a new slot; the address may say on which day, and for which interview it is wanted."""
    asked = {name: text for name in ("day", "interview") if (text := request.query_params.get(name, ""))}
    return await _page(request, Typed(values=asked), db.new_id())


async def create(request: AnyRequest) -> Response[bytes]:
    """Store the slot, and ask which interview is to be in it; a press on Find looks for jobs instead."""
    sent, context = forms.tidied(await pressed(request)), context_of(request)
    ident, typed = once.ident_in(sent), Typed(values=sent)
    if "find" in sent:
        return await _page(request, typed, ident)
    try:
        new = _read(request, sent)

        async def store(ident: UUID) -> SlotDetails:
            taken = await new_times.taken(new, late_seconds=context.settings.portal_late_seconds)
            return await slots.create(taken, ident=ident, by=actor_of(request))

        made, created = await once.done_once(ident, slots.find, store, is_same=partial(_is_same, new))
    except (FormError, errors.BadInput, errors.InterviewerBusy) as wrong:
        return await _page(request, typed, ident, wrong)
    day = clock_of(request).day_of(made.starts_at)
    where = {"interview": sent["interview"]} if sent.get("interview") else {}
    return render.see_other(pages.BOOKING, **where, day=str(day), done="slot-created" if created else "slot-known")


def _read(request: AnyRequest, sent: Mapping[str, str]) -> SlotFields:
    """Return the slot; raises FormError with everything that is wrong."""
    faults: dict[str, FieldFault] = {}
    starts_at = forms.attempt(faults, local_times.moment, sent, local_times.zone_in(sent, zone_of_reader(request)))
    minutes = forms.attempt(faults, forms.number, sent, "minutes", least=1, most=fields.LONGEST_MINUTES)
    ends_at = starts_at + timedelta(minutes=minutes) if starts_at and minutes else None
    new = forms.attempt(faults, forms.read, sent, SlotFields, starts_at=starts_at, ends_at=ends_at)
    if faults or new is None:
        raise FormError(**faults)
    return new


def _is_same(new: SlotFields, found: SlotDetails) -> bool:
    named = ("starts_at", "ends_at", "seats", "interviewer_email", "job")
    return all(getattr(new, name) == getattr(found, name) for name in named)


async def _page(request: AnyRequest, typed: Typed, ident: UUID, wrong: FormFailure | None = None) -> Response[bytes]:
    offered = await jobs_to_choose(typed)
    return pages.show(request, "slot", typed=typed, wrong=wrong, names=NAMES, ident=ident, jobs=offered)
