"""Messages to interviewers are looked after as those to candidates are: alerts, failures, and replays."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from factories import book, make_slot, outbox_of, rows, soon
from hireloop import db, errors
from hireloop.notify import erasure, messages, parties
from hireloop.notify.channels import health
from hireloop.notify.deliveries import alert_records, alerts, deliveries, failures, replay, unreported
from hireloop.notify.deliveries.alert_records import AlertFilter
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.messages import InterviewerCancellation, InterviewerReminder, InterviewerUpdate
from hireloop.scheduling.bookings.booking import BookingResult
from notify.factories import ALERTING_CHAT, ALERTING_MAIL, INTERVIEWER, MAIL_TO_ALL, hold, notify_interviewer
from sample_channels import EMAIL

pytestmark = pytest.mark.usefixtures("database")

FAILED: dict[str, Any] = {"state": "rejected", "reason": "recipient_unknown"}


async def booked(*, recruiter: str | None = "rita@example.com", seats: int = 3, **candidate: Any) -> BookingResult:  # noqa: ANN401
    """Book into a slot that Ivan then holds; the candidate's own invitation has been sent."""
    made = await book(slot=await make_slot(starts_at=soon(48 * 60), seats=seats), **candidate)
    await db.fetch("UPDATE job SET recruiter_email = $1", recruiter)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    await hold(made.booking.slot)
    return made


async def alerts_put(over: Any = None) -> list[dict[str, Any]]:  # noqa: ANN401
    """Sweep, and return what the alerts that are not over say."""
    await alerts.put_due(over or outbox_of(EMAIL, ALERTING_CHAT), alert_email="")
    said = [row for row in await rows("alert") if row["over_at"] is None]
    return [row | json.loads(row["payload"]) for row in said]


async def needing() -> set[UUID]:
    return {one.id for one in await failures.page([EMAIL], limit=10, after=None)}


async def test_every_delivery_has_the_party_that_its_kind_says() -> None:
    made = await booked()
    for kind in messages.KINDS:
        await db.fetch("UPDATE delivery SET kind = $1", kind)
        (found,) = await deliveries.of_schedules([made.booking.id], [EMAIL])
        assert found.party is messages.party_of(kind)


async def test_two_spellings_of_an_international_domain_are_one_interviewer() -> None:
    made = await booked()
    await hold(made.booking.slot, "ivan@bücher.example")
    failed = await notify_interviewer(made, **FAILED)
    await db.fetch("UPDATE delivery SET recipient = 'ivan@xn--bcher-kva.example' WHERE id = $1", failed)
    assert await needing() == {failed}, "the person who holds the slot was not reached"
    await hold(made.booking.slot, "ivan@bücher.example", revision=2)
    await notify_interviewer(made, InterviewerUpdate, to="ivan@bücher.example", revision=2, state="sent")
    assert await needing() == set(), "they have had a newer notice"
    assert len(await parties.latest_of_slots([made.booking.slot], [EMAIL])) == 1


async def test_a_dead_address_of_an_interviewer_is_an_alert_that_leads_to_a_booking_of_the_slot() -> None:
    made = await booked(full_name="Meera Iyer")
    delivery = await notify_interviewer(made, **FAILED)
    (alert,) = await alerts_put()
    assert (alert["cause"], alert["about"], alert["delivery"]) == ("failed", "interviewer_invitation", delivery)
    assert (alert["schedule"], alert["revision"]) == (made.booking.id, made.booking.revision)
    assert (alert["candidate_name"], alert["job_title"]) == ("Meera Iyer", "Backend Engineer")
    assert alert["recruiter"] == "rita@example.com"
    (seen,) = await alert_records.page(AlertFilter(schedule=made.booking.id), limit=2, after=None)
    assert seen.next_step == "correct_interviewer"
    assert await needing() == {delivery}


async def test_an_interviewer_whose_address_is_spelt_another_way_is_the_same_person() -> None:
    made = await booked()
    await notify_interviewer(made, **FAILED)
    await notify_interviewer(made, to=INTERVIEWER.upper(), revision=2, state="sent")
    assert await needing() == set()
    latest = await parties.latest_of_slots([made.booking.slot], [EMAIL])
    assert [(one.recipient, one.state) for one in latest] == [(INTERVIEWER.upper(), "sent")]


async def test_an_alert_about_a_slot_links_to_the_trace_of_the_booking_that_it_leads_to() -> None:
    made = await booked()
    await notify_interviewer(made, **FAILED)
    found = await unreported.find(soon())
    assert [one.origin for one in found] == [row["traceparent"] for row in await rows("delivery")][:1]


