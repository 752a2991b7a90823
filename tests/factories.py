"""What the rooms' tests share: people, jobs, slots and bookings, straight in the database or over the API."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx

from hireloop import db
from hireloop.notify.deliveries import ledger
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.transport import Channel
from hireloop.scheduling import interviews
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import booking
from hireloop.scheduling.bookings.booking import BookingResult, WindowSettings
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotFields
from sample_channels import EMAIL

WINDOWS = WindowSettings(30, 600)
TESTS = Actor("tests")  # who books in tests


def outbox_of(*channels: Channel) -> Outbox:
    return Outbox(channels=channels, message_id_domain="hire.example")


OUTBOX = outbox_of(EMAIL)


class Posts(Protocol):
    """An HTTP client, asynchronous."""

    async def post(self, url: str, *, json: object) -> Any: ...  # noqa: ANN401 (any client's response)


def soon(minutes: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def candidate_fields(**fields: object) -> dict[str, object]:
    return {"full_name": "Asha Rao", "email": f"asha.{uuid4().hex[:12]}@example.com", **fields}


def job_fields(**fields: object) -> dict[str, object]:
    return {"title": "Backend Engineer", "company": "Example Labs", **fields}


async def make_interview(**candidate: object) -> UUID:
    """Store an interview of a new candidate and the sample job; the pool must be open."""
    person = CandidateFields(**candidate_fields(**candidate))  # type: ignore[arg-type] # texts
    return (await interviews.create(person, JobFields(title="Backend Engineer", company="Example Labs"), by=TESTS)).id


async def make_slot(*, starts_at: datetime | None = None, minutes: float = 45, **fields: Any) -> UUID:  # noqa: ANN401 (each field has its own type)
    """Store a slot that starts in an hour unless said otherwise; the pool must be open."""
    starts_at = starts_at or soon(60)
    new = SlotFields(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), **fields)
    return (await slots.create(new, by=TESTS)).id


async def book(
    interview: UUID | None = None,
    slot: UUID | None = None,
    *,
    starts_at: datetime | None = None,
    minutes: float = 60,
    notes: str = "",
    outbox: Outbox = OUTBOX,
    windows: WindowSettings = WINDOWS,
    now: datetime | None = None,
    **candidate: object,
) -> BookingResult:
    """Book an interview into a slot: a new candidate's unless it is given, in so many minutes or at `starts_at`."""
    return await booking.book(
        interview or await make_interview(**candidate),
        slot or await make_slot(starts_at=starts_at or soon(minutes)),
        booking_notes=notes,
        booked_by=TESTS,
        outbox=outbox,
        windows=windows,
        now=now,
    )


async def post_interview(client: Posts, **candidate: object) -> str:
    response = await client.post(
        "/api/interviews/", json={"candidate": candidate_fields(**candidate), "job": job_fields()}
    )
    assert response.status_code == 201, response.text
    ident: str = response.json()["id"]
    return ident


async def post_slot(client: Posts, *, starts_at: datetime | None = None, minutes: float = 45, **fields: Any) -> str:  # noqa: ANN401 (each field has its own type)
    starts_at = starts_at or soon(60)
    body = {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(minutes=minutes)).isoformat(),
        **fields,
    }
    response = await client.post("/api/interviews/slots/", json=body)
    assert response.status_code == 201, response.text
    ident: str = response.json()["id"]
    return ident


def post_all(client: httpx.Client) -> httpx.Response:
    """Store an interview and a slot, book the one into the other, and return the last answer; all of it blocks."""
    body = {"candidate": candidate_fields(), "job": job_fields()}
    interview = client.post("/api/interviews/", json=body).json()["id"]
    times = {"starts_at": soon(60).isoformat(), "ends_at": soon(90).isoformat()}
    slot = client.post("/api/interviews/slots/", json=times).json()["id"]
    return client.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})


async def unaccounted(*, now: datetime | None = None) -> int:
    """Return the ledger's result; the pool must be open."""
    return (await ledger.read(now=now)).unaccounted


async def rows(table: str) -> list[dict[str, Any]]:
    """Return every row of a table in a stable order."""
    return [dict(row) for row in await db.fetch(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608 (our own names)
