"""What the tests of changes share: a booking, who hears what of it, and that everything about it fits together."""

import asyncio
from collections.abc import Awaitable, Coroutine
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from factories import EMAIL, TESTS, WINDOWS, make_interview, make_slot, soon, unaccounted
from hireloop import db
from hireloop.notify import leases
from hireloop.notify.channels import Channel, Evidence, Phase
from hireloop.notify.leases import Lease, Settlement
from hireloop.notify.messages import CANDIDATE_KINDS
from hireloop.notify.outbox import Outbox
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling import audit, history, moves, schedules
from hireloop.scheduling.audit import Actor, KnownEntry, Wanted
from hireloop.scheduling.bookings import Booking
from hireloop.scheduling.history import Past

T = TypeVar("T")

RECRUITER = Actor("Asha's recruiter")
MAIL = msgspec.structs.replace(EMAIL, kinds=CANDIDATE_KINDS)
CHAT = Channel(
    name="chat",
    transport_name="apprise",
    fingerprint="c",
    required=False,
    personal=False,
    kinds=frozenset({"recruiter_copy", "late_request"}),
    concurrency=1,
)
OUTBOX = Outbox(channels=(MAIL, CHAT), message_id_domain="hire.example")


async def book(
    minutes: float = 60, *, at: datetime | None = None, slot: UUID | None = None, **candidate: object
) -> Booking:
    """Book a new candidate's interview that starts in so many minutes."""
    booked = await schedules.book(
        await make_interview(**candidate),
        slot or await make_slot(starts_at=soon(minutes)),
        booking_notes="Bring a pen.",
        booked_by=TESTS,
        outbox=OUTBOX,
        windows=WINDOWS,
        now=at,
    )
    return booked.booking


async def move(booking: Booking, slot: UUID, **given: Any) -> bool:  # noqa: ANN401 (as above)
    asked = {"by": RECRUITER, "reason": "", "outbox": OUTBOX, "windows": WINDOWS, **given}
    return await moves.move(booking.id, slot, **asked)


async def told(booking: Booking, revision: int | None = None) -> list[tuple[str, int, str]]:
    """Return kind, revision and state of what was put for a booking, in order: of one revision, or of all."""
    found = await db.fetch(
        """
        SELECT kind, revision, state FROM delivery WHERE schedule = $1 AND ($2::int IS NULL OR revision = $2)
        ORDER BY revision, kind
        """,
        booking.id,
        revision,
    )
    return [(row["kind"], row["revision"], row["state"]) for row in found]


async def entries(subject: UUID) -> list[KnownEntry]:
    """Return the audit of one thing, newest first."""
    return await audit.page(Wanted(subject=subject), limit=50, after=None)


async def past(booking: Booking) -> list[Past]:
    return history.read(await db.fetch_value("SELECT changes::text FROM schedule WHERE id = $1", booking.id))


async def lease() -> Lease:
    """Let a worker begin to send the one mail that is due."""
    (taken,) = await leases.take("email", limit=1, worker="w", kinds=sorted(CANDIDATE_KINDS))
    return taken


async def settle_sent(taken: Lease) -> set[UUID]:
    """Let the mail server take it, late or not; return the deliveries whose lease was still the worker's."""
    accepted = Settlement(
        delivery_id=taken.id,
        number=taken.number,
        token=taken.token,
        outcome=AttemptOutcome.SENT,
        state=DeliveryState.SENT,
        evidence=Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 Ok"),
    )
    return await leases.settle([accepted])


async def alone(work: Awaitable[T]) -> T:
    """Run work in a task that has a transaction of its own, not its maker's."""
    db.DB.current_transaction.set(None)
    return await work


def beside(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start work on another connection, while the test holds a transaction open."""
    return asyncio.create_task(alone(work))


async def somebody_waits() -> bool:
    """Return whether a statement waits for a lock in this database."""
    count: int = await db.fetch_value(
        """
        SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
            SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database())
        """
    )
    return count > 0


# Each line would name rows that do not fit together.
_MISFITS = {
    "seats": """
        SELECT id FROM slot WHERE taken <> (SELECT count(*) FROM schedule WHERE slot = slot.id AND state <> 'cancelled')
    """,
    "times": """
        SELECT sc.id FROM schedule sc JOIN slot s ON s.id = sc.slot JOIN interview i ON i.id = sc.interview
            JOIN session se ON se.schedule = sc.id
        WHERE sc.state <> 'cancelled'
          AND (sc.starts_at, sc.ends_at, sc.starts_at, sc.ends_at, sc.starts_at, sc.starts_at)
            <> (s.starts_at, s.ends_at, i.started_at, i.ended_at, se.opens_at + interval '30 s',
                se.closes_at - interval '600 s')
    """,
    "states": """
        SELECT i.id FROM interview i LEFT JOIN schedule sc ON sc.interview = i.id AND sc.state <> 'cancelled'
            LEFT JOIN session se ON se.schedule = sc.id
        WHERE NOT i.state = ANY(CASE WHEN sc.id IS NULL THEN '{open}' WHEN se.left_at IS NOT NULL THEN '{completed}'
            WHEN se.entered_at IS NOT NULL THEN '{in_progress}' ELSE '{scheduled,no_show}' END::text[])
    """,
    "entered what is off or withdrawn": """
        SELECT se.id FROM session se JOIN schedule sc ON sc.id = se.schedule
        WHERE se.entered_at IS NOT NULL AND (sc.state = 'cancelled' OR se.revoked_at IS NOT NULL)
    """,
    "history": """
        SELECT id FROM schedule
        WHERE revision <> 1 + (
                SELECT count(*) FROM jsonb_array_elements(changes) one WHERE one->>'change' <> 'confirmed'
            )
           OR revision <> coalesce((changes->-1->>'revision')::int, 1)
    """,
    "still to be sent to the candidate, and out of date": """
        SELECT d.id FROM delivery d JOIN schedule sc ON sc.id = d.schedule
        WHERE d.state = 'pending' AND d.revision < sc.revision AND d.kind NOT IN ('recruiter_copy', 'late_request')
    """,
}


async def assert_fits() -> None:
    """Assert that seats, times, states, history and deliveries of every booking fit, and that the ledger is 0."""
    misfits = {name: await db.fetch(query) for name, query in _MISFITS.items()}
    assert {name: rows for name, rows in misfits.items() if rows} == {}
    assert await unaccounted() == 0
