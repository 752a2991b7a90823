"""`/api/notifications/`: what was sent, what failed and why, and the ledger."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import ADMINISTERS, READS, actor_of
from hireloop.api.documented import refuses
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.examples import EXAMPLE_MESSAGE_ID, ClosesAt, DeliveryId, RecordedAt, ScheduleId, SlotId, Time, TraceId
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.returned import ReturnedView
from hireloop.notify.deliveries import deliveries, ledger, replay
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryFilter, DeliveryView
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.deliveries.skips import ReplayResult, Skip
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling import fields
from hireloop.statements import read_clock
from hireloop.telemetry import spans
from hireloop.web.audit_notes import replay_note
from hireloop.web.bookings.deliveries import DeliverySummary, summary_fields
from hireloop.web.context import AnyRequest, Context, ResponseContext, context_of
from hireloop.web.json_bodies import EmptyBody

REPLAYS_ONE = ADMINISTERS | refuses(errors.NotReplayable, errors.TooManyMessages, errors.TooManyReinvitations)


class DeliveryResponse(DeliverySummary, frozen=True, kw_only=True):
    """A delivery with all of its details."""

    state: Annotated[DeliveryState, Meta(examples=["sent"])]
    attempt_count: Annotated[int, Meta(examples=[1])]
    next_attempt_at: Annotated[Time | None, Meta(examples=[None])]
    last_reply: Annotated[str | None, Meta(examples=["250 2.0.0 Ok: queued"])]
    schedule: ScheduleId | None
    slot: Annotated[
        SlotId | None,
        Meta(description="The slot, if it is for an interviewer. `revision` is then that of the notices."),
    ]
    revision: Annotated[int, Meta(examples=[1])]
    told_revision: Annotated[
        int | None,
        Meta(
            description="If it is superseded because another message says the same: the revision of that one, or 0 if "
            "the recipient had not heard of the interview, so that there was nothing to say.",
            examples=[None],
        ),
    ]
    required: Annotated[bool, Meta(examples=[True])]
    tries: Annotated[int, Meta(examples=[8])]
    deadline_at: ClosesAt
    at_risk_at: Time | None
    sent_at: Annotated[Time | None, Meta(examples=["2026-11-21T16:30:01+05:30"])]
    bounced_at: Time | None
    message_id: Annotated[str, Meta(examples=[EXAMPLE_MESSAGE_ID])]
    created_at: RecordedAt
    trace_id: TraceId


class DeliveryWithAttempts(DeliveryResponse, frozen=True, kw_only=True):
    """A delivery with all of its attempts, and with the emails that came back for it."""

    attempts: list[AttemptView]
    returned: list[ReturnedView]
    returned_count: Annotated[int, Meta(examples=[1])]  # also counts those that are not kept


class ReplayFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The deliveries to replay. At least one of `reason`, `state`, `channel`, `kind` and `since` is required."""

    reason: Annotated[fields.Name | None, Meta(examples=["recipient_refused"])] = None
    state: DeliveryState | None = None
    channel: fields.Name | None = None
    kind: fields.Name | None = None
    since: Annotated[fields.Moment | None, Meta(examples=["2026-11-20T00:00:00Z"])] = None
    dry_run: Annotated[bool, Meta(examples=[True])] = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1_000

    def only(self) -> ReplayFilter:
        """Return the filter; raises BadInput if it is empty."""
        fields.check_comparable(since=self.since)
        only = ReplayFilter(
            state=self.state, channel=self.channel, reason=self.reason, kind=self.kind, since=self.since
        )
        if not replay.is_filtered(only):
            raise errors.BadInput("body", "must have at least one of reason, state, channel, kind and since")
        return only


class ReplayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The deliveries that were replayed, or would be, and how many others were skipped for which reason."""

    dry_run: Annotated[bool, Meta(examples=[True])]
    replayed: Annotated[int, Meta(examples=[1])]
    skipped: Annotated[dict[str, int], Meta(examples=[{"superseded": 2}])]
    deliveries: list[DeliveryId]
    more: bool  # `limit` was reached, or that of the key: repeating the request continues


class LedgerResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The number of deliveries in each state, and of bookings and deliveries that are unaccounted for."""

    counts: Annotated[dict[str, int], Meta(examples=[{"pending": 1, "sent": 41}])]
    missing: Annotated[int, Meta(examples=[0])]
    overdue: Annotated[int, Meta(examples=[0])]
    unaccounted: Annotated[int, Meta(examples=[0])]


