"""Booked interviews for the portal's tests, straight in the database; the pool must be open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from factories import TESTS
from hireloop import db, links
from hireloop.notify.channels import Channel
from hireloop.notify.outbox import Outbox
from hireloop.scheduling import schedules
from hireloop.scheduling.schedules import Windows
from hireloop.settings import Settings

_EMAIL = Channel(
    name="email",
    transport_name="email",
    fingerprint="x",
    required=True,
    personal=True,
    kinds=frozenset({"invitation", "rescheduled", "cancelled", "late_request"}),
    concurrency=1,
)
_CHAT = Channel(
    name="chat",
    transport_name="apprise",
    fingerprint="x",
    required=False,
    personal=False,
    kinds=frozenset({"recruiter_copy"}),
    concurrency=1,
)
OUTBOX = Outbox(channels=(_EMAIL, _CHAT), message_id_domain="hire.example")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to book, and for what."""

    name: str = "Asha Rao"
    email: str = "asha@example.com"
    time_zone: str | None = None
    locale: str | None = None
    title: str = "Backend Engineer"
    company: str = "Acme"
    recruiter_email: str | None = "rita@acme.example"
    notes: str = "Please have a pen ready."


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """One booked interview, as its candidate knows it."""

    session_id: UUID
    schedule_id: UUID
    key: str

    @property
    def path(self) -> str:
        return f"/i/{self.session_id}/"

    async def move(self, *, starts_in: float, lasts: float = 3600, early: float = 30, late: float = 600) -> None:
        """Put the start so many seconds from the database's now: what else would come to pass with time."""
        await db.fetch(
            """
            WITH moved AS (
                UPDATE schedule SET starts_at = now() + make_interval(secs => $2),
                    ends_at = now() + make_interval(secs => $2::float8 + $3)
                WHERE id = $1 RETURNING id, starts_at
            )
            UPDATE session SET opens_at = moved.starts_at - make_interval(secs => $4),
                closes_at = moved.starts_at + make_interval(secs => $5) FROM moved WHERE session.schedule = moved.id
            """,
            self.schedule_id,
            float(starts_in),
            float(lasts),
            float(early),
            float(late),
        )


async def book(
    settings: Settings,
    person: Person | None = None,
    *,
    starts_in: float = 86_400,
    at: datetime | None = None,
) -> Booked:
    """Book one interview that starts in so many seconds, or at this very moment."""
    interview, slot = await _insert(person or Person(), at or datetime.now(UTC) + timedelta(days=1))
    booked = await schedules.book(
        interview,
        slot,
        booking_notes=(person or Person()).notes,
        booked_by=TESTS,
        outbox=OUTBOX,
        windows=Windows(settings.portal_early_seconds, settings.portal_late_seconds),
    )
    session = booked.booking.session
    key = links.mint(settings.secrets[0], session.id, session.key_version)
    found = Booked(session_id=session.id, schedule_id=booked.booking.id, key=key)
    if at is None:
        await found.move(starts_in=starts_in)
    return found


async def offer(starts_at: datetime, *, minutes: float = 60, seats: int = 1, job: UUID | None = None) -> UUID:
    """Store a slot that bookings could be moved to, as long as theirs unless said otherwise."""
    slot = db.new_id()
    await db.fetch(
        "INSERT INTO slot (id, starts_at, ends_at, seats, job) VALUES ($1, $2, $3, $4, $5)",
        slot,
        starts_at,
        starts_at + timedelta(minutes=minutes),
        seats,
        job,
    )
    return slot


async def everything() -> dict[str, list[str]]:
    """Return every row of every table, with the transaction that wrote it: to be compared with a later reading."""
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    found = {}
    for name in (row["tablename"] for row in tables):
        rows = await db.fetch(f"SELECT t::text || ' ' || t.xmin::text AS row FROM {name} t ORDER BY 1")  # noqa: S608 (a name from the catalogue)
        found[name] = [row["row"] for row in rows]
    return found


async def _insert(who: Person, starts_at: datetime) -> tuple[UUID, UUID]:
    candidate, job, interview, slot = (db.new_id() for _ in range(4))
    await db.fetch(
        "INSERT INTO candidate (id, full_name, email, time_zone, locale) VALUES ($1, $2, $3, $4, $5)",
        candidate,
        who.name,
        who.email,
        who.time_zone,
        who.locale,
    )
    known = await db.fetch_value("SELECT id FROM job WHERE title = $1 AND company = $2", who.title, who.company)
    if known is None:
        await db.fetch(
            "INSERT INTO job (id, title, company, recruiter_email) VALUES ($1, $2, $3, $4)",
            job,
            who.title,
            who.company,
            who.recruiter_email,
        )
    await db.fetch("INSERT INTO interview (id, candidate, job) VALUES ($1, $2, $3)", interview, candidate, known or job)
    await db.fetch(
        "INSERT INTO slot (id, starts_at, ends_at) VALUES ($1, $2, $3)",
        slot,
        starts_at,
        starts_at + timedelta(hours=1),
    )
    return interview, slot
