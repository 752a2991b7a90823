"""How the things of notify's tests are made: invitations that were booked, and tries that came to an end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from factories import OUTBOX, book, outbox_of, soon
from hireloop import db
from hireloop.notify.channels import providers
from hireloop.notify.channels.providers import LeaseRequest, Route
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import alerts, leases
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import PARTY_KINDS, Attendee, InterviewerInvitation, InterviewerMessage
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel, Evidence, Outcome, Phase, Retry
from hireloop.notify.worker import attempts, circuit
from hireloop.notify.worker.attempts import AttemptResult
from hireloop.scheduling.bookings.booking import BookingResult
from sample_channels import EMAIL, MAIL, chat

ACCEPTED = Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 Ok")
LIMIT = Retry(reason="sending_limit", evidence=Evidence(phase=Phase.REPLY, code=550))
RECRUITERS = chat("recruiter_copy", name="recruiters")
WITH_RECRUITERS = outbox_of(EMAIL, RECRUITERS)
MAIL_TO_ALL = msgspec.structs.replace(MAIL, kinds=PARTY_KINDS)
ALERTING_CHAT = chat("alert", "recruiter_copy")
ALERTING_MAIL = msgspec.structs.replace(MAIL, kinds=MAIL.kinds | {"alert"})
_ENDS = {
    "sent": (AttemptOutcome.SENT, DeliveryState.SENT),
    "rejected": (AttemptOutcome.REJECTED, DeliveryState.REJECTED),
    "deferred": (AttemptOutcome.RETRY, DeliveryState.PENDING),
    "maybe": (AttemptOutcome.RETRY, DeliveryState.PENDING),
}


async def invite(
    *,
    starts_in: timedelta = timedelta(days=1),
    now: datetime | None = None,
    outbox: Outbox = OUTBOX,
    **candidate: Any,  # noqa: ANN401 (each field has its own type)
) -> UUID:
    """Book at `now` an interview that starts so much later, and return the id of the invitation's delivery."""
    booked = await book(starts_at=(now or soon()) + starts_in, outbox=outbox, now=now, **candidate)
    return booked.deliveries[0].id


async def leased(kinds: Sequence[str] = ("invitation",), *, now: datetime | None = None) -> Lease:
    """Lease the one delivery of these kinds that is due, once it is decided what it says."""
    await due.decide(now=now)
    (lease,) = await leases.take("email", limit=1, worker="w", kinds=kinds, now=now)
    return lease


def settlement(
    lease: Lease,
    outcome: AttemptOutcome = AttemptOutcome.SENT,
    state: DeliveryState = DeliveryState.SENT,
    **facts: object,
) -> Settlement:
    """Return the end of a leased try: sent, without a word of the other side, unless said otherwise."""
    end = Settlement(delivery_id=lease.id, number=lease.number, token=lease.token, outcome=outcome, state=state)
    return msgspec.structs.replace(end, **facts)


async def settle(lease: Lease, end: str = "sent") -> None:
    """Let the try end: `sent`, `rejected`, `deferred`, or `maybe`, whose answer got lost."""
    outcome, state = _ENDS[end]
    ended = settlement(
        lease,
        outcome,
        state,
        maybe_accepted=end == "maybe",
        evidence=Evidence(phase=Phase.REPLY, code=250 if end == "sent" else None, reply="the server's words"),
        due_at=soon() if state is DeliveryState.PENDING else None,
    )
    await leases.settle([ended])


async def mailed(end: str = "sent", email: str = "asha@example.com") -> UUID:
    """Book, try once, and return the id of the invitation's delivery."""
    delivery = await invite(email=email)
    await settle(await leased(), end)
    return delivery


async def alerted(*, minutes_ago: float = 3, over: Outbox | None = None, email: str = "asha@example.com") -> UUID:
    """Book, let the invitation be rejected, and put the alert, so long ago by its row; return the alert's id."""
    delivery = await invite(email=email, starts_in=timedelta(days=2))
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown' WHERE id = $1", delivery)
    await alerts.put_due(over or outbox_of(EMAIL), alert_email="")
    ident: UUID = await db.fetch_value(
        "UPDATE alert SET put_at = $2, unheard_since = $2 WHERE delivery = $1 RETURNING id",
        delivery,
        soon(-minutes_ago),
    )
    return ident


INTERVIEWER = "ivan@example.com"


async def hold(slot: UUID, address: str | None = INTERVIEWER, *, revision: int = 1, name: str = "Ivan Petrov") -> None:
    """Let this interviewer hold a slot, whose notices have come to this revision."""
    await db.fetch(
        "UPDATE slot SET interviewer_email = $2, interviewer_name = $3, notice_revision = $4 WHERE id = $1",
        slot,
        address,
        name,
        revision,
    )


async def notify_interviewer(
    booked: BookingResult,
    kind: type[InterviewerMessage] = InterviewerInvitation,
    *,
    to: str = INTERVIEWER,
    revision: int = 1,
    state: str = "pending",
    reason: str | None = None,
    told_revision: int | None = None,
    attendees: bool = True,
    undecided: bool = False,
    now: datetime | None = None,
    **values: Any,  # noqa: ANN401 (each field has its own type)
) -> UUID:
    """Put a message to the interviewer of a booking's slot, let it have come to this state, and return its delivery."""
    booking = booked.booking
    rows = await db.fetch(
        "SELECT full_name, title, company FROM candidate, job, schedule WHERE schedule.id = $1"
        " AND candidate.id = schedule.candidate AND job.id = schedule.job",
        booking.id,
    )
    attendee = Attendee(
        schedule_id=booking.id,
        name=rows[0]["full_name"],
        email="asha@example.com",
        job_title=rows[0]["title"],
        company=rows[0]["company"],
    )
    said: dict[str, Any] = {
        "slot_id": booking.slot,
        "revision": revision,
        "interviewer_email": to,
        "interviewer_name": "Ivan Petrov",
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "attendees": [attendee] if attendees else [],
    }
    message: Any = kind(**(said | values))  # of a kind, not the base of them
    (put,) = await outbox_of(MAIL_TO_ALL).put([message], now=now or soon())
    await db.fetch(
        """
        UPDATE delivery SET undecided = $2, state = $3, last_reason = $4, told_revision = $5,
            sent_at = CASE WHEN $3 IN ('sent', 'bounced') THEN now() END,
            bounced_at = CASE WHEN $3 = 'bounced' THEN now() END
        WHERE id = $1
        """,
        put.id,
        undecided,
        state,
        reason,
        told_revision,
    )
    return put.id


async def attempt(outcome: Outcome, channel: Channel, *, route: Route = Route.PRIMARY) -> None:
    """Let the one invitation be tried over mail, with this outcome, as a worker would record it."""
    (lease,) = await leases.take(
        "email",
        limit=1,
        worker="w",
        kinds=["invitation"],
        request=LeaseRequest(route=route),
        fingerprints=providers.fingerprints(channel),
    )
    result = AttemptResult(outcome=outcome, trace_id="t", span_id="s")
    await circuit.after_try(channel, lease.route, outcome, probing=True)
    await leases.settle([attempts.settlement(lease, result, elapsed=timedelta(0))])
    await db.fetch("UPDATE delivery SET due_at = now() WHERE channel = 'email' AND state = 'pending'")
