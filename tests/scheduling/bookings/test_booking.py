import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from factories import TESTS, book, candidate_fields, make_interview, make_slot, rows, soon, unaccounted
from hireloop import db, errors
from hireloop.notify.messages import InvitationMessage
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import booking as schedules
from hireloop.scheduling.bookings import bookings, rules
from hireloop.scheduling.bookings.booking import BookingOutcome, BookingResult
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields

pytestmark = pytest.mark.usefixtures("database")

Change = Callable[[], Awaitable[object]]


async def second_interview(of: UUID) -> UUID:
    """Store another interview of the same candidate and job."""
    known = await interviews.find(of)
    return (await interviews.create(known.candidate, known.job, by=TESTS, round_number=2)).id


async def nothing_was_written(slot: UUID | None = None) -> bool:
    empty = [await rows(table) for table in ("schedule", "session", "delivery")] == [[], [], []]
    taken = [row["taken"] for row in await rows("slot") if slot in {None, row["id"]}]
    return empty and set(taken) <= {0}


async def test_a_booking_writes_everything_at_once() -> None:
    interview, slot = await make_interview(), await make_slot()
    booked = await book(interview, slot)
    assert booked.outcome is BookingOutcome.BOOKED
    (row,), (session,), (delivery,) = [await rows(table) for table in ("schedule", "session", "delivery")]
    (stored,), (seat,) = await rows("interview"), await rows("slot")
    assert (row["interview"], row["slot"], row["candidate"]) == (interview, slot, stored["candidate"])
    assert (stored["state"], stored["started_at"], stored["ended_at"]) == (
        "scheduled",
        seat["starts_at"],
        seat["ends_at"],
    )
    assert (row["starts_at"], row["ends_at"], seat["taken"]) == (seat["starts_at"], seat["ends_at"], 1)
    assert (session["schedule"], delivery["schedule"]) == (row["id"], row["id"])
    assert session["opens_at"] == seat["starts_at"] - timedelta(seconds=30)
    assert session["closes_at"] == seat["starts_at"] + timedelta(seconds=600)
    assert await bookings.find(booked.booking.id, now=booked.booking.now) == booked.booking
    assert await unaccounted() == 0


async def test_a_booking_has_one_moment() -> None:
    booked = await book()
    (row,), (delivery,) = await rows("schedule"), await rows("delivery")
    moments = [row["booked_at"], row["reminded_at"], delivery["first_due_at"], delivery["due_at"]]
    assert {*moments, booked.booking.booked_at} == {booked.booking.now}


async def test_booking_again_says_so_and_writes_nothing() -> None:
    interview, slot = await make_interview(), await make_slot()
    first = await book(interview, slot)
    before = [await rows(table) for table in ("schedule", "session", "delivery", "slot", "interview")]
    again = await book(interview, slot)
    assert (again.outcome, again.booking.id, again.deliveries) == (BookingOutcome.AGAIN, first.booking.id, ())
    assert [await rows(table) for table in ("schedule", "session", "delivery", "slot", "interview")] == before


async def test_the_payload_holds_neither_key_nor_link() -> None:
    interview, slot = await make_interview(), await make_slot()
    booked = await book(interview, slot)
    (delivery,) = await rows("delivery")
    payload = json.loads(delivery["payload"])
    assert set(payload) == set(InvitationMessage.__struct_fields__)
    assert (payload["session_id"], payload["key_version"]) == (str(booked.booking.session.id), 1)
    assert not any(word in delivery["payload"] for word in ("session_key", "http", "portal_url"))


# --- Between the look and the booking --------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Let something happen right after the facts were read for the first time."""
    real = schedules._facts  # noqa: SLF001 (where a booking can be held up between its look and its writing)

    def arrange(change: Change) -> None:
        pending = [change]

        async def facts(interview: UUID, slot: UUID, now: datetime | None, key: UUID | None) -> rules.BookingFacts:
            found = await real(interview, slot, now, key)
            if pending:
                await pending.pop()()
            return found

        monkeypatch.setattr(schedules, "_facts", facts)

    return arrange


async def test_an_interview_that_was_cancelled_meanwhile_takes_no_seat(meanwhile: Callable[[Change], None]) -> None:
    interview, slot = await make_interview(), await make_slot()
    meanwhile(lambda: db.fetch("UPDATE interview SET state = 'cancelled'"))
    with pytest.raises(errors.InterviewClosed):
        await book(interview, slot)
    assert await nothing_was_written()


