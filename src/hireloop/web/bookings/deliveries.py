"""A delivery as every response about a booking shows it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hireloop.examples import DeliveryId, RecordedAt, ReportedBy
from hireloop.notify.deliveries.deliveries import DeliveryView, mask
from hireloop.notify.deliveries.outbox import NewDelivery
from hireloop.notify.messages import Party, party_of
from hireloop.notify.tables import DeliveryState
from hireloop.web.context import ResponseContext


class DeliverySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of a booking. The recipient's address is masked.

    What some messages say is decided when they are due. Until then, `kind` is what they were put as, and may change.
    `reported_by` is the name of the API key whose holder reported a bounce, unless a returned email confirms it.
    """

    id: DeliveryId
    party: Annotated[
        Party | None, Meta(description="Whom it is for; null for copies and alerts.", examples=["candidate"])
    ]
    channel: Annotated[str, Meta(examples=["email"])]
    recipient: Annotated[str, Meta(examples=["a…@example.com"])]
    kind: Annotated[str, Meta(examples=["invitation"])]
    state: Annotated[DeliveryState, Meta(examples=["pending"])]
    attempt_count: Annotated[int, Meta(examples=[0])]
    next_attempt_at: RecordedAt | None
    last_reason: str | None
    last_reply: str | None
    reported_by: ReportedBy


def summary_of_put(context: ResponseContext, delivery: NewDelivery) -> DeliverySummary:
    """Return a delivery that was just put, as nothing can have happened to it yet."""
    return DeliverySummary(
        id=delivery.id,
        party=party_of(delivery.kind),
        channel=delivery.channel,
        recipient=mask(delivery.recipient),
        kind=delivery.kind,
        state=DeliveryState.PENDING,
        attempt_count=0,
        next_attempt_at=context.local(delivery.due_at),
        last_reason=None,
        last_reply=None,
        reported_by=None,
    )


def summary(context: ResponseContext, delivery: DeliveryView) -> DeliverySummary:
    """Return a stored delivery as a booking shows it."""
    return DeliverySummary(**summary_fields(context, delivery))


def summary_fields(context: ResponseContext, delivery: DeliveryView) -> dict[str, Any]:
    """Return the fields of a summary by name, for responses that have more fields."""
    return {
        "id": delivery.id,
        "party": delivery.party,
        "channel": delivery.channel,
        "recipient": mask(delivery.recipient),
        "kind": delivery.kind,
        "state": delivery.state,
        "attempt_count": delivery.attempt_count,
        "next_attempt_at": context.local_or_none(delivery.next_attempt_at),
        "last_reason": delivery.reason,
        "last_reply": delivery.last_reply,
        "reported_by": delivery.reported_by,
    }
