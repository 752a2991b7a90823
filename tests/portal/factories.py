"""How booked interviews for the portal's tests are made, straight in the database; the pool must be open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import structs

import factories
from factories import make_slot, outbox_of
from hireloop import db, session_keys
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.settings import Settings
from sample_channels import EMAIL, chat

OUTBOX = outbox_of(structs.replace(EMAIL, kinds=EMAIL.kinds | {"late_request"}), chat("recruiter_copy", "declined"))


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


_LONG = (
    "Verantwortliche Softwareentwicklungsingenieurin (Donaudampfschifffahrtselektrizitätenhaupt".ljust(119, "x") + ")"
)
_UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "s" * 40
# Whose every word is longer than a line of a phone.
WIDEST = Person(
    name=_UNBROKEN, title=_LONG, company=_UNBROKEN, notes=_UNBROKEN, time_zone="America/Argentina/Buenos_Aires"
)


class BookingResult(msgspec.Struct, frozen=True, kw_only=True):
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
) -> BookingResult:
    """Book one interview that starts in so many seconds, or at this very moment."""
    interview, slot = await _insert(person or Person(), at or datetime.now(UTC) + timedelta(days=1))
    windows = WindowSettings(settings.portal_early_seconds, settings.portal_late_seconds)
    booked = await factories.book(interview, slot, notes=(person or Person()).notes, outbox=OUTBOX, windows=windows)
    session = booked.booking.session
    key = session_keys.mint(settings.secrets[0], session.id, session.key_version)
    found = BookingResult(session_id=session.id, schedule_id=booked.booking.id, key=key)
    if at is None:
        await found.move(starts_in=starts_in)
    return found


async def offer(starts_at: datetime, *, minutes: float = 60, seats: int = 1, job: UUID | None = None) -> UUID:
    """Store a slot that bookings could be moved to, as long as theirs unless said otherwise."""
    return await make_slot(starts_at=starts_at, minutes=minutes, seats=seats, job=job)


async def _insert(who: Person, starts_at: datetime) -> tuple[UUID, UUID]:
    candidate, job, interview = (db.new_id() for _ in range(3))
    await db.fetch(
        "INSERT INTO candidate (id, full_name, email, time_zone, locale, created_at)"
        " VALUES ($1, $2, $3, $4, $5, now())",
        candidate,
        who.name,
        who.email,
        who.time_zone,
        who.locale,
    )
    known = await db.fetch_value("SELECT id FROM job WHERE title = $1 AND company = $2", who.title, who.company)
    if known is None:
        await db.fetch(
            "INSERT INTO job (id, title, company, recruiter_email, created_at) VALUES ($1, $2, $3, $4, now())",
            job,
            who.title,
            who.company,
            who.recruiter_email,
        )
    await db.fetch(
        "INSERT INTO interview (id, candidate, job, created_at) VALUES ($1, $2, $3, now())",
        interview,
        candidate,
        known or job,
    )
    return interview, await offer(starts_at)