async def test_a_candidate_whose_address_changed_meanwhile_is_written_to_at_the_new_one(
    meanwhile: Callable[[Change], None],
) -> None:
    interview, slot = await make_interview(email="old@example.com"), await make_slot()
    meanwhile(lambda: db.fetch("UPDATE candidate SET email = 'new@example.com', full_name = 'New Name'"))
    booked = await book(interview, slot)
    assert booked.outcome is BookingOutcome.BOOKED
    (delivery,) = await rows("delivery")
    assert delivery["recipient"] == "new@example.com"
    assert json.loads(delivery["payload"])["candidate_name"] == "New Name"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE slot SET taken = seats", errors.SlotFull),
        ("UPDATE slot SET withdrawn_at = now()", errors.SlotWithdrawn),
        (
            "UPDATE slot SET starts_at = starts_at - interval '1 day', ends_at = ends_at - interval '1 day'",
            errors.SlotPast,
        ),
        ("DELETE FROM slot", errors.NotFound),
        ("DELETE FROM interview", errors.BadInput),
        ("UPDATE interview SET state = 'completed'", errors.InterviewClosed),
    ],
)
async def test_what_changed_meanwhile_is_what_the_loser_hears(
    meanwhile: Callable[[Change], None], change: str, refusal: type[errors.HireLoopError]
) -> None:
    interview, slot = await make_interview(), await make_slot()
    meanwhile(lambda: db.fetch(change))
    with pytest.raises(refusal):
        await book(interview, slot)
    assert [await rows(table) for table in ("schedule", "session", "delivery")] == [[], [], []]


async def test_a_slot_given_to_another_job_meanwhile_is_refused(meanwhile: Callable[[Change], None]) -> None:
    interview, slot = await make_interview(), await make_slot()
    other, _ = await jobs.create(JobFields(title="Cook", company="Example Labs"), by=TESTS)
    meanwhile(lambda: db.fetch("UPDATE slot SET job = $1", other.id))
    with pytest.raises(errors.BadInput, match="for another job"):
        await book(interview, slot)
    assert await nothing_was_written()


async def test_a_slot_that_moved_meanwhile_is_booked_at_its_new_time(meanwhile: Callable[[Change], None]) -> None:
    interview, slot = await make_interview(), await make_slot()
    meanwhile(lambda: db.fetch("UPDATE slot SET ends_at = ends_at + interval '5 minutes'"))
    booked = await book(interview, slot)
    (seat,) = await rows("slot")
    assert (booked.booking.ends_at, seat["taken"]) == (seat["ends_at"], 1)
    (delivery,) = await rows("delivery")
    assert msgspec.json.decode(delivery["payload"], type=InvitationMessage).ends_at == seat["ends_at"]


async def test_who_loses_to_the_same_booking_hears_of_that_one(meanwhile: Callable[[Change], None]) -> None:
    interview, slot = await make_interview(), await make_slot(seats=3)
    won: list[BookingResult] = []

    async def somebody_is_quicker() -> None:
        won.append(await book(interview, slot))

    meanwhile(somebody_is_quicker)
    again = await book(interview, slot)
    assert (again.outcome, again.booking.id) == (BookingOutcome.AGAIN, won[0].booking.id)
    assert [row["taken"] for row in await rows("slot")] == [1]
    assert len(await rows("delivery")) == 1


async def test_who_loses_to_another_slot_hears_that_too(meanwhile: Callable[[Change], None]) -> None:
    interview, slot, other = await make_interview(), await make_slot(), await make_slot(starts_at=soon(300))
    meanwhile(lambda: book(interview, other))
    with pytest.raises(errors.InterviewAlreadyScheduled):
        await book(interview, slot)
    assert sorted(row["taken"] for row in await rows("slot")) == [0, 1]


# --- Seats, overlaps, times ----------------------------------------------------------------------------------------


