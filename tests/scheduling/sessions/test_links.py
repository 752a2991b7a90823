"""New links and revoked ones: which key opens what, who is told, and what becomes of everything around them."""

import json
from datetime import timedelta

import pytest

from factories import rows, soon, unaccounted
from hireloop import db, errors
from hireloop.notify.deliveries import deliveries, replay
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.deliveries.skips import Skip
from hireloop.scheduling.audit import Action
from hireloop.scheduling.bookings import bookings, cancellations, reminders
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.sessions import late_requests, lifecycle, links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from sample_channels import MAIL
from scheduling.factories import CHAT, OUTBOX, RECRUITER, book, lease, settle_sent
from scheduling.records import assert_fits, entries, past, told

pytestmark = pytest.mark.usefixtures("database")

LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}


async def reissue(booking: Booking) -> None:
    await links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX)


async def revoke(booking: Booking) -> bool:
    return await links.revoke(booking.session.id, by=RECRUITER)


async def invitation_state(booking: Booking) -> str:
    after = await bookings.find(booking.id)
    found = await deliveries.of_schedules([booking.id], [MAIL, CHAT])
    return deliveries.invitation_state(found, revision=after.revision, now=after.now).value


async def test_a_new_link_ends_the_old_one_and_the_candidate_is_invited_anew() -> None:
    booking = await book(0)
    await reissue(booking)
    after = await bookings.find(booking.id)
    assert (after.revision, after.session.key_version, after.starts_at) == (2, 2, booking.starts_at)
    assert await told(booking) == [
        ("invitation", 1, "superseded"),
        ("recruiter_copy", 1, "pending"),  # they have not heard of the booking yet, and it stands
        ("invitation", 2, "pending"),
    ]
    payload = await db.fetch_value("SELECT payload::text FROM delivery WHERE revision = 2")
    assert json.loads(payload)["key_version"] == 2
    assert (await sessions.enter(booking.session.id, 1, outbox=OUTBOX)).entered_at is None
    assert (await sessions.enter(booking.session.id, 2, outbox=OUTBOX)).state is SessionState.ENTERED
    await assert_fits()


async def test_the_history_and_the_audit_say_who_changed_the_link() -> None:
    booking = await book()
    await reissue(booking)
    await revoke(booking)
    assert [(one.change, one.revision) for one in await past(booking)] == [
        (BookingChange.REISSUED, 2),
        (BookingChange.REVOKED, 3),
    ]
    known = await entries(booking.session.id)
    assert [entry.action for entry in known] == [Action.SESSION_REVOKED, Action.SESSION_REISSUED]
    assert {entry.actor for entry in known} == {RECRUITER.name}
    assert known[0].candidate == (await rows("candidate"))[0]["id"]


async def test_the_reason_of_a_withdrawal_is_in_the_history_and_the_audit_and_told_to_nobody() -> None:
    booking = await book()
    assert await links.revoke(booking.session.id, by=RECRUITER, reason="Forwarded to a friend")
    assert [(one.change, one.reason) for one in await past(booking)] == [
        (BookingChange.REVOKED, "Forwarded to a friend")
    ]
    (entry,) = await entries(booking.session.id)
    assert entry.details["reason"] == "Forwarded to a friend"
    assert [one for one in await rows("delivery") if "Forwarded" in str(one["payload"])] == []


async def test_a_withdrawal_may_be_refused_by_a_rule_but_not_a_second_time() -> None:
    booking = await book()

    async def asked() -> bool:
        return await links.revoke(booking.session.id, by=RECRUITER, rule=lambda _: errors.ChangedSince())

    with pytest.raises(errors.ChangedSince):
        await asked()
    assert await past(booking) == []
    await revoke(booking)
    assert not await asked(), "it is done already, whatever the rule says"


async def test_a_withdrawn_link_opens_nothing_and_nobody_is_told() -> None:
    booking = await book(0)
    assert await revoke(booking)
    assert (await sessions.enter(booking.session.id, 1, outbox=OUTBOX)).state is SessionState.REVOKED
    assert await told(booking) == [("invitation", 1, "superseded"), ("recruiter_copy", 1, "pending")]
    assert await invitation_state(booking) == "none"
    assert (await bookings.find(booking.id)).state == "pending"
    await assert_fits()
    before = [await rows(table) for table in ("schedule", "session", "delivery", "audit_entry")]
    assert not await revoke(booking)
    assert [await rows(table) for table in ("schedule", "session", "delivery", "audit_entry")] == before


async def test_a_mail_under_way_while_the_link_is_revoked_or_replaced_is_accounted_for() -> None:
    booking = await book()
    first = await lease()
    await revoke(booking)
    assert await settle_sent(first) == set()
    await assert_fits()
    await reissue(booking)
    second = await lease()
    await reissue(booking)
    assert await settle_sent(second) == set()
    await assert_fits()
    assert await settle_sent(await lease())
    assert await invitation_state(booking) == "sent"
    assert {row["state"] for row in await rows("delivery") if row["required"]} == {"superseded", "sent"}


