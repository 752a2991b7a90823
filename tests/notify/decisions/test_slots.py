"""What the interviewer of a slot hears: each case by what is done, and what a worker then sends."""

import asyncio
from datetime import timedelta

import pytest

from factories import TESTS, unaccounted
from hireloop import db
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.messages import InterviewerMessage
from hireloop.scheduling import interviews
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from notify.factories import settlement
from scheduling.interviewers import (
    BOUNCED,
    MEERA,
    RAVI,
    START,
    UNREACHED,
    at,
    book,
    cancel,
    change,
    ended,
    hear,
    heard,
    make_slot,
    move,
    revision_of,
)
from waiting import beside

pytestmark = pytest.mark.usefixtures("database")


async def test_the_interviewer_of_a_slot_is_invited_with_who_comes() -> None:
    slot = await make_slot(
        interviewer_name="Ravi Kumar", interviewer_time_zone="Asia/Kolkata", interviewer_locale="hi-IN", seats=1
    )
    booking = await book(slot)
    (message,) = await hear(0)
    assert message.kind == "interviewer_invitation"
    assert (message.interviewer_name, message.time_zone, message.locale) == ("Ravi Kumar", "Asia/Kolkata", "hi-IN")
    assert (message.slot_id, message.starts_at, message.revision) == (slot, START, 1)
    (one,) = message.attendees
    assert (one.schedule_id, one.name, one.job_title, one.company) == (
        booking.id,
        "Asha Rao",
        "Backend Engineer",
        "Example Labs",
    )
    assert (one.booking_notes, one.has_resume) == ("Bring a pen.", False)
    assert await unaccounted() == 0


async def test_a_slot_without_an_interviewer_tells_nobody() -> None:
    slot = await make_slot(None)
    await cancel(await book(slot))
    assert await heard(0) == []
    assert await revision_of(slot) == 0


async def test_a_slot_of_many_seats_that_fills_in_a_burst_is_told_in_two_mails() -> None:
    slot = await make_slot()
    for second in range(4):
        await book(slot, f"{'ABCD'[second]} Rao", seconds=second)
        if second == 0:
            assert await heard(0) == ["invitation to ravi: A"]
        else:
            assert await heard(second) == []
    assert await heard(21) == ["update to ravi: A, B, C, D"]
    assert await heard(60) == []
    assert await ended() == [
        ("ravi", 1, "sent", None),
        ("ravi", 2, "sent", None),
        ("ravi", 3, "superseded", 2),
        ("ravi", 4, "superseded", 2),
    ]
    assert await unaccounted() == 0


async def test_a_slot_that_fills_for_minutes_is_told_of_now_and_then() -> None:
    slot = await make_slot()
    told = 0
    for second in range(0, 120, 3):
        if second < 90:
            await book(slot, f"P{second} Rao", seconds=second)
        told += len(await heard(second))
        assert await unaccounted() == 0
    assert await heard(200) == []
    assert 5 <= told <= 7
    assert {len(message.attendees) for message in await _latest()} == {30}


async def _latest() -> list[InterviewerMessage]:
    from hireloop.notify import messages

    rows = await db.fetch(
        "SELECT kind, payload::text FROM delivery WHERE slot IS NOT NULL AND state = 'sent' "
        "ORDER BY revision DESC LIMIT 1"
    )
    found = [messages.decode(row["kind"], row["payload"]) for row in rows]
    return [message for message in found if isinstance(message, InterviewerMessage)]


async def test_who_leaves_is_an_update_and_the_last_one_a_cancellation_at_once() -> None:
    slot = await make_slot()
    one, other = await book(slot, "Asha Rao"), await book(slot, "Ben Rao")
    assert await heard(1) == ["invitation to ravi: Asha, Ben"]
    assert await heard(25) == []
    await cancel(one, seconds=30)
    assert await heard(31) == []
    assert await heard(52) == ["update to ravi: Ben"]
    await cancel(other, seconds=60)
    assert await heard(60) == ["cancelled to ravi: Ben"]
    await book(slot, "Carla Rao", seconds=70)
    assert await heard(70) == ["invitation to ravi: Carla"]
    assert await unaccounted() == 0


async def test_who_was_told_nothing_hears_of_no_cancellation() -> None:
    slot = await make_slot()
    await cancel(await book(slot), seconds=1)
    assert await heard(2) == []
    assert await ended() == [("ravi", 1, "superseded", 0), ("ravi", 2, "superseded", 0)]
    assert await unaccounted() == 0


async def test_what_changes_back_before_it_was_told_is_not_told() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    await cancel(await book(slot, "Ben Rao", seconds=30), seconds=31)
    assert await heard(60) == []
    assert await ended() == [("ravi", 1, "sent", None), ("ravi", 2, "superseded", 1), ("ravi", 3, "superseded", 1)]
    assert await unaccounted() == 0


