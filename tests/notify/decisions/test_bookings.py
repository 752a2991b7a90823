"""What is decided of a message about one booking when it is due, on a real database."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from factories import TESTS, make_slot, rows, soon, unaccounted
from hireloop import db
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import deliveries, failures, leases, replay, unreported
from hireloop.scheduling import corrections
from hireloop.scheduling.bookings import bookings, cancellations, reminders
from hireloop.scheduling.bookings.bookings import Booking, BookingFilter
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.sessions import links
from notify.factories import settle, settlement
from sample_channels import MAIL
from scheduling.factories import CHAT, OUTBOX, RECRUITER, book, lease, move
from scheduling.records import assert_fits, told

pytestmark = pytest.mark.usefixtures("database")

LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}


def later(seconds: float = 60) -> datetime:
    """Return a moment at which the quiet time after a move is over."""
    return soon() + timedelta(seconds=seconds)


async def invited(**given: Any) -> Booking:  # noqa: ANN401 (each has its own type)
    """Book, and let the invitation and the recruiters' copy be sent."""
    booking = await book(24 * 60 * 3, **given)
    await settle(await lease())
    await send_copies()
    return booking


async def send_copies(now: datetime | None = None) -> None:
    at = now or later(10)
    for one in await leases.take("chat", limit=9, worker="w", kinds=["recruiter_copy"], now=at):
        await leases.settle([settlement(one)], now=at)


async def cancel(booking: Booking) -> None:
    assert await cancellations.cancel(booking.id, by=RECRUITER, reason="", outbox=OUTBOX)


async def payload(kind: str, revision: int) -> dict[str, Any]:
    query = "SELECT payload::text FROM delivery WHERE kind = $1 AND revision = $2"
    found: dict[str, Any] = json.loads(await db.fetch_value(query, kind, revision))
    return found


async def ends(revision: int) -> dict[str, tuple[str, int | None]]:
    """Return the state of each message of this revision, and which revision's said the same."""
    query = "SELECT kind, state, told_revision FROM delivery WHERE revision = $1"
    return {row["kind"]: (row["state"], row["told_revision"]) for row in await db.fetch(query, revision)}


async def moved_there_and_back(booking: Booking) -> None:
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await move(booking, booking.slot)
    assert await due.decide(now=later()) == 2


# --- Moves ------------------------------------------------------------------------------------------------------------


async def test_a_move_waits_for_another_one_and_never_past_an_hour_before_the_start() -> None:
    booking = await invited()
    at = soon()
    await move(booking, await make_slot(starts_at=at + timedelta(days=2)), now=at)
    far = {row["kind"]: row["due_at"] - at for row in await rows("delivery") if row["revision"] == 2}
    assert far == {"rescheduled": timedelta(seconds=20), "recruiter_copy": timedelta(seconds=25)}
    await move(booking, await make_slot(starts_at=at + timedelta(minutes=60, seconds=7)), now=at)
    await move(booking, await make_slot(starts_at=at + timedelta(minutes=30)), now=at)
    found = {row["revision"]: row["due_at"] - at for row in await rows("delivery") if row["kind"] == "rescheduled"}
    assert (found[3], found[4]) == (timedelta(seconds=7), timedelta())


async def test_a_move_there_and_back_is_said_to_nobody_and_everything_knows_the_invitation_by_it() -> None:
    booking = await invited()
    await moved_there_and_back(booking)
    assert await ends(3) == {"rescheduled": ("superseded", 1), "recruiter_copy": ("superseded", 1)}
    found = await deliveries.of_schedules([booking.id], [MAIL])
    assert deliveries.invitation_state(found, revision=3, now=soon()) == "sent"
    for state, expected in (("sent", [booking.id]), ("none", []), ("failed", [])):
        page = await bookings.page(BookingFilter(invitation_state=state), limit=9, after=None)
        assert [one.id for one in page] == expected
    await assert_fits()


async def test_an_invitation_that_bounces_after_all_is_reported_listed_and_replayed() -> None:
    booking = await invited()
    await moved_there_and_back(booking)
    query = "UPDATE delivery SET state = 'bounced', bounced_at = now() WHERE kind = 'invitation' RETURNING id"
    (row,) = await db.fetch(query)
    assert [one.id for one in await unreported.find(soon())] == [row["id"]]
    assert [one.id for one in await failures.page([MAIL], limit=9, after=None)] == [row["id"]]
    page = await bookings.page(BookingFilter(invitation_state="failed"), limit=9, after=None)
    assert [one.id for one in page] == [booking.id]
    assert await replay.one(row["id"], [MAIL, CHAT])
    assert await unaccounted() == 0


async def test_what_was_said_between_is_not_replayed() -> None:
    booking = await invited()
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await db.fetch("UPDATE delivery SET state = 'rejected', undecided = false WHERE kind = 'rescheduled'")
    await move(booking, booking.slot)
    await due.decide(now=later())
    (between,) = [row["id"] for row in await rows("delivery") if row["state"] == "rejected"]
    (result,) = await replay.batch(replay.ReplayFilter(ids=(between,)), [MAIL, CHAT], limit=1)
    assert result.skip == "superseded"


