"""`/api/notifications/`: what was sent, what failed and why, the ledger, and the channels."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from hireloop.api import fields
from hireloop.api.auth import READS
from hireloop.api.door import Door, door_of
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.notify import channel_health, deliveries, ledger
from hireloop.notify.deliveries import AttemptView, DeliveryView, Filter
from hireloop.notify.outbox import Delivery
from hireloop.notify.tables import DeliveryState


class DeliverySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as a booking shows it; the recipient's address is masked."""

    id: UUID
    channel: str
    recipient: str
    kind: str
    state: str
    attempt_count: int
    next_attempt_at: datetime | None
    last_reason: str | None
    last_reply: str | None


class DeliveryAnswer(DeliverySummary, frozen=True, kw_only=True):
    """A delivery in full."""

    schedule: UUID | None
    revision: int
    required: bool
    tries: int
    deadline_at: datetime
    at_risk_at: datetime | None
    sent_at: datetime | None
    bounced_at: datetime | None
    message_id: str
    created_at: datetime
    trace_id: str


class DeliveryWithAttempts(DeliveryAnswer, frozen=True, kw_only=True):
    """A delivery with every try."""

    attempts: list[AttemptView]


class LedgerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The proof: deliveries by state, and what nobody accounts for."""

    counts: dict[str, int]
    untold: int
    overdue: int
    unaccounted: int


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, and what holds it, if anything does."""

    name: str
    transport: str
    state: str
    reason: str | None
    since: datetime | None
    required: bool


def mask(recipient: str) -> str:
    """Return an address with only the first letter of its local part: `a…@example.com`."""
    local, at, domain = recipient.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else recipient


def summary_of_put(door: Door, delivery: Delivery) -> DeliverySummary:
    """Return a delivery that was just put, as nothing can have happened to it yet."""
    return DeliverySummary(
        id=delivery.id,
        channel=delivery.channel,
        recipient=mask(delivery.recipient),
        kind=delivery.kind,
        state="pending",
        attempt_count=0,
        next_attempt_at=door.local(delivery.due_at),
        last_reason=None,
        last_reply=None,
    )


def summary(door: Door, delivery: DeliveryView) -> DeliverySummary:
    """Return a stored delivery as a booking shows it."""
    return DeliverySummary(**_summary_fields(door, delivery))


def _summary_fields(door: Door, delivery: DeliveryView) -> dict[str, Any]:
    pending = delivery.state == "pending"
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "recipient": mask(delivery.recipient),
        "kind": delivery.kind,
        "state": delivery.state.value,
        "attempt_count": delivery.attempt_count,
        "next_attempt_at": door.local(delivery.due_at) if pending else None,
        "last_reason": delivery.last_reason,
        "last_reply": delivery.last_reply,
    }


def _answer_fields(door: Door, delivery: DeliveryView) -> dict[str, Any]:
    return {
        **_summary_fields(door, delivery),
        "schedule": delivery.schedule,
        "revision": delivery.revision,
        "required": delivery.required,
        "tries": delivery.tries,
        "deadline_at": door.local(delivery.deadline_at),
        "at_risk_at": door.local_or_none(delivery.at_risk_at),
        "sent_at": door.local_or_none(delivery.sent_at),
        "bounced_at": door.local_or_none(delivery.bounced_at),
        "message_id": delivery.message_id,
        "created_at": door.local(delivery.created_at),
        "trace_id": delivery.traceparent[3:35],
    }


def _local(door: Door, attempt: AttemptView) -> AttemptView:
    return msgspec.structs.replace(
        attempt, started_at=door.local(attempt.started_at), finished_at=door.local_or_none(attempt.finished_at)
    )


@get("/deliveries/", opt=READS)
async def list_deliveries(
    request: Request[Any, Any, Any],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    state_: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
    channel: FromQuery[str | None] = None,
    reason: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    since: FromQuery[fields.Moment | None] = None,
) -> Page[DeliveryAnswer]:
    """List deliveries, newest first, by state, channel, reason, kind or age."""
    fields.check_storable(channel=channel, reason=reason, kind=kind)
    fields.check_comparable(since=since)
    door = door_of(request)
    wanted = Filter(state=state_, channel=channel, reason=reason, kind=kind, since=since)
    rows = await deliveries.page(wanted, door.channels, limit=limit + 1, after=after)
    return page_of(
        rows, limit=limit, ident=lambda row: row.id, view=lambda row: DeliveryAnswer(**_answer_fields(door, row))
    )


@get("/deliveries/{delivery_id:uuid}/", opt=READS)
async def get_delivery(request: Request[Any, Any, Any], delivery_id: FromPath[UUID]) -> DeliveryWithAttempts:
    """Show one delivery with every try: phase, code, the other side's reply, trace."""
    door = door_of(request)
    delivery, attempts = await deliveries.find(delivery_id, door.channels)
    return DeliveryWithAttempts(
        **_answer_fields(door, delivery), attempts=[_local(door, attempt) for attempt in attempts]
    )


@get("/ledger/", opt=READS)
async def get_ledger() -> LedgerAnswer:
    """Show the proof: deliveries by state, and how many bookings nobody accounts for."""
    proof = await ledger.read()
    return LedgerAnswer(counts=proof.counts, untold=proof.untold, overdue=proof.overdue, unaccounted=proof.unaccounted)


@get("/channels/", opt=READS)
async def list_channels(request: Request[Any, Any, Any]) -> Page[ChannelAnswer]:
    """List the configured channels, and which of them are held and why."""
    door = door_of(request)
    held = {row.channel: row for row in await channel_health.held(door.channels)}
    items = [
        ChannelAnswer(
            name=channel.name,
            transport=channel.transport_name,
            state="held" if channel.name in held else "open",
            reason=held[channel.name].reason if channel.name in held else None,
            since=door.local(held[channel.name].since) if channel.name in held else None,
            required=channel.required,
        )
        for channel in door.channels
    ]
    return Page(items, None)


router = Router(
    "/notifications",
    route_handlers=[list_deliveries, get_delivery, get_ledger, list_channels],
    tags=["notifications"],
)
