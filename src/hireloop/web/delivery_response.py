"""A delivery as every response about a booking shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop.notify.deliveries.deliveries import DeliveryView, mask
from hireloop.notify.deliveries.outbox import NewDelivery
from hireloop.notify.tables import DeliveryState
from hireloop.web.context import Context


class DeliverySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of a booking. The recipient's address is masked."""

    id: UUID
    channel: str
    recipient: str
    kind: str
    state: DeliveryState
    attempt_count: int
    next_attempt_at: datetime | None
    last_reason: str | None
    last_reply: str | None


def summary_of_put(context: Context, delivery: NewDelivery) -> DeliverySummary:
    """Return a delivery that was just put, as nothing can have happened to it yet."""
    return DeliverySummary(
        id=delivery.id,
        channel=delivery.channel,
        recipient=mask(delivery.recipient),
        kind=delivery.kind,
        state=DeliveryState.PENDING,
        attempt_count=0,
        next_attempt_at=context.local(delivery.due_at),
        last_reason=None,
        last_reply=None,
    )


def summary(context: Context, delivery: DeliveryView) -> DeliverySummary:
    """Return a stored delivery as a booking shows it."""
    return DeliverySummary(**summary_fields(context, delivery))


def summary_fields(context: Context, delivery: DeliveryView) -> dict[str, Any]:
    """Return the fields of a summary by name, for answers that have more fields."""
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "recipient": mask(delivery.recipient),
        "kind": delivery.kind,
        "state": delivery.state,
        "attempt_count": delivery.attempt_count,
        "next_attempt_at": context.local_or_none(delivery.next_attempt_at),
        "last_reason": delivery.reason,
        "last_reply": delivery.last_reply,
    }
