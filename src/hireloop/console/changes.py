"""What a recruiter presses: confirm, a new link, another time, cancel. What is refused says so, and loses nothing."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import booking, labels, render
from hireloop.console.cards import cards_of, path_of
from hireloop.console.gate import pressed
from hireloop.console.planning.forms import TOO_LONG
from hireloop.console.reader.choices import said_to
from hireloop.console.reader.clock import NO_DAY, Clock, clock_of, parse_day
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import fields
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import cancellations, confirmations, moves
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.lists.agenda import FreeSlot
from hireloop.scheduling.bookings.lists.places import ListPlace, place_of
from hireloop.scheduling.bookings.locked import LockedBooking, lock
from hireloop.scheduling.sessions import links
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import uuid_of
from hireloop.wording.phrases import FilledPhrase, phrase

_A_PAGE = 40
_LONGEST_REASON = 2_000
_CONFLICT, _BAD = 409, 400
_NO_SLOT = phrase("Choose a new time.")
_ONE_DAY = timedelta(days=1)


async def confirm(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Confirm a booking in the candidate's place."""
    form, context = await pressed(request), context_of(request)
    try:
        await confirmations.confirm(
            schedule_id, by=actor_of(request), outbox=context.outbox, rule=_unchanged_since(form)
        )
    except errors.Refused as refused:
        return await booking.refuse(request, schedule_id, refused)
    context.wakeups.send_soon()
    return render.see_other(path_of(schedule_id), done="confirmed")


async def reissue(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Invite the candidate anew, with a new link; the old one ends."""
    form = await pressed(request)
    outbox, by, rule = context_of(request).outbox, actor_of(request), _unchanged_since(form)
    try:
        await _reissue(schedule_id, by=by, outbox=outbox, rule=rule)
    except errors.Refused as refused:
        return await booking.refuse(request, schedule_id, refused)
    context_of(request).wakeups.send_soon()
    return render.see_other(path_of(schedule_id), done="reissued")


@db.transactional
async def _reissue(schedule_id: UUID, *, by: Actor, outbox: Outbox, rule: ChangeRule) -> None:
    held = await lock(schedule_id)
    if refused := rule(held):  # a second press of the same button must not end the link that the first one sent
        raise refused
    await links.reissue(held.session_id, by=by, outbox=outbox, now=held.now)


async def ask_to_cancel(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Ask whether the interview is really to be cancelled, and why."""
    return await _cancelling(request, schedule_id)


async def cancel(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Cancel the interview."""
    form = await pressed(request)
    reason = _reason(form)
    try:
        _check(reason)
        did = await cancellations.cancel(
            schedule_id,
            by=actor_of(request),
            reason=reason,
            outbox=context_of(request).outbox,
            rule=_unchanged_since(form),
        )
    except (errors.Refused, errors.BadInput) as refused:
        return await _cancelling(request, schedule_id, reason=reason, refused=refused)
    if did:
        context_of(request).wakeups.send_soon()
    return render.see_other(path_of(schedule_id), done="cancelled" if did else "not-cancelled")


async def ask_to_move(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Show the times of one day that the interview could be moved to."""
    return await _moving(request, schedule_id, day=request.query_params.get("day"))


async def move(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Move the interview to the chosen slot."""
    form = await pressed(request)
    reason, chosen = _reason(form), form.get("slot", "")
    context = context_of(request)
    try:
        _check(reason)
        did = await moves.move(
            schedule_id,
            _slot(chosen),
            by=actor_of(request),
            reason=reason,
            outbox=context.outbox,
            windows=context.windows,
            rule=_unchanged_since(form),
        )
    except (errors.Refused, errors.BadInput, errors.NotFound) as refused:  # not found: the slot, or the page says so
        day = form.get("day", "")
        return await _moving(request, schedule_id, day=day, reason=reason, chosen=chosen, refused=refused)
    if did:
        context.wakeups.send_soon()
    return render.see_other(path_of(schedule_id), done="moved" if did else "not-moved")


async def _cancelling(
    request: AnyRequest, schedule_id: UUID, *, reason: str = "", refused: errors.HireLoopError | None = None
) -> Response[bytes]:
    card = (await cards_of(request, [await agenda.find(schedule_id)]))[0]
    return render.show(
        request,
        "cancel",
        here="booking",
        status_code=_status(refused),
        refused=labels.refusal(refused, said=said_to(request)) if refused else "",
        card=card,
        reason=reason,
        possible=booking.possible(card.item),
    )


async def _moving(
    request: AnyRequest,
    schedule_id: UUID,
    *,
    day: str | None,
    reason: str = "",
    chosen: str = "",
    refused: errors.HireLoopError | None = None,
) -> Response[bytes]:
    clock = clock_of(request)
    today = clock.day_of(datetime.now(UTC))
    async with db.snapshot():
        moving = await agenda.find(schedule_id)
        card = (await cards_of(request, [moving]))[0]
        asked = parse_day(day, today=max(today, clock.day_of(moving.booking.starts_at)))
        shown = asked or today
        begin, end = clock.bounds(shown)
        job, slot, after = moving.job_id, moving.booking.slot, place_of(request.query_params.get("after"))
        found = await agenda.free_slots(job, begin, end, but_for=slot, limit=_A_PAGE + 1, after=after)
        later = await agenda.free_slots(job, end, None, but_for=slot, limit=1)
    return render.show(
        request,
        "move",
        here="booking",
        status_code=_status(refused) if asked else _BAD,
        refused=labels.refusal(refused, said=said_to(request), moves=True) if refused else "",
        wrong="" if asked else NO_DAY,
        card=card,
        possible=booking.possible(card.item),
        day=shown,
        day_before=shown - _ONE_DAY if shown > today else None,
        day_after=shown + _ONE_DAY,
        next_day=_day_of(later, clock),
        free_slots=found[:_A_PAGE],
        after=_place(found[_A_PAGE - 1]) if len(found) > _A_PAGE else None,
        reason=reason,
        chosen=chosen,
    )


def _place(free: FreeSlot) -> ListPlace:
    return ListPlace(at=free.starts_at, id=free.id)


def _day_of(free_slots: list[FreeSlot], clock: Clock) -> date | None:
    return clock.day_of(free_slots[0].starts_at) if free_slots else None


def _status(refused: errors.HireLoopError | None) -> int:
    if refused is None:
        return 200
    return _BAD if isinstance(refused, errors.BadInput) else _CONFLICT


def _slot(text: str) -> UUID:
    found = uuid_of(text)
    if found is None:
        raise errors.BadInput("slot", FilledPhrase(_NO_SLOT))
    return found


def _reason(form: dict[str, str]) -> str:
    return form.get("reason", "").replace("\r\n", "\n").strip()


def _check(reason: str) -> None:
    fields.check_storable(reason=reason)
    if len(reason) > _LONGEST_REASON:
        raise errors.BadInput("reason", FilledPhrase(TOO_LONG, count=len(reason), most=_LONGEST_REASON))


def _unchanged_since(form: dict[str, str]) -> ChangeRule:
    """Return the rule that a press counts only for the booking as its page showed it."""
    revision = form.get("revision", "")

    def rule(booking: LockedBooking) -> errors.Refused | None:
        return None if revision == str(booking.revision) else errors.ChangedSince()

    return rule
