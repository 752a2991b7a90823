"""What needs attention, the worst first: failed messages, and candidates who wait, did not come or may not come."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from hireloop import db
from hireloop.console import booking, render
from hireloop.console.cards import Card, cards_of
from hireloop.notify import next_steps, parties
from hireloop.notify.deliveries import failures
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, DeliveryView
from hireloop.notify.deliveries.failures import FailureGroup
from hireloop.notify.messages import AlertCause
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling.bookings.lists import agenda, places
from hireloop.scheduling.bookings.lists import attention as waiting
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.attention import WaitingBooking
from hireloop.web.bookings.headline import LABELS, MISSED_MATTERS, NEAR, REQUEST_MATTERS, HeadlineCode, Label
from hireloop.web.context import AnyRequest, context_of

_A_PAGE = 50
_GROUPS = {
    HeadlineCode.CANDIDATE_NOT_REACHED: FailureGroup.CANDIDATE,
    HeadlineCode.INTERVIEWER_NOT_REACHED: FailureGroup.INTERVIEWER,
    HeadlineCode.ALERT_UNHEARD: FailureGroup.UNHEARD,
    HeadlineCode.AT_RISK: FailureGroup.AT_RISK,
}
_MOVABLE = {HeadlineCode.ANOTHER_TIME_REQUESTED, HeadlineCode.NO_SHOW}
_LISTED = {*_GROUPS, *_MOVABLE, HeadlineCode.DEVICES_FAILED, HeadlineCode.MAYBE_UNSEEN}
_ORDER = [code for code in HeadlineCode if code in _LISTED]


class AttentionPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the list: what kind of thing it is, and which one; written as `no_show~<time>~<id>`."""

    code: HeadlineCode
    at: datetime
    id: UUID

    def __str__(self) -> str:
        """Return it as an address holds it."""
        return f"{self.code}~{self.at.isoformat()}~{self.id}"


class AttentionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that needs attention: a failed or endangered delivery, or a booking for what its candidate did."""

    place: AttentionPlace
    item: AgendaItem
    state: Label
    since: datetime
    also: list[Label]  # what else about the booking needs attention
    failure: DeliveryView | None = None
    can_reissue: bool = False  # one press invites anew; not while the hub still tries by itself
    can_correct: bool = False  # the same, at another address
    can_move: bool = False
    advice: str = ""  # what to do about a message to an interviewer, for which there is no such button


async def page(request: AnyRequest) -> Response[bytes]:
    """Show all that needs attention, the worst first."""
    after = place_of(request.query_params.get("after"))
    async with db.snapshot():
        found = await worst(request, limit=_A_PAGE + 1, after=after)
    return render.show(
        request,
        "attention",
        here="attention",
        entries=found[:_A_PAGE],
        after=found[_A_PAGE - 1].place if len(found) > _A_PAGE else None,
        goes_on=after is not None,
    )


def place_of(text: str | None) -> AttentionPlace | None:
    """Return the place in an address, None for any other text: the list then begins anew."""
    code, _, rest = (text or "").partition("~")
    place = places.place_of(rest)
    if place is None or code not in _LISTED:
        return None
    return AttentionPlace(code=HeadlineCode(code), at=place.at, id=place.id)


async def worst(request: AnyRequest, *, limit: int, after: AttentionPlace | None = None) -> list[AttentionEntry]:
    """Return at most `limit` entries behind that place, the worst first."""
    found: list[AttentionEntry] = []
    for code in _ORDER[_ORDER.index(after.code) if after else 0 :]:
        behind = after if after and after.code is code else None
        while len(found) < limit:
            # A whole page at once: what is listed already for something worse drops out of it.
            more, behind = await _some(request, code, limit=max(limit - len(found), _A_PAGE), after=behind)
            found += more
            if behind is None:
                break
    return found[:limit]


async def _some(
    request: AnyRequest, code: HeadlineCode, *, limit: int, after: AttentionPlace | None
) -> tuple[list[AttentionEntry], AttentionPlace | None]:
    """Return at most `limit` entries of one kind, and the place where to go on, None if these were the last."""
    if code in _GROUPS:
        return await _failed(request, code, limit=limit, after=after)
    known = await _waiting(code, limit=limit, after=after)
    items = await agenda.of_schedules([one.schedule for one in known])
    cards = {card.schedule.id: card for card in await cards_of(request, list(items.values()))}
    places = {one.schedule: AttentionPlace(code=code, at=one.at, id=one.schedule) for one in known}
    # What is listed already for something worse is not listed again.
    shown = [
        AttentionEntry(
            place=place,
            item=card.item,
            state=LABELS[code],
            since=card.schedule.attention[0].at,
            also=_others(card, code),
            can_move=code in _MOVABLE and booking.possible(card.item).move,
        )
        for schedule, place in places.items()
        if (card := cards.get(schedule)) and card.schedule.attention and card.schedule.attention[0].code is code
    ]
    return shown, places[known[-1].schedule] if len(known) == limit else None


async def _waiting(code: HeadlineCode, *, limit: int, after: AttentionPlace | None) -> list[WaitingBooking]:
    behind = WaitingBooking(schedule=after.id, at=after.at) if after else None
    match code:
        case HeadlineCode.ANOTHER_TIME_REQUESTED:
            return await waiting.asking(REQUEST_MATTERS, limit=limit, after=behind)
        case HeadlineCode.NO_SHOW:
            return await waiting.missed(MISSED_MATTERS, limit=limit, after=behind)
        case HeadlineCode.DEVICES_FAILED:
            return await waiting.failed_devices(limit=limit, after=behind)
        case _:
            return await waiting.unchecked(NEAR, limit=limit, after=behind)


async def _failed(
    request: AnyRequest, code: HeadlineCode, *, limit: int, after: AttentionPlace | None
) -> tuple[list[AttentionEntry], AttentionPlace | None]:
    """Return the same of messages that have failed or are at risk, the earliest deadline first."""
    channels = context_of(request).channels
    found = await failures.page(channels, limit=limit, after=after.id if after else None, among=_GROUPS[code])
    slots = await parties.bookings_in([one.slot for one in found if one.slot is not None])
    leads_to = {one.id: slots.get(one.slot) if one.slot else one.schedule for one in found}
    items = await agenda.of_schedules([schedule for schedule in leads_to.values() if schedule is not None])
    cards = {card.schedule.id: card for card in await cards_of(request, list(items.values()))}
    places = [AttentionPlace(code=code, at=one.deadline_at, id=one.id) for one in found]
    shown = [
        _entry(one, place, cards[schedule])
        for one, place in zip(found, places, strict=True)
        if (schedule := leads_to[one.id]) in cards
    ]
    return shown, places[-1] if len(found) == limit else None


def _entry(failure: DeliveryView, place: AttentionPlace, card: Card) -> AttentionEntry:
    return AttentionEntry(
        place=place,
        item=card.item,
        state=LABELS[place.code],
        since=failure.failed_at or failure.at_risk_at or failure.created_at,
        also=_others(card, place.code),
        failure=failure,
        can_reissue=_can_reissue(failure, card.item),
        can_correct=_can_correct(failure, card.item),
        advice=_advice(failure),
    )


def _others(card: Card, code: HeadlineCode) -> list[Label]:
    """Return what else about a booking needs attention."""
    return [LABELS[one.code] for one in card.schedule.attention if one.code is not code]


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