async def test_a_candidate_is_in_one_interview_at_a_time_and_touching_is_allowed() -> None:
    first = await make_interview()
    start = soon(60)
    assert (await book(first, await make_slot(starts_at=start, minutes=30))).outcome is BookingOutcome.BOOKED
    for offset, minutes in ((0, 30), (29, 30), (-29, 30), (-10, 60), (10, 5)):
        overlapping = await make_slot(starts_at=start + timedelta(minutes=offset), minutes=minutes)
        with pytest.raises(errors.CandidateBusy):
            await book(await second_interview(first), overlapping)
        assert [row["taken"] for row in await rows("slot") if row["id"] == overlapping] == [0]
    for offset in (30, -30):
        touching = await make_slot(starts_at=start + timedelta(minutes=offset), minutes=30)
        assert (await book(await second_interview(first), touching)).outcome is BookingOutcome.BOOKED


async def test_of_many_overlapping_bookings_of_one_candidate_at_once_one_wins() -> None:
    first = await make_interview()
    racing = [(await second_interview(first), await make_slot(starts_at=soon(60 + n))) for n in range(8)]
    ends = await asyncio.gather(*(book(*one) for one in racing), return_exceptions=True)
    assert sum(isinstance(end, BookingResult) for end in ends) == 1
    assert {type(end) for end in ends} == {BookingResult, errors.CandidateBusy}
    assert sum(row["taken"] for row in await rows("slot")) == 1
    assert await unaccounted() == 0


async def test_a_slot_of_three_seats_takes_three() -> None:
    slot, people = await make_slot(seats=3), [await make_interview() for _ in range(8)]
    ends = await asyncio.gather(*(book(person, slot) for person in people), return_exceptions=True)
    assert sum(isinstance(end, BookingResult) for end in ends) == 3
    assert {type(end) for end in ends} == {BookingResult, errors.SlotFull}
    assert [row["taken"] for row in await rows("slot")] == [3]


async def test_a_slot_kept_for_another_job_is_refused_by_name() -> None:
    other, _ = await jobs.create(JobFields(title="Cook", company="Example Labs"), by=TESTS)
    with pytest.raises(errors.BadInput) as refused:
        await book(await make_interview(), await make_slot(job=other.id))
    assert refused.value.field == "slot_id"
    cook = CandidateFields(**candidate_fields())  # type: ignore[arg-type] # texts
    fitting = await interviews.create(cook, other.id, by=TESTS)
    assert (await book(fitting.id, await make_slot(job=other.id))).outcome is BookingOutcome.BOOKED


async def test_a_slot_can_be_booked_until_its_link_could_open_no_more() -> None:
    start = soon()
    interview, slot = await make_interview(), await make_slot(starts_at=start)
    with pytest.raises(errors.SlotPast):
        await book(interview, slot, now=start + timedelta(seconds=600))
    assert await nothing_was_written()
    late = start + timedelta(seconds=599)
    booked = await book(interview, slot, now=late)
    assert booked.booking.booked_at == late
    (delivery,) = await rows("delivery")
    assert delivery["deadline_at"] == late + timedelta(seconds=30)  # never less than 30 s for one try


@pytest.mark.parametrize(
    ("minutes_before", "at_risk_after"),
    [(24 * 60, 15), (76, 15), (70, 10), (60.5, 0.5), (60, 0), (0, 0)],
)
async def test_a_delivery_is_at_risk_after_a_quarter_or_an_hour_before_the_start(
    minutes_before: float, at_risk_after: float
) -> None:
    start = soon(2000)
    now = start - timedelta(minutes=minutes_before)
    await book(await make_interview(), await make_slot(starts_at=start), now=now)
    (delivery,) = await rows("delivery")
    assert delivery["first_due_at"] == delivery["due_at"] == now
    assert delivery["at_risk_at"] == now + timedelta(minutes=at_risk_after)
    assert delivery["deadline_at"] == start + timedelta(seconds=600)


async def test_unknown_ids_are_told_apart() -> None:
    interview, slot = await make_interview(), await make_slot()
    with pytest.raises(errors.NotFound, match="There is no slot"):
        await book(interview, db.new_id())
    with pytest.raises(errors.BadInput, match="interview_id"):
        await book(db.new_id(), slot)
    with pytest.raises(errors.NotFound, match="There is no schedule"):
        await bookings.find(db.new_id())


async def test_live_bookings_are_found_by_their_interviews() -> None:
    booked, free, over = [await make_interview() for _ in range(3)]
    booking = (await book(booked, await make_slot())).booking
    await book(over, await make_slot())
    await db.fetch("UPDATE schedule SET state = 'cancelled' WHERE interview = $1", over)
    found = await bookings.find_live([booked, free, over], now=booking.now)
    assert found == {booked: booking}
