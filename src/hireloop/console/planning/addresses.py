"""Correct the address of somebody whom a message could not reach, and invite them again, in one press."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import booking, render
from hireloop.console.cards import path_of
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, pages
from hireloop.console.planning.forms import FieldFault, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.console.reader.choices import said_to
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import corrections, fields, handovers
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import changes
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.locked import lock
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.sessions import links
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotDetails, SlotFilter, SlotPatch
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.phrases import phrase

SAME = phrase("This is the address that is stored already. Correct it, or use the button that invites again.")
NO_NEWS = phrase("This is the address that is stored already. Correct it.")
CHANGED = phrase(
    "Someone changed this booking after you opened its page, so nothing was changed. Check it and try again."
)

_MOST_SLOTS = 500  # of one interviewer, in one press


async def correct_candidate(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Store a candidate's right address and invite them there, to this interview and to all that are to come."""
    sent, context = forms.tidied(await pressed(request)), context_of(request)
    try:
        email = _address(sent, "email")
        invited = await _correct(
            schedule_id,
            email,
            revision=sent.get("revision", ""),
            new_link=bool(sent.get("new_link")),
            by=actor_of(request),
            outbox=context.outbox,
        )
    except (FormError, errors.BadInput, errors.Refused) as wrong:
        return await _again(request, schedule_id, "candidate", sent, wrong)
    if invited:
        context.wakeups.send_soon()
    if invited > 1:
        return render.see_other(path_of(schedule_id), done="corrected-all", n=invited - 1)
    return render.see_other(path_of(schedule_id), done="corrected")


@db.transactional
async def _correct(schedule_id: UUID, email: str, *, revision: str, new_link: bool, by: Actor, outbox: Outbox) -> int:
    """Return how many interviews the candidate is invited to anew; 0 if a press before this one has done it."""
    held = await lock(schedule_id)
    is_current = revision == str(held.revision)
    if corrections.is_same(held.candidate_email, email):
        if is_current:
            raise FormError(email=FieldFault(SAME))
        return 0
    if not is_current:
        raise errors.ChangedSince(CHANGED)
    refused = changes.refusal(held) or changes.refusal_of_past(held)
    if refused is not None:
        raise refused
    patch = CandidatePatch(email=email)
    result = await corrections.change(held.candidate_id, patch, by=by, outbox=outbox, now=held.now)
    if held.revoked_at is None and not new_link:
        return result.invited_anew
    # A revoked link is not sent again, and so this booking is not yet among those invited to.
    await links.reissue(held.session_id, by=by, outbox=outbox, now=held.now)
    return result.invited_anew + (held.revoked_at is not None)


async def correct_interviewer(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Store the right address of the interviewer of a booking's slot, and invite them there."""
    sent, context = forms.tidied(await pressed(request)), context_of(request)
    slot_id = (await agenda.find(schedule_id)).booking.slot
    try:
        if sent.get("slot") != str(slot_id):
            raise errors.ChangedSince(CHANGED)
        email = _address(sent, "interviewer_email")
        others = await _correct_slots(
            slot_id,
            email,
            before=sent.get("before", ""),
            everywhere=bool(sent.get("everywhere")),
            by=actor_of(request),
            outbox=context.outbox,
        )
    except (FormError, errors.BadInput, errors.Refused) as wrong:
        return await _again(request, schedule_id, "interviewer", sent, wrong)
    context.wakeups.send_soon()
    if others:
        return render.see_other(path_of(schedule_id), done="interviewer-corrected-all", n=others)
    return render.see_other(path_of(schedule_id), done="interviewer-corrected")


@db.transactional
async def _correct_slots(slot_id: UUID, email: str, *, before: str, everywhere: bool, by: Actor, outbox: Outbox) -> int:
    """Change the address of a slot's interviewer, and `everywhere` also in their other slots to come; return of those.

    `before` is the address that the page showed.
    """
    slot = await slots.find(slot_id)
    is_same = corrections.is_same(slot.interviewer_email or "", email)
    if is_same and before != slot.interviewer_email:
        return 0  # a press before this one has done it
    if is_same:
        raise FormError(interviewer_email=FieldFault(NO_NEWS))
    if slot.interviewer_email != before:
        raise errors.ChangedSince(CHANGED)
    others = await _others_to_come(slot) if everywhere else []
    for one in (slot, *others):
        await _correct_slot(one, email, by=by, outbox=outbox)
    return len(others)


async def _others_to_come(slot: SlotDetails) -> list[SlotDetails]:
    only = SlotFilter(interviewer=slot.interviewer_email, starts_from=datetime.now(UTC))
    found = await slots.page(only, limit=_MOST_SLOTS, after=None)
    return [one for one in found if one.id != slot.id and one.withdrawn_at is None]


async def _correct_slot(slot: SlotDetails, email: str, *, by: Actor, outbox: Outbox) -> None:
    """Change the address of a slot's interviewer; what else is known of them stays, as they are the same person."""

    async def check(held: SlotDetails) -> None:
        if held.interviewer_email != slot.interviewer_email:
            raise errors.ChangedSince(CHANGED)

    patch = SlotPatch(
        interviewer_email=email,
        interviewer_name=slot.interviewer_name,
        interviewer_time_zone=slot.interviewer_time_zone,
        interviewer_locale=slot.interviewer_locale,
    )
    await handovers.change(slot.id, patch, by=by, outbox=outbox, check=check)


def _address(sent: Mapping[str, str], name: str) -> str:
    """Return the address in a field as it is stored; raises FormError and BadInput."""
    text = forms.text(sent, name, most=254)
    if not text:
        raise FormError(**{name: FieldFault(forms.REQUIRED)})
    return fields.spelling(name, text)


async def _again(
    request: AnyRequest, schedule_id: UUID, whose: str, sent: Mapping[str, str], wrong: FormFailure
) -> Response[bytes]:
    """Show the booking with what was typed, and why nothing was done."""
    name = "email" if whose == "candidate" else "interviewer_email"
    typed = Typed(values=sent)
    if isinstance(wrong, errors.AddressTaken):
        typed = Typed(values=sent, faults={name: FieldFault(str(wrong))})
    shown = pages.marked(typed, wrong)
    response = await booking.shown(
        request,
        schedule_id,
        refused=said_to(request)(pages.reason(wrong)),
        status_code=pages.status_of(wrong),
        corrections={whose: shown},
    )
    if isinstance(wrong, errors.LimitReached):
        response.headers["Retry-After"] = str(wrong.retry_after_seconds)
    return response
