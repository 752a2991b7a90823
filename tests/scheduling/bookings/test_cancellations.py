"""Cancelling a booking, on a real database."""

from uuid import UUID

import pytest

from factories import OUTBOX, book, rows, unaccounted
from hireloop import db, errors
from hireloop.scheduling.audit import Action, AuditFilter
from hireloop.scheduling.audit import page as audit_page
from hireloop.scheduling.bookings import bookings, cancellations
from hireloop.scheduling.sessions import sessions
from notify.factories import leased
from scheduling.factories import RECRUITER

pytestmark = pytest.mark.usefixtures("database")


async def cancel(schedule_id: UUID, reason: str = "") -> bool:
    return await cancellations.cancel(schedule_id, by=RECRUITER, reason=reason, outbox=OUTBOX)


async def kinds(schedule_id: UUID) -> list[tuple[str, int, str]]:
    found = await db.fetch("SELECT kind, revision, state FROM delivery WHERE schedule = $1 ORDER BY id", schedule_id)
    return [tuple(row) for row in found]


async def test_a_cancelled_booking_gives_its_seat_back_and_its_interview_can_be_booked_again() -> None:
    booked = await book()
    assert await cancel(booked.booking.id, "The position is filled.")
    (slot,), (interview,) = await rows("slot"), await rows("interview")
    assert (slot["taken"], interview["state"], interview["started_at"]) == (0, "open", None)
    after = await bookings.find(booked.booking.id)
    assert (after.state.value, after.revision) == ("cancelled", 2)
    again = await book(booked.booking.interview, slot["id"])
    assert again.booking.id != booked.booking.id
    assert await unaccounted() == 0


async def test_an_invitation_that_nobody_tried_is_superseded_and_the_candidate_hears_nothing() -> None:
    booked = await book()
    await cancel(booked.booking.id)
    assert await kinds(booked.booking.id) == [("invitation", 1, "superseded")]
    assert await unaccounted() == 0


async def test_a_candidate_whose_invitation_may_have_arrived_is_told() -> None:
    booked = await book()
    await leased()
    await cancel(booked.booking.id)
    told = [kind for kind, revision, state in await kinds(booked.booking.id) if state == "pending" and revision == 2]
    assert told == ["cancelled"]
    assert await unaccounted() == 0


async def test_cancelling_twice_is_cancelling_once() -> None:
    booked = await book()
    assert await cancel(booked.booking.id)
    before = [await rows(table) for table in ("schedule", "slot", "delivery", "audit_entry")]
    assert not await cancel(booked.booking.id)
    assert [await rows(table) for table in ("schedule", "slot", "delivery", "audit_entry")] == before


async def test_the_history_and_the_audit_say_who_cancelled_and_why() -> None:
    booked = await book()
    await cancel(booked.booking.id, "The position is filled.")
    (schedule,) = await rows("schedule")
    assert '"cancelled"' in schedule["changes"]
    assert "The position is filled." in schedule["changes"]
    entry = (await audit_page(AuditFilter(subject=booked.booking.id), limit=9, after=None))[0]
    assert (entry.action, entry.actor) == (Action.SCHEDULE_CANCELLED, "Asha's recruiter")
    assert entry.details == {"revision": 2, "reason": "The position is filled."}


async def test_who_has_entered_is_not_cancelled() -> None:
    booked = await book(minutes=0.1)
    session = booked.booking.session
    assert (await sessions.enter(session.id, session.key_version, outbox=OUTBOX)).entered_at
    with pytest.raises(errors.InterviewInProgress):
        await cancel(booked.booking.id)
    await sessions.leave(session.id, session.key_version, outbox=OUTBOX)
    with pytest.raises(errors.InterviewClosed):
        await cancel(booked.booking.id)


async def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        await cancel(db.new_id())