async def test_a_mail_that_was_sent_late_and_is_right_after_all_counts_as_sent() -> None:
    booking = await book(24 * 60 * 3)
    under_way = await lease()
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await move(booking, booking.slot)
    await settle(under_way)
    await due.decide(now=later())
    assert (await ends(1))["invitation"] == ("sent", None)
    assert (await ends(3))["rescheduled"] == ("superseded", 1)
    await assert_fits()


async def test_what_may_not_have_arrived_is_said_again() -> None:
    booking = await book(24 * 60 * 3)
    await settle(await lease(), "maybe")
    await moved_there_and_back(booking)
    assert (await ends(3))["invitation"] == ("pending", None)
    await assert_fits()


async def test_what_bounced_and_is_being_replayed_is_said_again() -> None:
    booking = await invited()
    (row,) = await db.fetch(
        "UPDATE delivery SET state = 'bounced', bounced_at = now() WHERE kind = 'invitation' RETURNING id"
    )
    assert await replay.one(row["id"], [MAIL, CHAT])
    await moved_there_and_back(booking)
    assert (await ends(3))["invitation"] == ("pending", None)
    await assert_fits()


async def test_a_move_with_a_new_link_that_has_not_arrived_is_an_invitation() -> None:
    booking = await invited()
    await links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX)
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await due.decide(now=later())
    assert (await payload("invitation", 3))["key_version"] == 2


async def test_at_a_new_address_nothing_has_moved_yet() -> None:
    booking = await invited(email="asah@example.com")
    await corrections.change(
        (await rows("candidate"))[0]["id"], CandidatePatch(email="asha@example.com"), by=TESTS, outbox=OUTBOX
    )
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    assert await told(booking, 3) == [("invitation", 3, "pending"), ("recruiter_copy", 3, "pending")]
    await cancel(booking)
    await due.decide()
    assert (await ends(4))["cancelled"] == ("pending", None)  # at the other address they have heard of it


# --- Cancellations ----------------------------------------------------------------------------------------------------


async def test_a_cancellation_is_of_the_time_that_the_candidate_knows() -> None:
    booking = await invited()
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await cancel(booking)
    await due.decide()
    said = await payload("cancelled", 3)
    assert (datetime.fromisoformat(said["starts_at"]), said["revision"]) == (booking.starts_at, 3)
    await assert_fits()


async def test_a_cancellation_is_from_the_organizer_of_the_entry_that_it_removes() -> None:
    booking = await invited()
    before = await payload("invitation", 1)
    await db.fetch("UPDATE job SET recruiter_email = 'tom@acme.example'")
    await cancel(booking)
    await due.decide()
    assert (await payload("cancelled", 2))["recruiter_email"] == before["recruiter_email"]
    assert before["recruiter_email"] != "tom@acme.example"


async def test_a_cancellation_does_not_overtake_an_invitation_that_is_under_way() -> None:
    booking = await book()
    under_way = await lease()
    await cancel(booking)
    await due.decide()
    assert [row["undecided"] for row in await rows("delivery") if row["kind"] == "cancelled"] == [True]
    await settle(under_way)
    await due.decide(now=later(2))
    assert (await lease(now=later(2))).kind == "cancelled"


async def test_what_a_worker_that_was_lost_had_under_way_is_waited_for_as_long_as_a_lease() -> None:
    booking = await book()
    await lease()
    await cancel(booking)
    await due.decide(now=later(27))
    assert [row["undecided"] for row in await rows("delivery") if row["kind"] == "cancelled"] == [True]
    await due.decide(now=later(31))
    assert (await lease(now=later(31))).kind == "cancelled"


async def test_what_turns_out_to_have_reached_nobody_is_not_cancelled() -> None:
    booking = await book()
    under_way = await lease()
    await cancel(booking)
    await settle(under_way, "rejected")
    await due.decide()
    assert await ends(2) == {"cancelled": ("superseded", 0), "recruiter_copy": ("pending", None)}
    await due.decide(now=later(10))
    assert (await ends(2))["recruiter_copy"] == ("superseded", 0)
    await assert_fits()


# --- Recruiters -------------------------------------------------------------------------------------------------------


async def test_a_move_before_recruiters_have_heard_of_the_booking_is_a_booking_to_them() -> None:
    booking = await book(24 * 60 * 3)
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await due.decide(now=later())
    said = await payload("recruiter_copy", 2)
    assert (said["change"], said["by"]) == ("booked", TESTS.name)


async def test_recruiters_who_have_heard_of_it_hear_of_the_move() -> None:
    booking = await invited()
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await due.decide(now=later())
    assert (await payload("recruiter_copy", 2))["change"] == "rescheduled"
    await send_copies(later())
    await cancel(booking)
    await due.decide(now=later())
    assert (await payload("recruiter_copy", 3))["change"] == "cancelled"


