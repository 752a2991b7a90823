"""A candidate's address changes while bookings stand, on a real database."""

import asyncio
from uuid import UUID

import pytest

import factories
from factories import OUTBOX, TESTS, make_interview, make_slot, rows, soon, unaccounted
from hireloop import db, errors
from hireloop.scheduling import corrections, interviews
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.sessions import links, sessions

pytestmark = pytest.mark.usefixtures("database")

OLD, NEW = "asah@example.com", "asha@example.com"


async def book(interview: UUID, minutes: float) -> BookingResult:
    slot = await make_slot(starts_at=soon(minutes), minutes=0.1)
    return await factories.book(interview, slot, notes="Bring an idea.")


async def another(interview: UUID) -> UUID:
    """Return one more interview of the same two."""
    known = await interviews.find(interview)
    return (await interviews.create(known.candidate, known.job, by=TESTS)).id


async def move_to(address: str, interview: UUID) -> int:
    candidate = (await interviews.find(interview)).candidate
    changed = await corrections.change(candidate, CandidatePatch(email=address), by=TESTS, outbox=OUTBOX)
    assert changed.candidate.email == address == (await candidates.find(candidate)).email
    return changed.invited_anew


async def told(schedule_id: UUID) -> list[tuple[str, int, str, str]]:
    found = await db.fetch(
        "SELECT kind, revision, recipient, state FROM delivery WHERE schedule = $1 ORDER BY id", schedule_id
    )
    return [tuple(row) for row in found]


async def test_what_is_to_come_is_told_to_the_new_address_and_unsent_mail_to_the_old_one_never_leaves() -> None:
    interview = await make_interview(email=OLD)
    first, second = await book(interview, 60), await book(await another(interview), 120)
    assert await move_to(NEW, interview) == 2
    for booked in (first.booking, second.booking):
        assert await told(booked.id) == [
            ("invitation", 1, OLD, "superseded"),
            ("invitation", 2, NEW, "pending"),
        ]
    (history,) = [row["changes"] for row in await rows("schedule") if row["id"] == first.booking.id]
    assert '"address_changed"' in history
    (session,) = [row for row in await rows("session") if row["id"] == first.booking.session.id]
    assert session["key_version"] == 1  # the link stays
    payload = await db.fetch_value(
        "SELECT payload FROM delivery WHERE schedule = $1 AND revision = 2", first.booking.id
    )
    assert "Bring an idea." in payload
    assert await unaccounted() == 0


async def test_only_who_can_still_come_is_invited_anew() -> None:
    interview = await make_interview(email=OLD)
    entered, left, late, revoked, cancelled = [
        await book(interview if n == 0 else await another(interview), minutes)
        for n, minutes in enumerate((0, 0.2, 30, 60, 90))
    ]
    for booked in (entered, left):
        assert (await sessions.enter(booked.booking.session.id, 1, outbox=OUTBOX)).entered_at
    await sessions.leave(left.booking.session.id, 1, outbox=OUTBOX)
    await db.fetch(
        "UPDATE session SET opens_at = now() - interval '2 h', closes_at = now() - interval '1 h' WHERE id = $1",
        late.booking.session.id,
    )
    await links.revoke(revoked.booking.session.id, by=TESTS)
    await cancellations.cancel(cancelled.booking.id, by=TESTS, reason="", outbox=OUTBOX)
    before = await rows("delivery")
    assert await move_to(NEW, interview) == 0
    assert await rows("delivery") == before


async def test_another_spelling_of_the_same_address_sends_nothing() -> None:
    interview = await make_interview(email=OLD)
    await book(interview, 60)
    before = await rows("delivery"), await rows("schedule")
    assert await move_to(OLD.partition("@")[0].upper() + "@example.com", interview) == 0
    assert (await rows("delivery"), await rows("schedule")) == before


async def test_an_address_that_somebody_else_has_is_refused_and_nothing_is_changed() -> None:
    interview = await make_interview(email=OLD)
    await make_interview(email=NEW)
    await book(interview, 60)
    before = [await rows(table) for table in ("candidate", "schedule", "delivery", "audit_entry")]
    with pytest.raises(errors.AddressTaken):
        await move_to(NEW.upper(), interview)
    assert [await rows(table) for table in ("candidate", "schedule", "delivery", "audit_entry")] == before


async def test_a_booking_that_meets_a_change_of_address_is_told_at_the_new_one() -> None:
    for number in range(6):
        interview = await make_interview(email=f"old.{number}@example.com")
        address = f"new.{number}@example.com"
        booked, _ = await asyncio.gather(book(interview, 60), move_to(address, interview))
        pending = [one for one in await told(booked.booking.id) if one[3] == "pending"]
        assert [(kind, recipient) for kind, _, recipient, _ in pending] == [("invitation", address)]
    assert await unaccounted() == 0


async def test_of_two_addresses_at_once_the_last_one_is_told() -> None:
    interview = await make_interview(email=OLD)
    booked = await book(interview, 60)
    candidate = (await interviews.find(interview)).candidate
    changes = [CandidatePatch(email=f"{n}@example.com") for n in range(5)]
    await asyncio.gather(*(corrections.change(candidate, one, by=TESTS, outbox=OUTBOX) for one in changes))
    known = await candidates.find(candidate)
    *before, last = await told(booked.booking.id)
    assert last == ("invitation", 6, known.email, "pending")
    assert {state for *_, state in before} == {"superseded"}
    assert await unaccounted() == 0
