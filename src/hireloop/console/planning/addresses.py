"""Correct the address of somebody whom a message could not reach, and invite them again, in one press."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db, errors, mail_addresses
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
from hireloop.scheduling.bookings import changes, whole_slots
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


class _CorrectionDone(NamedTuple):
    """What a press has done: the word for it, of how many others besides, and whether anybody is told."""

    word: str
    others: int = 0
    is_told: bool = True


_Correction = Callable[[Mapping[str, str], Actor, Outbox], Awaitable[_CorrectionDone]]


async def correct_candidate(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Store a candidate's right address and invite them there, to this interview and to all that are to come."""

    async def correct(sent: Mapping[str, str], by: Actor, outbox: Outbox) -> _CorrectionDone:
        email, new_link = _address(sent, "email"), bool(sent.get("new_link"))
        revision = sent.get("revision", "")
        invited = await _correct(schedule_id, email, revision=revision, new_link=new_link, by=by, outbox=outbox)
        if invited > 1:
            return _CorrectionDone("corrected-all", invited - 1)
        return _CorrectionDone("corrected", is_told=invited > 0)

    return await _corrected(request, schedule_id, "candidate", correct)


async def correct_interviewer(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Store the right address of the interviewer of a booking's slot, and invite them there."""
    slot_id = (await agenda.find(schedule_id)).booking.slot

    async def correct(sent: Mapping[str, str], by: Actor, outbox: Outbox) -> _CorrectionDone:
        if sent.get("slot") != str(slot_id):
            raise errors.ChangedSince(CHANGED)
        email, everywhere = _address(sent, "interviewer_email"), bool(sent.get("everywhere"))
        before = sent.get("before", "")
        return await _correct_slots(slot_id, email, before=before, everywhere=everywhere, by=by, outbox=outbox)

    return await _corrected(request, schedule_id, "interviewer", correct)


async def _corrected(request: AnyRequest, schedule_id: UUID, whose: str, correct: _Correction) -> Response[bytes]:
    """Read a form, correct an address by it, and say so; or show the form again with what is wrong."""
    sent, context = forms.tidied(await pressed(request)), context_of(request)
    try:
        done = await correct(sent, actor_of(request), context.outbox)
    except (FormError, errors.BadInput, errors.Refused) as wrong:
        return await _again(request, schedule_id, whose, sent, wrong)
    if done.is_told:
        context.wakeups.send_soon()
    number = {"n": done.others} if done.others else {}
    return render.see_other(path_of(schedule_id), done=done.word, **number)


@db.transactional
async def _correct(schedule_id: UUID, email: str, *, revision: str, new_link: bool, by: Actor, outbox: Outbox) -> int:
    """Return how many interviews the candidate is invited to anew; 0 if a press before this one has done it."""
    held = await lock(schedule_id)
    is_current = revision == str(held.revision)
    if mail_addresses.is_same(held.candidate_email, email):
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


@db.transactional(retries=whole_slots.MOST_RETRIES)
async def _correct_slots(
    slot_id: UUID, email: str, *, before: str, everywhere: bool, by: Actor, outbox: Outbox
) -> _CorrectionDone:
    """Change the address of a slot's interviewer, and `everywhere` also in their other slots to come.

    `before` is the address that the page showed.
    """
    slot = await slots.find(slot_id)
    is_same = mail_addresses.is_same(slot.interviewer_email or "", email)
    if is_same and before != slot.interviewer_email:
        return _CorrectionDone("interviewer-corrected")  # a press before this one has done it
    if is_same:
        raise FormError(interviewer_email=FieldFault(NO_NEWS))
    if slot.interviewer_email != before:
        raise errors.ChangedSince(CHANGED)
    others, has_more = await _others_to_come(slot) if everywhere else ([], False)
    # All at once, in the one order of locks: a change of another slot with the same candidates may be under way.
    await whole_slots.hold_all([slot.id, *(one.id for one in others)])
    for one in (slot, *others):
        await _correct_slot(one, email, by=by, outbox=outbox)
    if has_more:
        return _CorrectionDone("interviewer-corrected-some", len(others))
    return _CorrectionDone("interviewer-corrected-all" if others else "interviewer-corrected", len(others))


async def _others_to_come(slot: SlotDetails) -> tuple[list[SlotDetails], bool]:
    """Return the next slots of the same interviewer, at most 500, and whether there are more."""
    only = SlotFilter(interviewer=slot.interviewer_email, starts_from=datetime.now(UTC))
    others: list[SlotDetails] = []
    after = None
    while found := await slots.page(only, limit=_MOST_SLOTS, after=after):
        others += [one for one in found if one.id != slot.id and one.withdrawn_at is None]
        if len(others) > _MOST_SLOTS:
            break
        after = found[-1].id
    return others[:_MOST_SLOTS], len(others) > _MOST_SLOTS


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