async def test_of_a_withdrawn_link_no_delivery_is_replayed_until_there_is_a_new_one() -> None:
    booking = await book()
    await db.fetch("UPDATE delivery SET state = 'rejected' WHERE required")
    await revoke(booking)
    (old,) = [row["id"] for row in await rows("delivery") if row["required"]]
    (result,) = await replay.batch(ReplayFilter(ids=(old,)), [MAIL, CHAT], limit=1)
    assert result.skip is Skip.SUPERSEDED
    await reissue(booking)
    await db.fetch("UPDATE delivery SET state = 'rejected' WHERE revision = 3")
    (new,) = [row["id"] for row in await rows("delivery") if row["revision"] == 3]
    assert [one.skip for one in await replay.batch(ReplayFilter(ids=(old, new)), [MAIL, CHAT], limit=2)] == [
        Skip.SUPERSEDED,
        None,
    ]


async def test_who_knows_of_an_interview_hears_that_it_is_off_even_without_a_link() -> None:
    booking = await book()
    await settle_sent(await lease())
    await revoke(booking)
    await cancellations.cancel(booking.id, by=RECRUITER, reason="", outbox=OUTBOX)
    assert ("cancelled", 3, "pending") in await told(booking)
    assert await unaccounted() == 0
    await db.fetch("DELETE FROM delivery WHERE kind = 'cancelled'")
    assert await unaccounted() == 1  # the ledger asks for it
    unheard = await book()
    await revoke(unheard)
    await cancellations.cancel(unheard.id, by=RECRUITER, reason="", outbox=OUTBOX)
    assert await told(unheard, 3) == [("recruiter_copy", 3, "pending")]
    assert await unaccounted() == 1


async def test_no_reminder_without_a_link_and_none_beside_a_new_one() -> None:
    start = soon(60 * 24 * 5)
    booking = await book(60 * 24 * 5, at=soon())
    await revoke(booking)
    assert await reminders.put_due(OUTBOX, LEADS, now=start - timedelta(hours=23)) == 0
    await links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX, now=start - timedelta(hours=22))
    assert await reminders.put_due(OUTBOX, LEADS, now=start - timedelta(hours=21)) == 0
    assert await reminders.put_due(OUTBOX, LEADS, now=start - timedelta(minutes=59)) == 1
    payload = await db.fetch_value("SELECT payload::text FROM delivery WHERE kind = 'reminder'")
    assert json.loads(payload)["key_version"] == 2


async def test_without_a_link_nobody_asks_for_another_time_and_nobody_is_a_no_show() -> None:
    booking = await book()
    await revoke(booking)
    late = booking.session.closes_at + timedelta(minutes=1)
    assert not await late_requests.ask(booking.session.id, 1, outbox=OUTBOX, alert_email="", now=late)
    assert await lifecycle.note_due(outbox=OUTBOX, grace_seconds=600, now=late) == 0
    assert [row["state"] for row in await rows("interview")] == ["scheduled"]


async def test_a_request_for_another_time_still_goes_out_when_the_link_is_revoked() -> None:
    booking = await book()
    late = booking.session.closes_at + timedelta(minutes=1)
    assert await late_requests.ask(booking.session.id, 1, outbox=OUTBOX, alert_email="", now=late)
    await links.revoke(booking.session.id, by=RECRUITER, now=late)
    assert ("late_request", 1, "pending") in await told(booking)


async def test_what_is_over_or_under_way_keeps_its_link() -> None:
    cancelled = await book()
    await cancellations.cancel(cancelled.id, by=RECRUITER, reason="", outbox=OUTBOX)
    entered = await book(0)
    await sessions.enter(entered.session.id, 1, outbox=OUTBOX)
    left = await book(0)
    await sessions.enter(left.session.id, 1, outbox=OUTBOX)
    await sessions.leave(left.session.id, 1, outbox=OUTBOX)
    for booking, error in (
        (cancelled, errors.ScheduleCancelled),
        (entered, errors.InterviewInProgress),
        (left, errors.InterviewClosed),
    ):
        for change in (reissue, revoke):
            with pytest.raises(error):
                await change(booking)
    closed = await book()
    with pytest.raises(errors.SlotPast, match="reschedule"):
        await links.reissue(
            closed.session.id, by=RECRUITER, outbox=OUTBOX, now=closed.session.closes_at + timedelta(seconds=1)
        )
    for work in (
        links.reissue(db.new_id(), by=RECRUITER, outbox=OUTBOX),
        links.revoke(db.new_id(), by=RECRUITER),
    ):
        with pytest.raises(errors.NotFound, match="no session"):
            await work
    await assert_fits()