async def test_a_move_is_told_in_both_slots() -> None:
    slot, other = await make_slot(), await make_slot(MEERA)
    booking = await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    await move(booking, other, seconds=5)
    assert await heard(24) == []
    assert sorted(await heard(25)) == ["cancelled to ravi: Asha", "invitation to meera: Asha"]
    await move(booking, slot, seconds=30)
    assert sorted(await heard(50)) == ["cancelled to meera: Asha", "invitation to ravi: Asha"]
    assert await unaccounted() == 0


async def test_a_move_there_and_back_is_told_in_neither() -> None:
    slot, other = await make_slot(), await make_slot(starts_at=START + timedelta(days=1))
    booked = await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    await move(booked, other, seconds=60)
    await move(booked, slot, seconds=61)
    assert await heard(62) == []
    assert await heard(120) == []
    assert {state for _, revision, state, _ in await ended() if revision > 1} == {"superseded"}


async def test_a_mail_that_bounced_was_told_to_nobody() -> None:
    slot = await make_slot()
    booking = await book(slot)
    assert await heard(0, BOUNCED) == ["invitation to ravi: Asha"]
    await book(slot, "Ben Rao", seconds=10)
    assert await heard(40, BOUNCED) == ["invitation to ravi: Asha, Ben"]
    await cancel(booking, seconds=50)
    assert await heard(90, BOUNCED) == ["invitation to ravi: Ben"]
    assert await unaccounted() == 0


async def test_what_may_have_arrived_is_replaced_by_what_is_right_now() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    other = await book(slot, "Ben Rao", seconds=30)
    assert await heard(60, UNREACHED, maybe=True) == ["update to ravi: Asha, Ben"]
    await cancel(other, seconds=70)
    assert await heard(120) == ["update to ravi: Asha"]  # since the mail about Ben may have arrived
    assert await ended() == [("ravi", 1, "sent", None), ("ravi", 2, "superseded", None), ("ravi", 3, "sent", None)]


async def test_what_is_on_its_way_and_still_right_goes_out_once() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0, UNREACHED) == ["invitation to ravi: Asha"]
    await cancel(await book(slot, "Ben Rao", seconds=30), seconds=31)
    assert await heard(60) == []
    assert await heard(3600) == ["invitation to ravi: Asha"]
    assert await ended() == [("ravi", 1, "sent", None), ("ravi", 2, "superseded", 1), ("ravi", 3, "superseded", 1)]
    assert await unaccounted() == 0


async def test_what_is_on_its_way_and_no_longer_right_does_not_go_out() -> None:
    slot = await make_slot()
    booking = await book(slot)
    assert await heard(0, UNREACHED) == ["invitation to ravi: Asha"]
    await cancel(booking, seconds=10)
    assert await heard(20) == []
    assert await heard(7200) == []
    assert await ended() == [("ravi", 1, "superseded", None), ("ravi", 2, "superseded", 0)]
    assert await unaccounted() == 0


# --- Another interviewer ---------------------------------------------------------------------------------------------


async def test_a_slot_that_gets_its_interviewer_after_it_was_booked_tells_them_at_once() -> None:
    slot = await make_slot(None)
    await book(slot)
    await book(slot, "Ben Rao")
    await change(slot, interviewer_email=MEERA, seconds=5)
    assert await heard(5) == ["invitation to meera: Asha, Ben"]
    assert await unaccounted() == 0


async def test_a_slot_that_changes_hands_tells_both() -> None:
    slot = await make_slot(interviewer_name="Ravi Kumar", interviewer_time_zone="Asia/Kolkata")
    await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    changed = await change(slot, interviewer_email=MEERA, seconds=5)
    assert (changed.interviewer_name, changed.interviewer_time_zone) == ("", None)
    new, old = await hear(5)
    assert (new.kind, new.interviewer_email, new.interviewer_name) == ("interviewer_invitation", MEERA, "")
    assert (old.kind, old.interviewer_email, old.interviewer_name, old.time_zone) == (
        "interviewer_cancelled",
        RAVI,
        "Ravi Kumar",
        "Asia/Kolkata",
    )
    await change(slot, interviewer_email=RAVI, seconds=10)
    assert sorted(await heard(10)) == ["cancelled to meera: Asha", "invitation to ravi: Asha"]
    await change(slot, interviewer_email=None, seconds=15)
    assert await heard(15) == ["cancelled to ravi: Asha"]
    await book(slot, "Ben Rao", seconds=20)
    assert await heard(60) == []
    assert await unaccounted() == 0


