"""One booking: who and when, every delivery with every try, its history, the link, and what can be done about it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.console import labels, render
from hireloop.console.cards import Card, cards_of
from hireloop.console.reader.choices import locale_of, said_to, zone_of_reader
from hireloop.notify import parties
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.returned import ReturnedView
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryView, mask
from hireloop.notify.messages import place_of
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.tables import ScheduleState
from hireloop.telemetry import variables
from hireloop.time_zones import zone_of
from hireloop.web.bookings.timeline import timeline_of
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.wording import times

_DELIVERIES = 50  # the newest
_ATTEMPTS = 20  # of each, the newest
_RETURNED = 5  # the same of what came back


class ShownDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with its latest tries, and what came back last."""

    delivery: DeliveryView
    attempts: list[AttemptView]
    returned: list[ReturnedView]
    is_current: bool  # of the booking's present revision, or what an interviewer was told last
    can_replay: bool


class PossibleActions(msgspec.Struct, frozen=True, kw_only=True):
    """What can still be done about a booking; whether it may, the verbs judge."""

    confirm: bool
    reissue: bool
    move: bool
    cancel: bool
    revoke: bool

    @property
    def anything(self) -> bool:
        """Whether there is anything to press."""
        return self.move  # nothing is possible if this is not


async def page(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Show one booking."""
    return await shown(request, schedule_id)


async def refuse(request: AnyRequest, schedule_id: UUID, refused: errors.Refused) -> Response[bytes]:
    """Show one booking, and why nothing was done about it."""
    status = 429 if isinstance(refused, errors.LimitReached) else 409
    response = await shown(
        request, schedule_id, refused=labels.refusal(refused, said=said_to(request)), status_code=status
    )
    if isinstance(refused, errors.LimitReached):
        response.headers["Retry-After"] = str(refused.retry_after_seconds)
    return response


async def shown(
    request: AnyRequest,
    schedule_id: UUID,
    *,
    refused: str = "",
    status_code: int = 200,
    corrections: Mapping[str, object] = {},
) -> Response[bytes]:
    """Return a booking's page, with why nothing was done if something was `refused`; raises NotFound.

    `corrections` are forms that were sent and refused, as the page shows them: the candidate's, the interviewer's.
    """
    context = context_of(request)
    async with db.snapshot():
        card = (await cards_of(request, [await agenda.find(schedule_id)]))[0]
        found, current = await _told(card, context)
        attempts = await deliveries.attempts_of([one.id for one in found], at_most=_ATTEMPTS)
        came_back = await returned.of_deliveries([one.id for one in found], at_most=_RETURNED)
        history = await timeline_of(card.item.booking)
    return render.show(
        request,
        "booking",
        here="booking",
        status_code=status_code,
        refused=refused,
        card=card,
        theirs=_their_time(request, card),
        possible=possible(card.item),
        history=history,
        deliveries=[
            _delivery(one, attempts.get(one.id, []), came_back.get(one.id, []), is_current=one.id in current)
            for one in _in_order(found, current)
        ],
        trace_url=_trace_url(context),
        common=context.warnings,
        corrections=corrections,
        addresses={
            "candidate": mask(card.item.candidate_email),
            "interviewer": mask(card.item.interviewer_email or ""),
        },
    )


async def _told(card: Card, context: Context) -> tuple[list[DeliveryView], set[UUID]]:
    """Return the newest deliveries about a booking and its slots, oldest first, and which of them say how it is now.

    A slot from which it was moved is one of them: its interviewer is told so.
    """
    moves = [past.moved.from_slot for past in card.item.booking.changes if past.moved]
    slots = [*dict.fromkeys((card.schedule.slot, *moves))]
    about = await deliveries.of_schedules([card.schedule.id], context.channels)
    latest = await parties.latest_of_slots(slots, context.channels)
    found = sorted([*about, *await parties.of_slots(slots, context.channels)], key=lambda one: one.id)
    revision = card.schedule.revision
    revisions = {revision, deliveries.revision_told(about, revision)}
    current = {one.id for one in about if one.revision in revisions} | {one.id for one in latest}
    return found[-_DELIVERIES:], current


def _in_order(found: Sequence[DeliveryView], current: Collection[UUID]) -> list[DeliveryView]:
    """Return what is current first, of each what tells the candidate, and of the same kind the newest first."""
    newest_first = list(reversed(found))
    return sorted(newest_first, key=lambda one: (one.id not in current, place_of(one.kind)))


def possible(item: AgendaItem) -> PossibleActions:
    """Return what can be done about this booking now. Pure."""
    booking, session = item.booking, item.booking.session
    is_live = booking.state is not ScheduleState.CANCELLED and not item.is_erased
    changes = is_live and session.entered_at is None
    opens = booking.now <= session.closes_at
    return PossibleActions(
        confirm=changes and opens and booking.state is ScheduleState.PENDING,
        reissue=changes and opens,
        move=changes,
        cancel=changes,
        revoke=changes and opens and session.revoked_at is None,
    )


def _delivery(
    delivery: DeliveryView, attempts: list[AttemptView], came_back: list[ReturnedView], *, is_current: bool
) -> ShownDelivery:
    return ShownDelivery(
        delivery=delivery,
        attempts=attempts,
        returned=came_back,
        is_current=is_current,
        can_replay=is_current and delivery.state not in {DeliveryState.PENDING, DeliveryState.SUPERSEDED},
    )


def _their_time(request: AnyRequest, card: Card) -> str:
    """Return when it is on the candidate's own clock, empty if that is the reader's."""
    zone = zone_of(card.item.time_zone, context_of(request).settings.zone)
    starts_at: datetime = card.schedule.starts_at
    if zone.key == zone_of_reader(request).key:
        return ""
    return times.span(starts_at, card.schedule.ends_at, zone, locale_of(request))


def _trace_url(context: Context) -> str:
    """Return what a trace's id is appended to, empty if no TRACE_UI_URL is set or no span is exported."""
    ui = variables.trace_ui(context.settings)
    return f"{ui}/trace/" if ui else ""
