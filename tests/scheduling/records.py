"""What is on record of a booking: who was told, its audit, its history; and that all of it fits together."""

from uuid import UUID

from factories import unaccounted
from hireloop import db
from hireloop.scheduling import audit
from hireloop.scheduling.audit import AuditEntryDetails, AuditFilter
from hireloop.scheduling.bookings import history
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.history import HistoryEntry


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


async def entries(subject: UUID) -> list[AuditEntryDetails]:
    """Return the audit of one thing, newest first."""
    return await audit.page(AuditFilter(subject=subject), limit=50, after=None)


async def past(booking: Booking) -> list[HistoryEntry]:
    return history.read(await db.fetch_value("SELECT changes::text FROM schedule WHERE id = $1", booking.id))


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
        WHERE d.state = 'pending' AND d.revision < sc.revision
          AND d.kind IN ('invitation', 'rescheduled', 'cancelled', 'reminder')
    """,
}


async def assert_fits() -> None:
    """Assert that seats, times, states, history and deliveries of every booking fit, and that the ledger is 0."""
    misfits = {name: await db.fetch(query) for name, query in _MISFITS.items()}
    assert {name: rows for name, rows in misfits.items() if rows} == {}
    assert await unaccounted() == 0