async def test_a_cancellation_names_whom_to_ask_as_the_message_before_did() -> None:
    slot = await make_slot()
    person = CandidateFields(full_name="Asha Rao", email="asha.rao@example.com")
    job = JobFields(title="Designer", company="Acme", recruiter_email="rita@acme.example")
    last = await book(slot, interview=(await interviews.create(person, job, by=TESTS)).id)
    (invitation,) = await hear(0)
    await cancel(last, seconds=30)
    (cancelled,) = await hear(30)
    assert cancelled.kind == "interviewer_cancelled"
    assert (invitation.recruiter_email, cancelled.recruiter_email) == ("rita@acme.example", "rita@acme.example")
    await book(slot, "Ben Rao", seconds=60)
    (invitation,) = await hear(60)
    assert invitation.recruiter_email is None
    await book(slot, interview=(await interviews.create(person, job, by=TESTS)).id, seconds=90)
    await change(slot, interviewer_email=MEERA, seconds=91)
    _, old = await hear(91)
    assert (old.kind, old.recruiter_email) == ("interviewer_cancelled", None)


async def test_who_gives_up_a_slot_before_they_heard_of_it_hears_nothing() -> None:
    slot = await make_slot()
    await book(slot)
    await change(slot, interviewer_email=MEERA, seconds=5)
    assert await heard(5) == ["invitation to meera: Asha"]
    assert await unaccounted() == 0


async def test_another_zone_is_told_and_another_spelling_of_the_address_is_not() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    await change(slot, interviewer_email="Ravi@acme.example", seconds=10)
    assert await heard(60) == []
    await change(slot, interviewer_time_zone="Europe/Berlin", seconds=70)
    assert await heard(100) == ["update to Ravi: Asha"]
    assert await unaccounted() == 0


async def test_an_empty_slot_changes_hands_in_silence() -> None:
    slot = await make_slot()
    await cancel(await book(slot), seconds=1)
    await change(slot, interviewer_email=MEERA, seconds=5)
    assert await heard(5) == []
    await book(slot, "Ben Rao", seconds=10)
    assert await heard(10) == ["invitation to meera: Ben"]
    assert await unaccounted() == 0


async def test_an_interviewer_who_is_dead_to_the_mail_server_changes_nothing_for_the_candidate() -> None:
    booking = await book(await make_slot())
    await heard(0, BOUNCED)
    state = await db.fetch_value("SELECT invitation_state($1, 1, now())", booking.id)
    assert state == "pending"


# --- Many workers ----------------------------------------------------------------------------------------------------


async def test_of_two_workers_one_decides_for_a_slot_and_nothing_is_said_twice() -> None:
    slot = await make_slot()
    for number in range(12):
        await book(slot, f"P{number} Rao", seconds=number / 10)
    moment = at(30)
    await asyncio.gather(*(due.decide(now=moment) for _ in range(6)))
    told = [message for seconds in (30, 31, 32) for message in await hear(seconds)]
    assert [message.kind for message in told] == ["interviewer_invitation"]
    assert len(told[0].attendees) == 12
    assert await unaccounted() == 0


async def test_what_another_worker_decides_waits_for_it() -> None:
    slot = await make_slot()
    await book(slot)
    async with db.DB.transaction():
        await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended('notices of ' || $1::uuid, 0))", slot)
        assert await beside(heard(0)) == []
    assert await heard(0) == []
    assert await heard(1) == ["invitation to ravi: Asha"]


async def test_what_is_under_way_is_not_overtaken_while_its_lease_lasts() -> None:
    slot = await make_slot()
    booking = await book(slot)
    await due.decide(now=at())
    (lease,) = await leases.take("email", limit=9, worker="w", kinds=["interviewer_invitation"], now=at())
    await cancel(booking, seconds=1)
    assert await heard(1) == []
    assert await leases.settle([settlement(lease)], now=at(2)) == {lease.id}
    assert await heard(3) == ["cancelled to ravi: Asha"]
    assert await unaccounted() == 0


async def test_a_try_that_takes_longer_than_a_lease_is_replaced_and_counts_as_told() -> None:
    slot = await make_slot()
    booking = await book(slot)
    await due.decide(now=at())
    (lease,) = await leases.take("email", limit=9, worker="w", kinds=["interviewer_invitation"], now=at())
    await leases.renew([lease], now=at(20))
    await cancel(booking, seconds=21)
    assert await heard(29) == []
    assert await heard(31) == ["cancelled to ravi: Asha"]
    assert await leases.settle([settlement(lease)], now=at(32)) == set()  # it had lost its lease, and was sent
    assert await heard(60) == []
    assert await unaccounted() == 0


async def test_what_was_told_and_cannot_be_read_any_more_is_told_again() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0) == ["invitation to ravi: Asha"]
    await db.fetch("UPDATE delivery SET payload = '{}' WHERE slot IS NOT NULL")
    await cancel(await book(slot, "Ben Rao", seconds=30), seconds=31)
    assert await heard(60) == ["update to ravi: Asha"]
