"""Sample leases, as a worker holds them, without a database."""

from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from hireloop.notify import messages
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease
from notify.sample_messages import invitation


def lease(now: datetime, **facts: object) -> Lease:
    """Return a lease, taken `now`, of an invitation to an interview that starts a day later."""
    said = invitation(starts_at=now + timedelta(days=1))
    taken = Lease(
        id=uuid4(),
        number=1,
        token=uuid4(),
        route=Route.PRIMARY,
        schedule=said.schedule_id,
        revision=1,
        kind=said.kind,
        channel="email",
        recipient="asha@example.com",
        required=True,
        payload=messages.encode(said),
        message_id="<1@hire.example>",
        traceparent="",
        tries=0,
        first_due_at=now,
        at_risk_at=None,
        deadline_at=said.starts_at,
        leased_at=now,
        invitation_state=None,
        previous_trace_id=None,
        previous_span_id=None,
    )
    return msgspec.structs.replace(taken, **facts)
