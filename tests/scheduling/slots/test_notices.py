"""When a notice to an interviewer is put: once for each change, at the slot's revision, and counted for its API key."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

import factories
from factories import TESTS, WINDOWS, make_interview, rows, unaccounted
from hireloop import db, errors
from hireloop.notify import messages
from hireloop.notify.deliveries import failures
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.scheduling import corrections, withdrawals
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import booking, moves
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.people.jobs import JobPatch
from hireloop.scheduling.slots import notices
from hireloop.scheduling.slots.slots import SlotDetails
from sample_channels import MAIL
from scheduling.interviewers import (
    MEERA,
    OUTBOX,
    RAVI,
    START,
    HasId,
    at,
    book,
    cancel,
    change,
    hear,
    heard,
    make_slot,
    move,
    revision_of,
)

pytestmark = pytest.mark.usefixtures("database")


async def due_after() -> list[float]:
    """Return after how many seconds each notice is due, by its revision."""
    found = await db.fetch(
        "SELECT first_due_at - created_at AS wait FROM delivery WHERE slot IS NOT NULL ORDER BY revision"
    )
    return [row["wait"].total_seconds() for row in found]


async def test_the_first_and_the_last_are_told_at_once_and_others_wait() -> None:
    slot = await make_slot()
    one, other = await book(slot), await book(slot, "Ben Rao")
    await cancel(one)
    await cancel(other)
    assert await due_after() == [0, 20, 20, 0]
    assert await revision_of(slot) == 4


async def test_in_the_last_minute_nothing_waits() -> None:
    slot = await make_slot()
    near = (START - timedelta(seconds=70) - at()).total_seconds()
    for seconds in (0, 1, 11):
        await book(slot, f"P{seconds} Rao", seconds=near + seconds)
    assert await due_after() == [0, 9, 0]


async def test_a_slot_that_fills_up_within_the_last_hour_is_told_of_in_few_mails_as_well() -> None:
    slot = await make_slot()
    near = (START - timedelta(minutes=50) - at()).total_seconds()
    told = 0
    for seconds in range(0, 120, 3):
        if seconds < 90:
            await book(slot, f"P{seconds} Rao", seconds=near + seconds)
        told += len(await heard(near + seconds))
        assert await needing(near + seconds) == []
    assert 5 <= told <= 7
    assert await unaccounted() == 0


async def needing(seconds: float) -> list[str]:
    """Return the kinds of what needs attention of all that interviewers are to hear."""
    found = await failures.page([MAIL], limit=99, after=None, now=at(seconds))
    return [one.kind for one in found if one.slot]


async def test_nobody_hears_that_somebody_has_left_a_slot_that_is_over() -> None:
    slot, later = await make_slot(), await make_slot(starts_at=START + timedelta(days=1))
    missed, other = await book(slot), await book(slot, "Ben Rao")
    assert await heard(0) == ["invitation to ravi: Asha, Ben"]
    await heard(60)
    over = (START + timedelta(hours=3) - at()).total_seconds()
    await move(missed, later, seconds=over)
    await cancel(other, seconds=over)
    assert await heard(over + 60) == ["invitation to ravi: Asha"]
    assert (await revision_of(slot), await revision_of(later)) == (2, 1)
    assert await unaccounted() == 0


async def test_two_bookings_at_once_are_two_notices_and_both_are_told() -> None:
    slot = await make_slot()
    people = [await make_interview(full_name=f"P{number} Rao") for number in range(6)]
    await asyncio.gather(*(book(slot, interview=person) for person in people))
    assert await revision_of(slot) == 6
    told = [*await hear(0), *await hear(60)]
    assert {one.name for one in told[-1].attendees} == {f"P{number} Rao" for number in range(6)}
    assert await unaccounted() == 0


async def test_a_release_is_one_notice_for_all_who_were_there() -> None:
    slot = await make_slot()
    for name in ("Asha Rao", "Ben Rao", "Carla Rao"):
        await book(slot, name)
    await heard(1)
    await withdrawals.release(slot, by=TESTS, reason="", outbox=OUTBOX, now=at(5))
    assert await revision_of(slot) == 4
    assert await heard(5) == ["cancelled to ravi: Asha, Ben, Carla"]
    await book(slot, seconds=6)
    await heard(6)
    await withdrawals.withdraw(slot, cancel=True, by=TESTS, reason="", outbox=OUTBOX, now=at(7))
    assert await heard(7) == ["cancelled to ravi: Asha"]
    assert await unaccounted() == 0


async def test_an_interviewer_who_is_the_candidate_too_gets_each_message_for_what_it_is() -> None:
    slot = await make_slot("asha@example.com")
    await book(slot, interview=await make_interview(email="Asha@example.com", full_name="Asha Rao"))
    assert await heard(0) == ["invitation to asha: Asha"]
    kinds = sorted((row["kind"], messages.party_of(row["kind"])) for row in await rows("delivery"))
    assert kinds == [("interviewer_invitation", "interviewer"), ("invitation", "candidate")]


async def test_an_interviewer_who_changes_between_the_look_and_the_booking_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slot, interview = await make_slot(), await make_interview(full_name="Asha Rao")
    real = booking._facts  # noqa: SLF001 (where a booking can be held up)
    looked: list[SlotDetails] = []

    async def facts(*given: object) -> object:
        found = await real(*given)  # type: ignore[arg-type] # as it is called
        if not looked:
            looked.append(await change(slot, interviewer_email=MEERA))
        return found

    monkeypatch.setattr(booking, "_facts", facts)
    await book(slot, interview=interview)
    assert await heard(0) == ["invitation to meera: Asha"]
    assert await unaccounted() == 0


async def test_a_slot_that_is_over_changes_hands_in_silence() -> None:
    slot = await make_slot()
    await book(slot)
    await heard(0)
    over = (START + timedelta(hours=2) - at()).total_seconds()
    assert (await change(slot, interviewer_email=MEERA, seconds=over)).interviewer_email == MEERA
    assert await heard(over) == []
    assert await unaccounted() == 0


async def test_another_persons_name_is_not_kept_and_what_is_given_is() -> None:
    slot = await make_slot(interviewer_name="Ravi Kumar", interviewer_locale="hi", interviewer_time_zone="Asia/Kolkata")
    same = await change(slot, interviewer_email=RAVI.upper())
    assert (same.interviewer_name, same.interviewer_locale) == ("Ravi Kumar", "hi")
    other = await change(slot, interviewer_email=MEERA, interviewer_name="Meera Nair")
    assert (other.interviewer_name, other.interviewer_locale, other.interviewer_time_zone) == ("Meera Nair", None, None)


async def test_notices_count_as_messages_of_the_key_that_asked_for_them() -> None:
    key = db.new_id()
    limited: Outbox = msgspec.structs.replace(OUTBOX, limits=SendingLimits(messages_a_day=3))
    slot = await make_slot()

    async def book_with_key() -> None:
        await booking.book(
            await make_interview(), slot, booking_notes="", booked_by=Actor("k", key), outbox=limited, windows=WINDOWS
        )

    await book_with_key()
    assert await db.fetch_value("SELECT sum(messages) FROM message_use WHERE api_key = $1", key) == 2
    await book_with_key()
    with pytest.raises(errors.TooManyMessages):
        await book_with_key()
    assert await revision_of(slot) == 2


async def test_a_job_may_let_its_candidates_know_who_interviews_them() -> None:
    slot = await make_slot(interviewer_name="Ravi Kumar")
    other = await make_slot(MEERA, interviewer_name="Meera Nair", starts_at=START + timedelta(hours=1))
    await book(slot)
    interview = await make_interview()
    (job,) = await rows("job")
    assert (await jobs.change(job["id"], JobPatch(names_interviewer=True), by=TESTS)).names_interviewer
    named = (await factories.book(interview, slot, outbox=OUTBOX, now=at())).booking
    await moves.move(named.id, other, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS, now=at(1))
    found = [
        json.loads(row["payload"]) for row in await rows("delivery") if messages.party_of(row["kind"]) == "candidate"
    ]
    assert [one["interviewer_name"] for one in found] == ["", "Ravi Kumar", "Meera Nair"]


async def test_who_is_called_or_reached_otherwise_is_told_to_their_interviewer() -> None:
    slot = await make_slot()
    await book(slot, interview=await make_interview(full_name="Aha Rao", email="aha@example.com"))
    assert await heard(0) == ["invitation to ravi: Aha"]
    (person,) = await rows("candidate")
    for patch, seconds in (
        (CandidatePatch(full_name="Asha Rao"), 10),
        (CandidatePatch(email="asha@example.com"), 100),
        (CandidatePatch(phone="+49 30 901820"), 200),
    ):
        await corrections.change(person["id"], patch, by=TESTS, outbox=OUTBOX, now=at(seconds))
    (first,) = await hear(40)
    assert await heard(250) == []
    assert [(one.name, one.email) for one in first.attendees] == [("Asha Rao", "asha@example.com")]
    assert await revision_of(slot) == 3
    assert await unaccounted() == 0


async def cancel_as_0_1_0(booking: HasId) -> None:
    """Do what a process of 0.1.0 does to a booking and its slot; it knows nothing of what interviewers are told."""
    await db.fetch("UPDATE schedule SET state = 'cancelled', revision = revision + 1 WHERE id = $1", booking.id)
    await db.fetch(
        "UPDATE slot SET taken = taken - 1 FROM schedule WHERE slot = slot.id AND schedule.id = $1", booking.id
    )


async def unnoticed() -> int:
    return sum(row["unnoticed_since"] is not None for row in await rows("slot"))


async def test_what_a_process_of_0_1_0_changes_in_a_slot_is_told_by_the_next_sweep() -> None:
    slot, other = await make_slot(), await make_slot(MEERA)
    _, ben, gone = await book(slot), await book(slot, "Ben Rao"), await book(other, "Gia Rao")
    assert sorted(await heard(30)) == ["invitation to meera: Gia", "invitation to ravi: Asha, Ben"]
    await cancel_as_0_1_0(ben)
    await cancel_as_0_1_0(gone)
    assert await unnoticed() == 2
    assert await notices.put_due(OUTBOX, now=at(60)) == 2
    assert sorted(await heard(100)) == ["cancelled to meera: Gia", "update to ravi: Asha"]
    assert (await unnoticed(), await notices.put_due(OUTBOX, now=at(110)), await unaccounted()) == (0, 0, 0)


async def test_an_interviewer_is_told_of_a_slot_of_which_only_a_process_of_0_1_0_knew() -> None:
    slot = await make_slot()
    await book(slot)
    await db.fetch("DELETE FROM delivery WHERE slot IS NOT NULL")
    await db.fetch("UPDATE slot SET notice_revision = 0, notice_key = NULL, reminded_at = NULL, taken = 0")
    assert await unnoticed() == 0
    await db.fetch("UPDATE slot SET taken = 1")
    assert await notices.put_due(OUTBOX, now=at(60)) == 1
    assert await heard(100) == ["invitation to ravi: Asha"]
    assert await unaccounted() == 0


async def test_a_notice_put_in_the_meantime_tells_of_what_a_process_of_0_1_0_changed_too() -> None:
    slot = await make_slot()
    asha = await book(slot)
    await heard(0)
    await cancel_as_0_1_0(asha)
    await book(slot, "Ben Rao", seconds=5)
    assert await notices.put_due(OUTBOX, now=at(10)) == 0
    assert await heard(60) == ["update to ravi: Ben"]


async def test_of_a_slot_that_is_over_no_notice_is_put() -> None:
    slot = await make_slot()
    asha = await book(slot)
    await heard(0)
    await cancel_as_0_1_0(asha)
    assert await notices.put_due(OUTBOX, now=START + timedelta(hours=1)) == 0
    assert await unnoticed() == 0


async def test_a_slot_of_which_nobody_is_told_for_a_minute_is_unaccounted_for() -> None:
    asha = await book(await make_slot())
    await heard(0)
    await cancel_as_0_1_0(asha)
    assert await unaccounted() == 0
    await db.fetch("UPDATE slot SET unnoticed_since = now() - interval '61 seconds'")
    assert await unaccounted() == 1
