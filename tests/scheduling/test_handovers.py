"""A slot in use changes its interviewer: which candidates hear of it, and what."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from factories import TESTS, make_interview, rows, unaccounted
from hireloop import db, errors
from hireloop.notify import messages
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import deliveries, leases
from hireloop.notify.messages import CANDIDATE_KINDS, CancelledMessage, InvitationMessage, RescheduledMessage
from hireloop.scheduling import handovers
from hireloop.scheduling.bookings import booking, bookings, confirmations
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.slots.slots import SlotPatch
from notify.factories import settlement
from sample_channels import MAIL
from scheduling.interviewers import MEERA, OUTBOX, RAVI, START, at, book, cancel, change, make_slot, move

pytestmark = pytest.mark.usefixtures("database")


async def candidate_hears(seconds: float) -> list[str]:
    """Let a worker send what is due to candidates, and return it as `invitation to Asha 1: Ravi Kumar`."""
    moment = at(seconds)
    await due.decide(now=moment)
    taken = await leases.take("email", limit=99, worker="w", kinds=sorted(CANDIDATE_KINDS), now=moment)
    await leases.settle([settlement(one) for one in taken], now=moment)
    found = []
    for one in taken:
        message = messages.decode(one.kind, one.payload)
        assert isinstance(message, InvitationMessage | CancelledMessage)
        named = f": {message.interviewer_name or 'nobody'}" if isinstance(message, InvitationMessage) else ""
        found.append(f"{one.kind} to {message.candidate_name.partition(' ')[0]} {one.revision}{named}")
    return sorted(found)


async def named(*people: str, seats: int = 30) -> tuple[UUID, list[Booking]]:
    """Book people into a slot of Ravi Kumar, whose name their jobs tell them, and let them be told."""
    slot = await make_slot(interviewer_name="Ravi Kumar", seats=seats)
    booked = []
    for name in people:
        interview = await make_interview(full_name=name)
        await db.fetch("UPDATE job SET names_interviewer = true")
        booked.append(await book(slot, interview=interview))
    assert len(await candidate_hears(0)) == len(people)
    return slot, booked


async def test_candidates_who_were_told_a_name_hear_who_interviews_them_now() -> None:
    slot, _ = await named("Asha Rao", "Ben Rao")
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=60)
    assert await candidate_hears(79) == []
    assert await candidate_hears(80) == ["invitation to Asha 2: Meera Iyer", "invitation to Ben 2: Meera Iyer"]
    assert await candidate_hears(600) == []
    assert await unaccounted() == 0


async def test_nobody_is_named_any_more_where_the_next_interviewer_has_no_name() -> None:
    slot, _ = await named("Asha Rao")
    await change(slot, interviewer_email=MEERA, seconds=60)
    assert await candidate_hears(80) == ["invitation to Asha 2: nobody"]
    await change(slot, interviewer_name="Meera Iyer", seconds=100)  # what they know is not wrong
    assert await candidate_hears(200) == []


async def test_there_and_back_tells_nothing_and_the_first_mail_counts() -> None:
    slot, (booked,) = await named("Asha Rao")
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=60)
    await change(slot, interviewer_email=RAVI, interviewer_name="Ravi Kumar", seconds=70)
    assert await candidate_hears(300) == []
    found = await bookings.find(booked.id)
    told = await deliveries.of_schedules([booked.id], [MAIL])
    assert (found.revision, deliveries.revision_told(told, 3)) == (3, 1)
    assert deliveries.invitation_state(told, revision=3, now=at(300)) == "sent"
    assert await unaccounted() == 0


async def test_nothing_else_about_an_interviewer_or_a_slot_concerns_candidates() -> None:
    slot, (booked,) = await named("Asha Rao")
    await change(slot, interviewer_time_zone="Europe/Berlin", notes="Room 4", seats=31, seconds=60)
    await change(slot, interviewer_email="ravi.kumar@acme.example", interviewer_name="Ravi Kumar", seconds=61)
    assert await candidate_hears(300) == []
    assert (await bookings.find(booked.id)).revision == 1


async def test_who_was_told_no_name_hears_of_no_other() -> None:
    slot = await make_slot(interviewer_name="Ravi Kumar")
    await book(slot)
    await candidate_hears(0)
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=60)
    assert await candidate_hears(300) == []


async def test_whose_invitation_has_not_left_gets_one_with_the_name_of_now() -> None:
    slot = await make_slot(interviewer_name="Ravi Kumar")
    interview = await make_interview(full_name="Asha Rao")
    await db.fetch("UPDATE job SET names_interviewer = true")
    await book(slot, interview=interview)
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=1)
    assert await candidate_hears(1) == ["invitation to Asha 2: Meera Iyer"]


async def test_with_another_time_as_well_it_is_a_move() -> None:
    slot, (booked,) = await named("Asha Rao")
    later = await make_slot(MEERA, starts_at=START + timedelta(days=1), interviewer_name="Meera Iyer")
    await change(slot, interviewer_email="ivo@acme.example", interviewer_name="Ivo Babić", seconds=60)
    await move(booked, later, seconds=65)
    assert await candidate_hears(120) == ["rescheduled to Asha 3: Meera Iyer"]
    (said,) = [row for row in await rows("delivery") if row["kind"] == "rescheduled" and row["state"] == "sent"]
    moved = messages.decode(said["kind"], said["payload"])
    assert isinstance(moved, RescheduledMessage)
    assert moved.previous_starts_at == START


async def test_a_cancellation_takes_the_place_of_what_was_still_to_be_said() -> None:
    slot, (booked,) = await named("Asha Rao")
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=60)
    await cancel(booked, seconds=65)
    assert await candidate_hears(300) == ["cancelled to Asha 3"]
    assert await unaccounted() == 0


async def test_who_has_confirmed_has_confirmed_and_who_has_entered_or_is_late_is_not_written_to() -> None:
    slot, (confirmed, entered) = await named("Asha Rao", "Ben Rao")
    assert await confirmations.confirm(confirmed.id, by=TESTS, outbox=OUTBOX, now=at(30))
    await db.fetch("UPDATE session SET entered_at = opens_at WHERE schedule = $1", entered.id)
    await change(slot, interviewer_email=MEERA, interviewer_name="Meera Iyer", seconds=60)
    assert await candidate_hears(300) == ["invitation to Asha 2: Meera Iyer"]
    assert (await bookings.find(confirmed.id)).state == "confirmed"
    over = (START + timedelta(minutes=40) - at()).total_seconds()
    await change(slot, interviewer_email=RAVI, interviewer_name="Ravi Kumar", seconds=over)
    assert await candidate_hears(over + 60) == []


async def test_what_is_refused_tells_nobody() -> None:
    slot, _ = await named("Asha Rao")
    wrong = SlotPatch(interviewer_name="Meera Iyer", ends_at=START + timedelta(hours=5))
    with pytest.raises(errors.SlotInUse):
        await handovers.change(slot, wrong, by=TESTS, outbox=OUTBOX, now=at(60))
    with pytest.raises(errors.NotFound):
        await handovers.change(db.new_id(), SlotPatch(interviewer_name="M"), by=TESTS, outbox=OUTBOX)
    assert await candidate_hears(300) == []


async def test_a_booking_that_is_made_meanwhile_names_who_interviews_now(monkeypatch: pytest.MonkeyPatch) -> None:
    slot, _ = await named("Asha Rao")
    read = booking._facts  # noqa: SLF001 (where a booking can be held up)
    interview = await make_interview(full_name="Ben Rao")
    await db.fetch("UPDATE job SET names_interviewer = true")

    async def slow(*args: object) -> object:
        facts = await read(*args)  # type: ignore[arg-type] # as it is called
        monkeypatch.setattr(booking, "_facts", read)
        await change(slot, interviewer_name="Ravi B. Kumar", seconds=60)
        return facts

    monkeypatch.setattr(booking, "_facts", slow)
    await book(slot, seconds=61, interview=interview)
    assert await candidate_hears(81) == ["invitation to Asha 2: Ravi B. Kumar", "invitation to Ben 1: Ravi B. Kumar"]


async def test_bookings_and_handovers_at_once_leave_nobody_with_the_wrong_name() -> None:
    slot, _ = await named("Asha Rao")
    people = [await make_interview(full_name=f"P{number} Rao") for number in range(6)]
    await db.fetch("UPDATE job SET names_interviewer = true")
    await asyncio.gather(
        *(book(slot, interview=person) for person in people),
        *(change(slot, interviewer_name=f"Ravi {letter} Kumar") for letter in "ABC"),
    )
    for seconds in (30, 60, 90):
        await candidate_hears(seconds)
    (name,) = {row["interviewer_name"] for row in await rows("slot")}
    latest = await db.fetch(
        """
        SELECT DISTINCT ON (schedule) payload->>'interviewer_name' AS name FROM delivery
        WHERE party_of(kind) = 'candidate' AND state = 'sent' ORDER BY schedule, revision DESC
        """
    )
    assert [row["name"] for row in latest] == [name] * 7
    assert await unaccounted() == 0
