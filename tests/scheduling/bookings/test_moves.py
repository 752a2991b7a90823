"""Moving a booking, on a real database: what changes, what stays, who hears of it, and what is refused."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

import factories
from factories import TESTS, make_slot, rows, soon
from hireloop import db, errors
from hireloop.scheduling.audit import Action, Actor
from hireloop.scheduling.bookings import bookings, cancellations, confirmations, reminders
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.people.jobs import create as create_job
from hireloop.scheduling.sessions import lifecycle, links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from scheduling.factories import OUTBOX, RECRUITER, book, lease, move, settle_sent
from scheduling.records import assert_fits, entries, past, told

pytestmark = pytest.mark.usefixtures("database")


async def payload(kind: str, revision: int) -> dict[str, Any]:
    found = await db.fetch_value("SELECT payload::text FROM delivery WHERE kind = $1 AND revision = $2", kind, revision)
    decoded: dict[str, Any] = json.loads(found)
    return decoded


async def test_a_moved_booking_keeps_its_id_and_its_link_and_has_the_times_of_its_new_slot() -> None:
    before = await book()
    await confirmations.confirm(before.id, by=RECRUITER, outbox=OUTBOX)
    slot = await make_slot(starts_at=soon(300), minutes=30)
    at = soon()
    assert await move(before, slot, now=at)
    after = await bookings.find(before.id)
    (start,) = [row["starts_at"] for row in await rows("slot") if row["id"] == slot]
    assert (after.slot, after.state, after.revision) == (slot, "pending", 2)
    assert (after.starts_at, after.ends_at) == (start, start + timedelta(minutes=30))
    assert (after.session.id, after.session.key_version) == (before.session.id, before.session.key_version)
    assert (after.session.opens_at, after.session.closes_at) == (
        start - timedelta(seconds=30),
        start + timedelta(seconds=600),
    )
    (row,) = await rows("schedule")
    assert row["reminded_at"] == at
    assert sorted(row["taken"] for row in await rows("slot")) == [0, 1]
    await assert_fits()


async def test_who_may_know_of_the_old_time_hears_that_it_moved_and_who_cannot_is_invited() -> None:
    quiet = await book()
    await move(quiet, await make_slot(starts_at=soon(300)), reason="Room change")
    assert await told(quiet) == [
        ("invitation", 1, "superseded"),
        ("recruiter_copy", 1, "superseded"),
        ("invitation", 2, "pending"),
        ("recruiter_copy", 2, "pending"),
    ]
    assert (await payload("recruiter_copy", 2))["change"] == "rescheduled"
    await lease()
    await move(quiet, await make_slot(starts_at=soon(600)), reason="The room is taken.")
    assert await told(quiet, 3) == [("recruiter_copy", 3, "pending"), ("rescheduled", 3, "pending")]
    said = await payload("rescheduled", 3)
    assert said["reason"] == "The room is taken."
    assert datetime.fromisoformat(said["previous_starts_at"]) < datetime.fromisoformat(said["starts_at"])
    assert UUID(said["session_id"]) == quiet.session.id
    await assert_fits()


async def test_a_mail_that_is_just_being_sent_is_superseded_and_its_answer_is_kept() -> None:
    booking = await book()
    taken = await lease()
    await move(booking, await make_slot(starts_at=soon(300)))
    assert await told(booking, 2) == [("recruiter_copy", 2, "pending"), ("rescheduled", 2, "pending")]
    assert await settle_sent(taken) == set()
    (old,) = [row for row in await rows("delivery") if row["id"] == taken.id]
    assert (old["state"], old["sent_at"] is not None) == ("superseded", True)
    await assert_fits()
    assert await settle_sent(await lease(now=soon(1)))
    await assert_fits()


async def test_to_the_slot_where_it_is_nothing_happens_and_the_candidates_word_stays() -> None:
    booking = await book()
    await confirmations.confirm(booking.id, by=RECRUITER, outbox=OUTBOX)
    before = [await rows(table) for table in ("schedule", "slot", "session", "delivery", "audit_entry")]
    assert not await move(booking, booking.slot, rule=lambda _: errors.TooManyChanges())
    assert [await rows(table) for table in ("schedule", "slot", "session", "delivery", "audit_entry")] == before
    with pytest.raises(errors.SlotPast, match="reschedule"):
        await move(booking, booking.slot, now=booking.session.closes_at + timedelta(seconds=1))


async def test_the_history_and_the_audit_say_who_moved_it_from_where_to_where_and_why() -> None:
    booking = await book()
    slot = await make_slot(starts_at=soon(300))
    await move(booking, slot, reason="Room change", by=RECRUITER)
    (one,) = await past(booking)
    assert (one.change, one.by, one.revision, one.reason) == (
        BookingChange.RESCHEDULED,
        RECRUITER.name,
        2,
        "Room change",
    )
    assert one.moved is not None
    assert (one.moved.from_slot, one.moved.from_starts_at) == (booking.slot, booking.starts_at)
    assert one.moved.to_slot == slot
    entry = (await entries(booking.id))[0]
    assert (entry.action, entry.actor) == (Action.SCHEDULE_RESCHEDULED, RECRUITER.name)
    assert (entry.details["revision"], entry.details["reason"]) == (2, "Room change")
    assert entry.details["moved"]["to_slot"] == str(slot)


async def test_a_slot_that_takes_nobody_takes_no_move_either_and_nothing_is_written() -> None:
    booking = await book()
    other_job, _ = await create_job(JobFields(title="Cook", company="Example Labs"), by=TESTS)
    full = await make_slot(starts_at=soon(300))
    await book(slot=full)
    withdrawn = await make_slot(starts_at=soon(400))
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    past_slot = await make_slot(starts_at=soon(-10.1))
    elsewhere = await make_slot(starts_at=soon(500), job=other_job.id)
    free, last_moment = await make_slot(starts_at=soon(600)), await make_slot(starts_at=soon(-9))
    before = [await rows(table) for table in ("schedule", "slot", "session", "delivery", "audit_entry")]
    for slot, error in (
        (full, errors.SlotFull),
        (withdrawn, errors.SlotWithdrawn),
        (past_slot, errors.SlotPast),
        (elsewhere, errors.BadInput),
        (db.new_id(), errors.NotFound),
    ):
        with pytest.raises(error):
            await move(booking, slot)
    with pytest.raises(errors.ChangeTooLate):
        await move(booking, free, rule=lambda _: errors.ChangeTooLate())
    assert [await rows(table) for table in ("schedule", "slot", "session", "delivery", "audit_entry")] == before
    assert await move(booking, last_moment)
    await assert_fits()


async def test_a_candidate_is_nowhere_twice_but_may_move_into_their_own_time() -> None:
    address = "asha@example.com"
    booking = await book(60, email=address)
    other = await book(300, email=address)
    taken = await make_slot(starts_at=soon(310))
    with pytest.raises(errors.CandidateBusy):
        await move(booking, taken)
    await assert_fits()
    assert await move(booking, await make_slot(starts_at=soon(75)))  # overlaps nothing but its own old time
    await cancellations.cancel(other.id, by=RECRUITER, reason="", outbox=OUTBOX)
    assert await move(booking, taken)
    await assert_fits()


async def test_what_is_over_or_under_way_is_not_moved() -> None:
    slot = await make_slot(starts_at=soon(300), seats=9)
    booking = await book(0)
    await sessions.enter(booking.session.id, 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewInProgress):
        await move(booking, slot)
    await sessions.leave(booking.session.id, 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewClosed):
        await move(booking, slot)
    cancelled = await book()
    await cancellations.cancel(cancelled.id, by=RECRUITER, reason="", outbox=OUTBOX)
    for target in (slot, cancelled.slot):
        with pytest.raises(errors.ScheduleCancelled):
            await move(cancelled, target)
    with pytest.raises(errors.NotFound, match="no schedule"):
        await move(msgspec.structs.replace(booking, id=db.new_id()), slot)
    await assert_fits()


async def test_a_no_show_that_asked_for_another_time_gets_one() -> None:
    booking = await book(60)
    late = booking.session.closes_at + timedelta(minutes=1)
    await db.fetch("UPDATE session SET late_requested_at = $1", late)
    assert await lifecycle.note_due(outbox=OUTBOX, grace_seconds=600, now=late) == 1
    slot = await make_slot(starts_at=late + timedelta(hours=3))
    assert await move(booking, slot, now=late)
    (interview,) = await rows("interview")
    assert interview["state"] == "scheduled"
    visit = await sessions.visit(booking.session.id, now=late)
    assert (visit.state, visit.current_late_request_at) == (SessionState.SCHEDULED, None)
    await assert_fits()
    entered = await sessions.enter(booking.session.id, 1, outbox=OUTBOX, now=visit.opens_at)
    assert entered.state is SessionState.ENTERED


async def test_a_withdrawn_link_is_replaced_by_a_move_and_the_mail_does_not_say_that_it_stays() -> None:
    booking = await book()
    await settle_sent(await lease())
    await links.revoke(booking.session.id, by=RECRUITER)
    await move(booking, await make_slot(starts_at=soon(300)))
    after = (await bookings.find(booking.id)).session
    assert (after.id, after.key_version, after.revoked_at) == (booking.session.id, 2, None)
    assert await told(booking, 3) == [("invitation", 3, "pending"), ("recruiter_copy", 3, "pending")]
    assert (await payload("invitation", 3))["key_version"] == 2
    await assert_fits()


async def test_a_moved_booking_is_reminded_of_its_new_time_and_of_nothing_else() -> None:
    leads = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}
    start = soon(60 * 24 * 5)
    booking = await book(slot=await make_slot(starts_at=start))
    assert await reminders.put_due(OUTBOX, leads, now=start - timedelta(hours=24)) == 1
    later = start + timedelta(days=3)
    await move(booking, await make_slot(starts_at=later), now=start - timedelta(hours=20))
    assert ("reminder", 1, "superseded") in await told(booking)
    assert await reminders.put_due(OUTBOX, leads, now=start - timedelta(hours=1)) == 0
    assert await reminders.put_due(OUTBOX, leads, now=later - timedelta(hours=24)) == 1
    assert (await payload("reminder", 2))["lead"] == "24h"


async def test_a_move_by_the_candidate_says_so() -> None:
    booking = await book()
    await move(booking, await make_slot(starts_at=soon(300)), by=Actor("the candidate"))
    assert (await payload("recruiter_copy", 2))["by"] == "the candidate"
    again = await factories.book(slot=booking.slot, outbox=OUTBOX)
    assert again.booking.slot == booking.slot  # the seat that was left is free
    await assert_fits()
