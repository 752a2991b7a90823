"""The first page: a day's interviews in the order of their start, and on top, across all days, what needs attention."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar import Response

from hireloop import db
from hireloop.console import booking, labels, render
from hireloop.console.cards import cards_of
from hireloop.console.labels import Label
from hireloop.console.reader.clock import clock_of, parse_day
from hireloop.notify import next_steps, parties
from hireloop.notify.channels import held
from hireloop.notify.deliveries import failures
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, DeliveryView
from hireloop.notify.messages import AlertCause
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling.bookings import agenda
from hireloop.scheduling.bookings.agenda import AgendaItem
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.languages import phrase

_A_PAGE = 50
_ON_TOP = 5
_A_DAY = timedelta(days=1)
NO_DAY = phrase("This is not a valid day. Enter a date such as 2026-12-01.")
_AT_RISK = Label("!", phrase("At risk: not accepted yet, and time is running out"), "bad")


class ShownFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failed or endangered delivery, and the booking that it is about, or one of those in its slot."""

    failure: DeliveryView
    item: AgendaItem
    state: Label
    can_reissue: bool  # one press invites anew; not while the hub still tries by itself
    can_correct: bool  # the same, at another address
    advice: str  # what to do about a message to an interviewer, for which there is no such button


async def day(request: AnyRequest) -> Response[bytes]:
    """Show a day's interviews, today's unless asked for another; above them, the first of what needs attention."""
    context = context_of(request)
    clock = clock_of(request)
    today = clock.day_of(datetime.now(UTC))
    asked = parse_day(request.query_params.get("day"), today=today)
    shown, after = asked or today, ident(request, "after")
    async with db.snapshot():
        rows = await agenda.of_day(*clock.bounds(shown), limit=_A_PAGE + 1, after=after)
        cards = await cards_of(request, rows[:_A_PAGE])
        urgent = await _failures(request, limit=_ON_TOP + 1, after=None)
        broken = await held.held(context.channels)
    return render.show(
        request,
        "day",
        here="day",
        status_code=200 if asked else 400,
        day=shown,
        today=today,
        day_before=shown - _A_DAY,
        day_after=shown + _A_DAY,
        wrong="" if asked else NO_DAY,
        cards=cards,
        after=cards[-1].schedule.id if len(rows) > _A_PAGE else None,
        goes_on=after is not None,
        delivery_failures=urgent[:_ON_TOP],
        more_failures=len(urgent) > _ON_TOP,
        broken=broken,
        common=context.warnings,
    )


async def attention(request: AnyRequest) -> Response[bytes]:
    """Show all that needs attention, the earliest deadline first."""
    after = ident(request, "after")
    async with db.snapshot():
        found = await _failures(request, limit=_A_PAGE + 1, after=after)
    return render.show(
        request,
        "attention",
        here="attention",
        delivery_failures=found[:_A_PAGE],
        after=found[_A_PAGE - 1].failure.id if len(found) > _A_PAGE else None,
        goes_on=after is not None,
    )


def ident(request: AnyRequest, name: str) -> UUID | None:
    """Return the id that a query holds under this name, None for any other text: the list then begins anew."""
    try:
        return UUID(request.query_params.get(name, ""))
    except ValueError:
        return None


async def _failures(request: AnyRequest, *, limit: int, after: UUID | None) -> list[ShownFailure]:
    found = await failures.page(context_of(request).channels, limit=limit, after=after)
    slots = await parties.bookings_in([one.slot for one in found if one.slot is not None])
    leads_to = {one.id: slots.get(one.slot) if one.slot else one.schedule for one in found}
    about = await agenda.of_schedules([schedule for schedule in leads_to.values() if schedule is not None])
    return [
        ShownFailure(
            failure=one,
            item=about[schedule],
            state=_AT_RISK if one.state is DeliveryState.PENDING else labels.DELIVERIES[one.state],
            can_reissue=_can_reissue(one, about[schedule]),
            can_correct=_can_correct(one, about[schedule]),
            advice=_advice(one),
        )
        for one in found
        if (schedule := leads_to[one.id]) in about
    ]


def _advice(failure: DeliveryView) -> str:
    if failure.slot is None:
        return ""
    cause = AlertCause.AT_RISK if failure.state is DeliveryState.PENDING else AlertCause.FAILED
    is_past = failure.deadline_at <= failure.now
    return next_steps.of_delivery(cause, kind=failure.kind, reason=failure.reason, is_past=is_past).sentence


def _can_reissue(failure: DeliveryView, item: AgendaItem) -> bool:
    has_failed = failure.state is not DeliveryState.PENDING and failure.kind in INVITING_KINDS
    return has_failed and booking.possible(item).reissue


def _can_correct(failure: DeliveryView, item: AgendaItem) -> bool:
    """Return whether the address that a message failed at is still that of whom it was for, and can be corrected."""
    if failure.state is DeliveryState.PENDING:
        return False
    if failure.slot is None:
        return _can_reissue(failure, item)
    is_theirs = failure.recipient == item.interviewer_email and failure.slot == item.booking.slot
    return is_theirs and booking.possible(item).move
