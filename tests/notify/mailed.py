"""Deliveries for the tests of bounces: booked, and tried once with the end that a test asks for."""

from uuid import UUID

from factories import OUTBOX, TESTS, WINDOWS, make_interview, make_slot, soon
from hireloop import db
from hireloop.notify import leases
from hireloop.notify.channels import Evidence, Phase
from hireloop.notify.leases import Lease, Settlement
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling import schedules

_ENDS = {
    "sent": (AttemptOutcome.SENT, DeliveryState.SENT),
    "rejected": (AttemptOutcome.REJECTED, DeliveryState.REJECTED),
    "deferred": (AttemptOutcome.RETRY, DeliveryState.PENDING),
    "maybe": (AttemptOutcome.RETRY, DeliveryState.PENDING),
}


async def booked(email: str = "asha@example.com") -> UUID:
    """Book, and return the id of the invitation's delivery."""
    put = await schedules.book(
        await make_interview(email=email),
        await make_slot(starts_at=soon(24 * 60)),
        booking_notes="",
        booked_by=TESTS,
        outbox=OUTBOX,
        windows=WINDOWS,
    )
    return put.deliveries[0].id


async def leased() -> Lease:
    """Lease the one delivery that is due."""
    (lease,) = await leases.take("email", limit=1, worker="w", kinds=["invitation"])
    return lease


async def settle(lease: Lease, end: str = "sent") -> None:
    """Let the try end: `sent`, `rejected`, `deferred`, or `maybe`, whose answer got lost."""
    outcome, state = _ENDS[end]
    await leases.settle(
        [
            Settlement(
                delivery_id=lease.id,
                number=lease.number,
                token=lease.token,
                outcome=outcome,
                state=state,
                maybe_accepted=end == "maybe",
                evidence=Evidence(phase=Phase.REPLY, code=250 if end == "sent" else None, reply="the server's words"),
                due_at=soon() if state is DeliveryState.PENDING else None,
            )
        ]
    )


async def mailed(end: str = "sent", email: str = "asha@example.com") -> UUID:
    """Book, try once, and return the id of the invitation's delivery."""
    delivery = await booked(email)
    await settle(await leased(), end)
    return delivery


async def state_of(delivery: UUID) -> tuple[str, str | None]:
    """Return where a delivery stands, and its last reason."""
    row = await db.fetch_row("SELECT state, last_reason FROM delivery WHERE id = $1", delivery)
    assert row is not None
    return row["state"], row["last_reason"]
