"""Erasing a person: nothing names them any more, and what happened stays."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import factories
from factories import OUTBOX, TESTS, WINDOWS, make_interview, make_slot, outbox_of, rows, soon, unaccounted
from hireloop import db, errors
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction, MailKind
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import alerts, deadlines, leases, replay
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.rate_limit import RateLimit
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import bookings, cancellations, confirmations, moves
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import links, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from notify.factories import settlement
from sample_channels import EMAIL, chat
from sample_settings import SECRET
from scheduling import interviewers
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")

NAME, ADDRESS = "Zebulon Quartz", "zebulon.quartz@example.com"
PERSONAL = ("Zebulon", "Quartz", "zebulon", "a private matter", "+49 30 1234")


async def book(minutes: float = 60, interview: UUID | None = None) -> BookingResult:
    if interview is None:
        interview = await make_interview(
            full_name=NAME, email=ADDRESS, phone="+49 30 1234", resume_text="a private matter"
        )
    return await factories.book(interview, minutes=minutes, notes="a private matter")


async def take() -> list[Lease]:
    await due.decide()
    return await leases.take("email", limit=9, worker="w", kinds=["invitation", "cancelled"])


async def settle(lease: Lease, outcome: AttemptOutcome, state: DeliveryState) -> None:
    said = Evidence(phase=Phase.REPLY, code=250, reply=f"2.1.5 <{ADDRESS}> taken")
    await leases.settle([settlement(lease, outcome, state, evidence=said)])


async def candidate() -> UUID:
    return (await rows("candidate"))[0]["id"]  # type: ignore[no-any-return] # a column


async def erase(ident: UUID) -> erasure.ErasureResult:
    return await erasure.erase(ident, by=TESTS, outbox=OUTBOX)


async def cancelled_by_it() -> int:
    """Return how many bookings the erasure cancelled, as the audit has it."""
    found: int = await db.fetch_value(
        "SELECT (details::jsonb ->> 'cancelled')::int FROM audit_entry WHERE action = 'candidate.erased'"
    )
    return found


async def everything() -> dict[str, str]:
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"]: str(await rows(row["tablename"])) for row in tables}


async def tables_that_name_the_person() -> set[str]:
    return {table for table, text in (await everything()).items() if any(word in text for word in PERSONAL)}


async def test_no_text_of_a_candidate_is_left_whatever_columns_there_are() -> None:
    await book()
    texts = await db.fetch(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_name = 'candidate' AND data_type = 'text' AND is_generated = 'NEVER'
        """
    )
    names = {row["column_name"] for row in texts}
    assert names >= {"full_name", "email", "phone", "resume_text"}
    said = ", ".join(f"{name} = 'zebulon@example.com'" for name in names)
    await db.fetch(f"UPDATE candidate SET {said}")  # noqa: S608 (columns)
    await erase(await candidate())
    (left,) = await rows("candidate")
    assert [name for name in names if "zebulon" in (left[name] or "")] == []


async def test_after_a_whole_story_nothing_names_the_person_and_the_proof_stays() -> None:
    booked = await book()
    for _ in range(2):
        check = DeviceCheck(camera=f"{NAME}'s webcam", microphone="ok")
        await sessions.record_device_check(booked.booking.session.id, check)
    (lease,) = await take()
    await settle(lease, AttemptOutcome.SENT, DeliveryState.SENT)
    await cancellations.cancel(booked.booking.id, by=TESTS, reason="a private matter", outbox=OUTBOX)
    (told,) = await take()
    await settle(told, AttemptOutcome.SENT, DeliveryState.SENT)
    assert {
        "candidate",
        "schedule",
        "session",
        "delivery",
        "attempt",
        "audit_entry",
    } <= await tables_that_name_the_person()

    erased = await erase(await candidate())

    assert await tables_that_name_the_person() == set()
    assert (erased.email, await cancelled_by_it()) == (ADDRESS, 0)
    assert [(row["kind"], row["state"], row["sent_at"] is not None) for row in await rows("delivery")] == [
        ("invitation", "sent", True),
        ("cancelled", "sent", True),
    ]
    assert [(row["outcome"], row["code"]) for row in await rows("attempt")] == [("sent", 250), ("sent", 250)]
    assert [row["action"] for row in await rows("audit_entry")][-1] == "candidate.erased"
    assert await unaccounted() == 0