async def test_the_others_in_a_slot_are_counted_and_not_named() -> None:
    """So that the erasure of a person, which goes by bookings, finds each alert that names them."""
    made = await booked(full_name="Meera Iyer")
    for _ in range(2):
        await book(slot=made.booking.slot)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    await hold(made.booking.slot)
    await notify_interviewer(made, **FAILED)
    (alert,) = await alerts_put()
    assert (alert["schedule"], alert["candidate_name"], alert["more_candidates"]) == (made.booking.id, "Meera Iyer", 2)


async def test_a_notice_that_nobody_could_decide_is_an_alert_with_names_from_the_slot() -> None:
    made = await booked(full_name="Meera Iyer")
    await notify_interviewer(made, InterviewerUpdate, attendees=False, undecided=True)
    await db.fetch("UPDATE delivery SET first_due_at = $1, at_risk_at = $1 WHERE slot IS NOT NULL", soon(-20))
    (alert,) = await alerts_put()
    assert (alert["cause"], alert["candidate_name"], alert["recruiter"]) == (
        "at_risk",
        "Meera Iyer",
        "rita@example.com",
    )


async def test_a_cancellation_of_an_empty_slot_leads_to_whom_its_interviewer_was_told_of() -> None:
    made = await booked(full_name="Meera Iyer")
    await notify_interviewer(made, state="sent", recruiter_email="rita@example.com")
    await db.fetch("UPDATE schedule SET state = 'cancelled', revision = 2")
    await hold(made.booking.slot, revision=2)
    delivery = await notify_interviewer(made, InterviewerCancellation, revision=2, attendees=False, **FAILED)
    (alert,) = await alerts_put()
    assert (alert["schedule"], alert["candidate_name"]) == (made.booking.id, "Meera Iyer")
    assert (alert["revision"], alert["recruiter"]) == (2, "rita@example.com")
    assert (await alert_records.page(AlertFilter(), limit=1, after=None))[0].next_step == "call"
    assert await needing() == {delivery}


async def test_the_recruiter_of_an_empty_slot_is_that_of_the_booking_which_was_in_it() -> None:
    made = await booked()
    await db.fetch('UPDATE delivery SET payload = payload || \'{"recruiter_email": "rita@example.com"}\'')
    await notify_interviewer(made, state="sent")
    await db.fetch("UPDATE schedule SET state = 'cancelled', revision = 2")
    await hold(made.booking.slot, revision=2)
    await notify_interviewer(made, InterviewerCancellation, revision=2, **FAILED)
    (alert,) = await alerts_put()
    assert (alert["schedule"], alert["recruiter"]) == (made.booking.id, "rita@example.com")


async def test_the_carrier_is_the_recruiter_of_the_job_if_there_is_no_chat() -> None:
    made = await booked()
    await notify_interviewer(made, **FAILED)
    await alerts_put(outbox_of(ALERTING_MAIL))
    (put,) = [row for row in await rows("delivery") if row["kind"] == "alert"]
    assert (put["recipient"], put["schedule"]) == ("rita@example.com", made.booking.id)


@pytest.mark.parametrize("failing", ["candidate", "interviewer"])
async def test_the_failure_of_one_party_leaves_the_others_state_as_it_is(failing: str) -> None:
    made = await booked()
    notice = await notify_interviewer(made, state="sent")
    dead = notice if failing == "interviewer" else made.deliveries[0].id
    await db.fetch("UPDATE delivery SET state = 'bounced', bounced_at = now(), last_reason = 'x' WHERE id = $1", dead)
    now = soon()
    candidates = await deliveries.of_schedules([made.booking.id], [EMAIL])
    invitation = deliveries.invitation_state(candidates, revision=1, now=now)
    told = await parties.latest_of_slots([made.booking.slot], [EMAIL])
    interviewer = parties.interviewer_state(told, now=now)
    expected = [InvitationState.FAILED, InvitationState.SENT]
    assert [invitation, interviewer] == (expected if failing == "candidate" else expected[::-1])
    assert await needing() == {dead}