def response_fields(context: ResponseContext, delivery: DeliveryView) -> dict[str, Any]:
    """Return the fields of a delivery by name, for responses that have more fields."""
    return {
        **summary_fields(context, delivery),
        "schedule": delivery.schedule,
        "slot": delivery.slot,
        "revision": delivery.revision,
        "told_revision": delivery.told_revision,
        "required": delivery.required,
        "tries": delivery.tries,
        "deadline_at": context.local(delivery.deadline_at),
        "at_risk_at": context.local_or_none(delivery.at_risk_at),
        "sent_at": context.local_or_none(delivery.sent_at),
        "bounced_at": context.local_or_none(delivery.bounced_at),
        "message_id": delivery.message_id,
        "created_at": context.local(delivery.created_at),
        "trace_id": spans.trace_id_of(delivery.traceparent),
    }


@get("/deliveries/", opt=READS)
async def list_deliveries(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    state_: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
    channel: FromQuery[str | None] = None,
    reason: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    since: FromQuery[fields.Moment | None] = None,
) -> Page[DeliveryResponse]:
    """List deliveries, newest first, filtered by state, channel, reason, kind or age."""
    fields.check_comparable(since=since)
    context = context_of(request)
    only = DeliveryFilter(state=state_, channel=channel, reason=reason, kind=kind, since=since)
    await deliveries.check(only)
    rows = await deliveries.page(only, context.channels, limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=lambda row: DeliveryResponse(**response_fields(context, row)))


@get("/deliveries/{delivery_id:uuid}/", opt=READS)
async def get_delivery(request: AnyRequest, delivery_id: FromPath[UUID]) -> DeliveryWithAttempts:
    """Get a delivery with all of its attempts, each with its phase, code, reply and trace, and with what came back."""
    return await _with_attempts(context_of(request), delivery_id)


async def _with_attempts(context: Context, delivery_id: UUID) -> DeliveryWithAttempts:
    delivery, attempts = await deliveries.find(delivery_id, context.channels)
    came_back = (await returned.of_deliveries([delivery_id])).get(delivery_id, [])
    return DeliveryWithAttempts(
        **response_fields(context, delivery),
        attempts=[context.localized(attempt) for attempt in attempts],
        returned=[context.localized(mail) for mail in came_back],
        returned_count=delivery.returned_count,
    )


@post("/deliveries/{delivery_id:uuid}/replay/", status_code=200, opt=REPLAYS_ONE)
async def replay_delivery(
    request: AnyRequest,
    delivery_id: FromPath[UUID],
    data: JSONBody[EmptyBody | None] = None,  # noqa: ARG001 (checked: it has no fields, and so no `dry_run`)
) -> DeliveryWithAttempts:
    """Send a finished delivery again. A pending one is left unchanged."""
    context, by = context_of(request), actor_of(request)
    behalf = context.on_behalf_of(by)
    if await replay.one(delivery_id, context.channels, note=replay_note(by), behalf=behalf):
        context.wakeups.send_soon()
    return await _with_attempts(context, delivery_id)


@post("/deliveries/replay/", status_code=200, opt=ADMINISTERS | refuses(errors.TooManyMessages))
async def replay_by_cause(request: AnyRequest, data: JSONBody[ReplayFields]) -> ReplayResponse:
    """Send all matching deliveries again, the oldest first. `dry_run` only shows what would be sent."""
    context, only, by = context_of(request), data.only(), actor_of(request)
    results: list[ReplayResult] = []
    behalf = context.on_behalf_of(by)
    async for batch in replay.walk(
        only, context.channels, at_most=data.limit, dry_run=data.dry_run, note=replay_note(by), behalf=behalf
    ):
        results += batch
        if not data.dry_run:
            context.wakeups.send_soon()
    replayed = [result.id for result in results if result.skip is None]
    skipped = Counter(result.skip.value for result in results if result.skip)
    if Skip.KEY_LIMIT.value in skipped and not replayed:
        await behalf.limits.check(behalf.key, new=0, now=await read_clock(None), refuses=True)
    return ReplayResponse(
        dry_run=data.dry_run,
        replayed=len(replayed),
        skipped=skipped,
        deliveries=replayed,
        more=len(replayed) == data.limit or Skip.KEY_LIMIT.value in skipped,
    )


@get("/ledger/", opt=READS)
async def get_ledger() -> LedgerResponse:
    """Get the number of deliveries in each state, and of bookings and deliveries that are unaccounted for."""
    proof = await ledger.read()
    return LedgerResponse(
        counts=proof.counts, missing=proof.missing, overdue=proof.overdue, unaccounted=proof.unaccounted
    )


router = Router(
    "/notifications",
    route_handlers=[list_deliveries, get_delivery, replay_delivery, replay_by_cause, get_ledger],
    tags=["notifications"],
)