async def test_who_was_told_of_an_interview_to_come_hears_that_it_is_off_and_only_that() -> None:
    booked = await book()
    (lease,) = await take()
    await settle(lease, AttemptOutcome.SENT, DeliveryState.SENT)
    await erase(await candidate())
    assert await tables_that_name_the_person() == {"kept_address"}
    (last,) = await take()
    assert (last.kind, last.recipient, last.schedule) == ("cancelled", ADDRESS, booked.booking.id)
    assert ADDRESS not in last.payload
    await settle(last, AttemptOutcome.SENT, DeliveryState.SENT)
    assert await tables_that_name_the_person() == set()
    assert await rows("kept_address") == []
    (slot,) = await rows("slot")
    assert slot["taken"] == 0
    assert await unaccounted() == 0


async def test_an_erasure_has_one_moment() -> None:
    booked = await book()
    again = await interviews.create(await candidate(), await db.fetch_value("SELECT id FROM job"), by=TESTS)
    await book(minutes=300, interview=again.id)
    async with db.DB.transaction():
        await db.fetch("SELECT FROM candidate FOR UPDATE")
        erasing = beside(erase(await candidate()))
        await until(somebody_waits, "the erasure waits for the person")
        let_go_at = await db.fetch_value("SELECT clock_timestamp()")
    await erasing
    assert await cancelled_by_it() == 2
    ((erased_at,),) = await db.fetch("SELECT erased_at FROM candidate")
    assert {row["revoked_at"] for row in await rows("session")} == {erased_at}
    assert {row["erased_at"] for row in await rows("delivery")} == {erased_at}
    assert [change.at for change in (await bookings.find(booked.booking.id)).changes] == [erased_at]
    assert erased_at > let_go_at


async def test_an_invitation_that_nobody_tried_is_never_sent() -> None:
    await book()
    await erase(await candidate())
    assert [(row["kind"], row["state"]) for row in await rows("delivery")] == [("invitation", "superseded")]
    assert await take() == []
    assert await unaccounted() == 0


async def test_the_answer_to_a_try_under_way_is_recorded_without_the_other_sides_words() -> None:
    await book()
    (lease,) = await take()
    await erase(await candidate())
    await settle(lease, AttemptOutcome.SENT, DeliveryState.SENT)
    (attempt,) = await rows("attempt")
    assert (attempt["outcome"], attempt["code"], attempt["reply"]) == ("sent", 250, None)
    assert await tables_that_name_the_person() == {"kept_address"}
    assert await unaccounted() == 0


async def test_the_last_cancellation_ends_within_a_day_and_takes_the_address_with_it() -> None:
    await book(minutes=60 * 24 * 30)
    (lease,) = await take()
    await settle(lease, AttemptOutcome.SENT, DeliveryState.SENT)
    await erase(await candidate())
    await deadlines.expire(now=soon(60 * 24 + 1))
    states: dict[str, Any] = {row["kind"]: row["state"] for row in await rows("delivery")}
    assert states == {"invitation": "sent", "cancelled": "exhausted"}
    assert await tables_that_name_the_person() == set()


async def test_nothing_of_an_erased_person_is_replayed() -> None:
    await book()
    (lease,) = await take()
    await settle(lease, AttemptOutcome.REJECTED, DeliveryState.REJECTED)
    await erase(await candidate())
    with pytest.raises(errors.NotReplayable):
        await replay.one(lease.id, [EMAIL])


async def test_an_open_interview_of_an_erased_person_can_not_be_booked() -> None:
    interview = await make_interview(full_name=NAME, email=ADDRESS)
    await erase(await candidate())
    with pytest.raises(errors.InterviewClosed):
        await book(interview=interview)