@pytest.mark.parametrize(
    ("newest", "state"),
    [
        ({"state": "sent"}, InvitationState.SENT),
        ({"state": "bounced"}, InvitationState.FAILED),
        ({"state": "pending"}, InvitationState.PENDING),
        ({"state": "superseded", "told_revision": 1}, InvitationState.SENT),  # it had been told the same before
        ({"state": "superseded", "told_revision": 0}, InvitationState.NONE),  # nobody is there, and nobody was
    ],
)
async def test_where_an_interviewer_stands_is_where_the_newest_notice_stands(
    newest: dict[str, Any], state: InvitationState
) -> None:
    made = await booked()
    first = await notify_interviewer(made, state="sent")
    second = await notify_interviewer(made, InterviewerUpdate, revision=2, **newest)
    reminder = await notify_interviewer(made, InterviewerReminder, revision=2, lead="24h", state="rejected")
    told = await parties.latest_of_slots([made.booking.slot], [EMAIL])
    assert parties.interviewer_state(told, now=soon()) is state
    expected = {second, reminder} | ({first} if newest.get("told_revision") else set())
    assert {one.id for one in told} == expected
    assert {one.id for one in await parties.of_slots([made.booking.slot], [EMAIL])} == {first, second, reminder}
    assert parties.interviewer_state([], now=soon()) is InvitationState.NONE


async def _replaced(made: BookingResult) -> None:
    await hold(made.booking.slot, "nora@example.com", revision=2)


async def _notified_again(made: BookingResult) -> None:
    await notify_interviewer(made, InterviewerUpdate, revision=2, state="sent")


async def _emptied_in_silence(made: BookingResult) -> None:
    await notify_interviewer(made, InterviewerUpdate, revision=2, state="superseded", told_revision=0)


@pytest.mark.parametrize("change", [_replaced, _notified_again, _emptied_in_silence])
async def test_a_failure_is_over_and_not_replayed_once_the_slot_has_moved_on(change: Any) -> None:  # noqa: ANN401
    made = await booked()
    delivery = await notify_interviewer(made, **FAILED)
    assert len(await alerts_put()) == 1
    await change(made)
    assert await alerts_put() == []
    assert await needing() == set()
    with pytest.raises(errors.NotReplayable) as refused:
        await replay.one(delivery, [MAIL_TO_ALL])
    assert refused.value.reason == "superseded"


async def test_a_notice_that_found_the_failed_one_to_say_the_same_leaves_it_the_one_that_counts() -> None:
    made = await booked()
    first = await notify_interviewer(made, state="sent", reason="came_back")
    await notify_interviewer(made, InterviewerUpdate, revision=2, state="superseded", told_revision=1)
    assert [alert["delivery"] for alert in await alerts_put()] == [first]


async def test_somebody_who_holds_the_interview_no_more_must_still_hear_that() -> None:
    made = await booked()
    await _replaced(made)
    delivery = await notify_interviewer(made, InterviewerCancellation, revision=2, **FAILED)
    await notify_interviewer(made, to="nora@example.com", revision=2, state="sent")
    assert [alert["delivery"] for alert in await alerts_put()] == [delivery]
    assert await needing() == {delivery}


async def test_a_message_to_an_interviewer_is_replayed_with_a_new_deadline_and_risk() -> None:
    made = await booked()
    delivery = await notify_interviewer(made, **FAILED)
    assert await replay.one(delivery, [MAIL_TO_ALL])
    (row,) = [row for row in await rows("delivery") if row["id"] == delivery]
    assert (row["state"], row["undecided"], row["deadline_at"]) == ("pending", False, made.booking.ends_at)
    assert row["at_risk_at"] == row["first_due_at"] + timedelta(minutes=15)
    assert await alerts_put() == []  # somebody knows of it


async def test_a_slots_failure_that_an_erased_persons_alert_reported_is_reported_anew() -> None:
    made = await booked()
    other = await book(slot=made.booking.slot)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    await hold(made.booking.slot)
    delivery = await notify_interviewer(made, **FAILED)
    await alerts_put(outbox_of(EMAIL))
    await erasure.forget([made.booking.id], now=soon())
    (person,) = await db.fetch(
        "UPDATE schedule SET state = 'cancelled' WHERE id = $1 RETURNING candidate", made.booking.id
    )
    await db.fetch("UPDATE candidate SET erased_at = now() WHERE id = $1", person["candidate"])
    alert = (await alerts_put())[-1]
    assert (alert["schedule"], alert["delivery"]) == (other.booking.id, delivery)


async def test_a_held_channel_and_not_the_slot_is_what_a_held_alert_is_about() -> None:
    made = await booked()
    await notify_interviewer(made)
    await health.hold(EMAIL, "auth_refused")
    (alert,) = await alerts_put()
    assert (alert["cause"], alert["schedule"]) == ("held", None)
