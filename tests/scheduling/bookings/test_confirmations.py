"""Confirming a booking: once, for a time that can still be kept, and without a word to the candidate."""

from datetime import timedelta

import pytest

from factories import rows
from hireloop import db, errors
from hireloop.scheduling.audit import CANDIDATE, Action
from hireloop.scheduling.bookings import bookings, cancellations, confirmations
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.sessions import lifecycle, links, sessions
from scheduling.factories import OUTBOX, RECRUITER, book
from scheduling.records import assert_fits, entries, past, told

pytestmark = pytest.mark.usefixtures("database")


async def test_a_confirmed_booking_keeps_its_revision_and_the_candidate_hears_nothing() -> None:
    booking = await book()
    assert await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
    after = await bookings.find(booking.id)
    assert (after.state, after.revision) == ("confirmed", 1)
    assert await told(booking) == [("invitation", 1, "pending"), ("recruiter_copy", 1, "pending")]
    (one,) = await past(booking)
    assert (one.change, one.by, one.revision, one.moved) == (BookingChange.CONFIRMED, "the candidate", 1, None)
    entry = (await entries(booking.id))[0]
    assert (entry.action, entry.actor, entry.details) == (Action.SCHEDULE_CONFIRMED, "the candidate", {"revision": 1})
    await assert_fits()


async def test_confirming_twice_is_confirming_once_even_when_it_is_too_late_by_then() -> None:
    booking = await book()
    await confirmations.confirm(booking.id, by=RECRUITER, outbox=OUTBOX)
    before = [await rows(table) for table in ("schedule", "delivery", "audit_entry")]
    after_all = booking.session.closes_at + timedelta(days=1)
    assert not await confirmations.confirm(booking.id, by=RECRUITER, outbox=OUTBOX, now=after_all)
    assert [await rows(table) for table in ("schedule", "delivery", "audit_entry")] == before


async def test_what_can_not_be_kept_any_more_is_not_confirmed() -> None:
    cancelled = await book()
    await cancellations.cancel(cancelled.id, by=RECRUITER, reason="", outbox=OUTBOX)
    with pytest.raises(errors.ScheduleCancelled):
        await confirmations.confirm(cancelled.id, by=RECRUITER, outbox=OUTBOX)
    missed = await book()
    late = missed.session.closes_at + timedelta(seconds=1)
    assert await lifecycle.note_due(outbox=OUTBOX, grace_seconds=600, now=late) == 1
    with pytest.raises(errors.SlotPast, match="reschedule"):
        await confirmations.confirm(missed.id, by=RECRUITER, outbox=OUTBOX, now=late)
    entered = await book(0)
    await sessions.enter(entered.session.id, 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewInProgress):
        await confirmations.confirm(entered.id, by=RECRUITER, outbox=OUTBOX)
    await sessions.leave(entered.session.id, 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewClosed):
        await confirmations.confirm(entered.id, by=RECRUITER, outbox=OUTBOX)
    with pytest.raises(errors.NotFound):
        await confirmations.confirm(db.new_id(), by=RECRUITER, outbox=OUTBOX)
    await assert_fits()


async def test_a_rule_of_the_caller_forbids_it_too() -> None:
    booking = await book()
    late = booking.session.closes_at + timedelta(seconds=1)  # the caller's word goes first then, too
    with pytest.raises(errors.ChangeTooLate):
        await confirmations.confirm(
            booking.id, by=CANDIDATE, outbox=OUTBOX, rule=lambda _: errors.ChangeTooLate(), now=late
        )
    assert (await bookings.find(booking.id)).state == "pending"


async def test_a_new_link_leaves_the_candidates_word_alone_and_so_does_a_withdrawn_one() -> None:
    booking = await book()
    await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
    await links.revoke(booking.session.id, by=RECRUITER)
    await links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX)
    after = await bookings.find(booking.id)
    assert (after.state, after.revision) == ("confirmed", 3)
    await assert_fits()


async def test_what_another_version_wrote_into_the_history_stays() -> None:
    booking = await book()
    await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
    await db.fetch("UPDATE schedule SET changes = jsonb_set(changes, '{0,weather}', '\"fine\"')")
    await links.revoke(booking.session.id, by=RECRUITER)
    (row,) = await db.fetch(
        "SELECT changes -> 0 ->> 'weather' AS weather, jsonb_array_length(changes) AS n FROM schedule"
    )
    assert (row["weather"], row["n"]) == ("fine", 2)