async def test_who_is_in_an_interview_is_erased_after_it() -> None:
    booked = await book(minutes=0.1)
    session = booked.booking.session
    await sessions.enter(session.id, session.key_version, outbox=OUTBOX)
    with pytest.raises(errors.InterviewInProgress):
        await erase(await candidate())
    await sessions.leave(session.id, session.key_version, outbox=OUTBOX)
    await erase(await candidate())
    (interview,), (seen,) = await rows("interview"), await rows("session")
    assert (interview["state"], seen["entered_at"] is not None) == ("completed", True)
    assert seen["revoked_at"] is not None


async def test_a_person_is_erased_once() -> None:
    await book()
    ident = await candidate()
    came = await asyncio.gather(erase(ident), erase(ident), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["ErasureResult", "NotFound"]
    with pytest.raises(errors.NotFound):
        await erase(db.new_id())


async def test_an_alert_that_is_being_put_while_a_person_is_erased_does_not_keep_their_name() -> None:
    await book()
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown'")
    async with db.DB.transaction():
        assert await alerts.put_due(outbox_of(EMAIL, chat("alert")), alert_email="") == 1
        erasing = beside(erase(await candidate()))
        await until(somebody_waits, "the erasure waits for the sweep")
    await erasing
    assert await tables_that_name_the_person() == set()
    assert {row["kind"]: row["state"] for row in await rows("delivery")} == {
        "invitation": "rejected",
        "alert": "superseded",
    }


async def test_a_last_cancellation_that_is_taken_during_the_erasure_goes_to_the_person() -> None:
    booked = await book()
    (lease,) = await take()
    await settle(lease, AttemptOutcome.SENT, DeliveryState.SENT)
    await cancellations.cancel(booked.booking.id, by=TESTS, reason="", outbox=OUTBOX)
    await due.decide()
    await take_at_a_rate(limit=0)  # makes the row that the next one waits for
    async with db.DB.transaction():
        await db.fetch("SELECT FROM channel_rate FOR UPDATE")
        taking = beside(take_at_a_rate())  # its snapshot is older than the erasure
        await until(somebody_waits, "the worker waits for its turn")
        await beside(erase(await candidate()))
    found = [*await taking, *await take_at_a_rate()]
    assert [lease.recipient for lease in found] == [ADDRESS]


async def take_at_a_rate(limit: int = 9) -> list[Lease]:
    return await leases.take("email", limit=limit, worker="w", kinds=["cancelled"], rate_limit=RateLimit.of(600))


async def test_who_did_not_come_and_is_erased_before_the_sweep_did_not_come() -> None:
    booked = await book(minutes=-5)
    later = booked.booking.session.closes_at + timedelta(seconds=1)
    await erasure.erase(await candidate(), by=TESTS, outbox=OUTBOX, now=later)
    (interview,) = await rows("interview")
    assert interview["state"] == "no_show"
    assert "interview.missed" in {row["action"] for row in await rows("audit_entry")}


async def test_nobody_can_stand_in_the_way_of_an_erasure_with_an_address() -> None:
    await book()
    ident = await candidate()
    other = await interviews.find(await make_interview(email="other@example.com"))
    taken = f"erased-{ident}@erased.invalid"  # no request can set it: it is not an address
    await db.fetch("UPDATE candidate SET email = $2 WHERE id = $1", other.candidate, taken)
    await erase(ident)
    assert await tables_that_name_the_person() == set()


async def test_nothing_is_done_any_more_with_an_erased_persons_missed_interview() -> None:
    missed = (await book()).booking
    later, slot = soon(24 * 60), await make_slot(starts_at=soon(48 * 60))
    await erasure.erase(await candidate(), by=TESTS, outbox=OUTBOX, now=later)
    assert await cancelled_by_it() == 0
    before = await rows("delivery")
    for change in (
        moves.move(missed.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS, now=later),
        links.reissue(missed.session.id, by=TESTS, outbox=OUTBOX, now=later),
        cancellations.cancel(missed.id, by=TESTS, reason="", outbox=OUTBOX, now=later),
        confirmations.confirm(missed.id, by=TESTS, outbox=OUTBOX, now=later),
    ):
        with pytest.raises(errors.InterviewClosed):
            await change
    assert await rows("delivery") == before


async def test_who_is_erased_is_named_in_no_message_to_an_interviewer() -> None:
    slot = await interviewers.make_slot()
    interview = await make_interview(full_name=NAME, email=ADDRESS, resume_text="a private matter")
    await interviewers.book(slot, "Ben Rao")
    await interviewers.book(slot, interview=interview)
    assert await interviewers.heard(0) == ["invitation to ravi: Ben, Zebulon"]
    person = await db.fetch_value("SELECT id FROM candidate WHERE email = $1", ADDRESS)
    await erasure.erase(person, by=TESTS, outbox=interviewers.OUTBOX, now=interviewers.at(30))
    kept = [row["payload"] for row in await rows("delivery") if row["slot"] == slot]
    assert not any(word in payload for payload in kept for word in (*PERSONAL, ADDRESS))
    assert any("Ben Rao" in payload for payload in kept)
    assert await interviewers.heard(60) == ["update to ravi: Ben"]
    assert await unaccounted() == 0


@pytest.mark.parametrize("moved", [False, True], ids=["where they are", "where they were"])
async def test_what_is_on_its_way_to_an_interviewer_does_not_name_who_is_erased(moved: bool) -> None:  # noqa: FBT001 (a case)
    slot, other = await interviewers.make_slot(), await interviewers.make_slot(interviewers.MEERA)
    interview = await make_interview(full_name=NAME, email=ADDRESS)
    await interviewers.book(slot, "Ben Rao")
    booking = await interviewers.book(slot, interview=interview)
    assert await interviewers.heard(0, interviewers.UNREACHED) == ["invitation to ravi: Ben, Zebulon"]
    if moved:
        await interviewers.move(booking, other, seconds=10)
    person = await db.fetch_value("SELECT id FROM candidate WHERE email = $1", ADDRESS)
    await erasure.erase(person, by=TESTS, outbox=interviewers.OUTBOX, now=interviewers.at(15))
    kept = [row["payload"] for row in await rows("delivery") if row["slot"] is not None]
    assert not any(word in payload for payload in kept for word in (*PERSONAL, ADDRESS))
    assert [*await interviewers.heard(16), *await interviewers.heard(7200)] == ["invitation to ravi: Ben"]
    assert await unaccounted() == 0


async def erased_from_a_slot(said: str) -> UUID:
    """Tell an interviewer of a person, with this as the server's answer; then erase the person. Return the delivery."""
    slot = await interviewers.make_slot()
    await interviewers.book(slot, interview=await make_interview(full_name=NAME, email=ADDRESS))
    assert await interviewers.heard(0) == ["invitation to ravi: Zebulon"]
    (told,) = [row["id"] for row in await rows("delivery") if row["slot"] == slot]
    await db.fetch("UPDATE delivery SET last_reply = $1 WHERE id = $2", said, told)
    await db.fetch("UPDATE attempt SET reply = $1 WHERE delivery = $2", said, told)
    person = await db.fetch_value("SELECT id FROM candidate WHERE email = $1", ADDRESS)
    await erasure.erase(person, by=TESTS, outbox=interviewers.OUTBOX, now=interviewers.at(30))
    return told  # type: ignore[no-any-return] # a column


async def test_what_a_server_said_of_a_message_to_an_interviewer_goes_with_the_person_that_it_named() -> None:
    await erased_from_a_slot(f"5.7.1 Message with subject 'Interview scheduled: {NAME}' rejected")
    assert await tables_that_name_the_person() == set()


@pytest.mark.parametrize("action", [MailAction.FAILED, MailAction.DELAYED, None])
async def test_what_comes_back_of_a_message_to_an_interviewer_after_the_erasure_leaves_no_words(
    action: MailAction | None,
) -> None:
    told = await erased_from_a_slot("2.0.0 Ok")
    path = ReturnPath("bounces@hire.example", [SECRET])
    mail = f"The message 'Interview scheduled: {NAME}' was not delivered.".encode()
    report = DeliveryReport(
        action=action,
        kind=MailKind.REPORT if action else MailKind.UNREADABLE,
        status="5.1.1",
        diagnostic=mail.decode(),
        addressed=path.address(told) or "",
    )
    await bounces.record(report, path, mail=mail)
    assert len(await rows("returned_mail")) == 1
    assert await tables_that_name_the_person() == set()
