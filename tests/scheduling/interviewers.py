"""What interviewers hear, as a worker would send it at a given moment."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import factories
from factories import TESTS, WINDOWS, outbox_of
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.messages import INTERVIEWER_KINDS, InterviewerMessage
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling import handovers
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.slots.slots import SlotDetails, SlotPatch
from notify.factories import ACCEPTED, settlement
from sample_channels import MAIL

START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
RAVI, MEERA = "ravi@acme.example", "meera@acme.example"
QUIET = timedelta(seconds=20)
OUTBOX = outbox_of(MAIL)
SENT = (AttemptOutcome.SENT, DeliveryState.SENT)
BOUNCED = (AttemptOutcome.SENT, DeliveryState.BOUNCED)
UNREACHED = (AttemptOutcome.RETRY, DeliveryState.PENDING)
MAYBE = (AttemptOutcome.RETRY, DeliveryState.PENDING)


def at(seconds: float = 0) -> datetime:
    """Return so many seconds after the morning two days before the start."""
    return START - timedelta(days=2) + timedelta(seconds=seconds)


async def make_slot(
    interviewer: str | None = RAVI,
    *,
    seats: int = 30,
    **fields: Any,  # noqa: ANN401 (each field has its own type)
) -> UUID:
    given = {"starts_at": START, "interviewer_email": interviewer, "seats": seats, **fields}
    return await factories.make_slot(**given)


async def book(slot: UUID, name: str = "Asha Rao", *, seconds: float = 0, interview: UUID | None = None) -> Booking:
    interview = interview or await factories.make_interview(full_name=name)
    booked = await factories.book(interview, slot, outbox=OUTBOX, notes="Bring a pen.", now=at(seconds))
    return booked.booking


class HasId(Protocol):
    """A booking, as far as it must be known to be changed."""

    @property
    def id(self) -> UUID: ...


async def move(booking: HasId, slot: UUID, *, seconds: float = 0) -> None:
    await moves.move(booking.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS, now=at(seconds))


async def cancel(booking: HasId, *, seconds: float = 0) -> None:
    await cancellations.cancel(booking.id, by=TESTS, reason="", outbox=OUTBOX, now=at(seconds))


async def change(slot: UUID, *, seconds: float = 0, **fields: Any) -> SlotDetails:  # noqa: ANN401 (each has its own type)
    return await handovers.change(slot, SlotPatch(**fields), by=TESTS, outbox=OUTBOX, now=at(seconds))


async def revision_of(slot: UUID) -> int:
    revision: int = await db.fetch_value("SELECT notice_revision FROM slot WHERE id = $1", slot)
    return revision


async def hear(
    seconds: float, end: tuple[AttemptOutcome, DeliveryState] = SENT, *, maybe: bool = False
) -> list[InterviewerMessage]:
    """Let a worker decide and send what is due, each try ending so, and return it in order."""
    moment = at(seconds)
    await due.decide(now=moment)
    taken = await leases.take("email", limit=99, worker="w", kinds=sorted(INTERVIEWER_KINDS), now=moment)
    outcome, state = end
    ends = [
        settlement(
            lease,
            outcome,
            DeliveryState.SENT if state is DeliveryState.BOUNCED else state,
            evidence=ACCEPTED,
            maybe_accepted=maybe,
            due_at=moment + timedelta(hours=1) if state is DeliveryState.PENDING else None,
        )
        for lease in taken
    ]
    await leases.settle(ends, now=moment)
    if state is DeliveryState.BOUNCED:
        await db.fetch(
            "UPDATE delivery SET state = 'bounced', bounced_at = sent_at WHERE id = ANY($1)",
            [lease.id for lease in taken],
        )
    found: list[InterviewerMessage] = []
    for lease in sorted(taken, key=lambda lease: (lease.revision, lease.recipient)):
        message = messages.decode(lease.kind, lease.payload)
        assert isinstance(message, InterviewerMessage)
        assert (message.interviewer_email, message.revision) == (lease.recipient, lease.revision)
        found.append(message)
    return found


async def heard(seconds: float, end: tuple[AttemptOutcome, DeliveryState] = SENT, **how: bool) -> list[str]:
    """Let a worker send what is due, and return it as `invitation to ravi: Asha, Ben`."""
    return [said(message) for message in await hear(seconds, end, **how)]


def said(message: InterviewerMessage) -> str:
    kind = message.kind.removeprefix("interviewer_")
    names = ", ".join(sorted(one.name.partition(" ")[0] for one in message.attendees))
    return f"{kind} to {message.interviewer_email.partition('@')[0]}: {names or 'nobody'}"


async def ended() -> list[tuple[str, int, str, int | None]]:
    """Return recipient, revision, state and told revision of all that was put for interviewers, in order."""
    rows = await db.fetch(
        """
        SELECT split_part(recipient, '@', 1) AS name, revision, state, told_revision FROM delivery
        WHERE slot IS NOT NULL ORDER BY revision, recipient
        """
    )
    return [(row["name"], row["revision"], row["state"], row["told_revision"]) for row in rows]