async def test_a_copy_says_of_the_invitation_that_said_the_same_before() -> None:
    booking = await invited()
    query = "UPDATE delivery SET state = 'rejected', sent_at = NULL WHERE kind = 'recruiter_copy' RETURNING id"
    (copy,) = await db.fetch(query)
    await db.fetch("DELETE FROM attempt WHERE delivery = $1", copy["id"])
    await moved_there_and_back(booking)
    (taken,) = await leases.take("chat", limit=9, worker="w", kinds=["recruiter_copy"], now=later(120))
    assert (taken.revision, taken.invitation_state) == (3, "sent")


# --- Reminders --------------------------------------------------------------------------------------------------------


async def reminded(booking: Booking) -> datetime:
    """Let the reminder of an hour before be put, and return when that was."""
    at = booking.starts_at - timedelta(hours=1)
    assert await reminders.put_due(OUTBOX, LEADS, now=at) == 1
    return at


async def test_a_reminder_waits_for_the_invitation_and_is_not_needed_after_it() -> None:
    booking = await book(24 * 60 * 3)
    at = await reminded(booking)
    assert await due.decide(now=at) == 1
    assert (await ends(1))["reminder"] == ("pending", None)
    taken = await lease(now=at + timedelta(seconds=2))
    assert taken.kind == "invitation"
    await db.fetch("UPDATE delivery SET due_at = $1 WHERE kind = 'reminder'", at + timedelta(seconds=3))
    await due.decide(now=at + timedelta(seconds=3))
    assert (await ends(1))["reminder"] == ("pending", None)
    await settle(taken)
    await db.fetch("UPDATE delivery SET sent_at = $1 WHERE kind = 'invitation'", at + timedelta(seconds=4))
    await due.decide(now=at + timedelta(seconds=70))
    assert (await ends(1))["reminder"] == ("superseded", 1)


async def test_a_reminder_whose_invitation_never_leaves_has_not_failed() -> None:
    booking = await book(24 * 60 * 3)
    await reminded(booking)
    near = booking.starts_at - timedelta(seconds=2)
    await db.fetch("UPDATE delivery SET due_at = $1 WHERE kind = 'reminder'", near)
    assert await due.decide(now=near) == 1
    assert (await ends(1))["reminder"] == ("superseded", 0)
    assert (await ends(1))["invitation"] == ("pending", None)


@pytest.mark.parametrize("end", ["sent", "rejected"])
async def test_a_reminder_goes_out_whether_the_invitation_was_sent_before_or_failed(end: str) -> None:
    booking = await book(24 * 60 * 3)
    await settle(await lease(), end)
    at = await reminded(booking)
    taken = await lease(now=at)
    assert taken.kind == "reminder"


# --- What else there is -----------------------------------------------------------------------------------------------


async def test_nobody_leases_what_is_not_decided() -> None:
    booking = await invited()
    await cancel(booking)
    assert await leases.take("email", limit=9, worker="w", kinds=["cancelled"]) == []
    await due.decide()
    (taken,) = await leases.take("email", limit=9, worker="w", kinds=["cancelled"])
    assert taken.schedule == booking.id


async def test_what_a_worker_of_0_1_0_is_sending_is_left_to_it_and_said_as_it_was_begun() -> None:
    booking = await invited()
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await move(booking, booking.slot)
    old = "UPDATE delivery SET undecided = false WHERE kind = 'rescheduled' AND revision = 3"
    await db.fetch(old)  # that version does not read the column
    taken = await lease(now=later())
    await db.fetch("UPDATE delivery SET undecided = true WHERE id = $1", taken.id)
    assert await due.decide(now=later()) == 0
    await settle(taken, "maybe")
    await due.decide(now=later(120))
    assert (await ends(3))["rescheduled"] == ("pending", None)


async def test_what_cannot_be_read_holds_nothing_up_and_is_reported_by_its_tries() -> None:
    booking = await invited()
    other = await invited(email="bo@example.com")
    await move(booking, await make_slot(starts_at=soon(24 * 60 * 5)))
    await move(other, await make_slot(starts_at=soon(24 * 60 * 6)))
    query = "UPDATE delivery SET payload = '{}' WHERE schedule = $1 AND undecided AND kind = 'rescheduled'"
    await db.fetch(query, booking.id)
    await due.decide(now=later())
    left = await db.fetch("SELECT kind, undecided FROM delivery WHERE revision = 2")
    assert [row["undecided"] for row in left] == [False] * 4


async def test_an_erased_persons_last_cancellation_gets_no_more_time() -> None:
    booking = await invited()
    await cancel(booking)
    at = soon(1)
    await db.fetch(
        """
        UPDATE delivery SET erased_at = now(), deadline_at = $1, payload = payload || '{"candidate_name": ""}'
        WHERE kind = 'cancelled'
        """,
        at,
    )
    await due.decide()
    (row,) = [row for row in await rows("delivery") if row["kind"] == "cancelled"]
    assert (row["undecided"], row["deadline_at"]) == (False, at)
