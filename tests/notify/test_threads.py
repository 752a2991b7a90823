"""Threads: every mail about a booking refers to the first one that may have arrived, so that they stand together."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import msgspec
import pytest

from factories import book, outbox_of
from hireloop import db
from hireloop.notify import threads
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases, replay
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.messages import (
    CANDIDATE_KINDS,
    CancelledMessage,
    InterviewerCancellation,
    InterviewerInvitation,
    InterviewerMessage,
    InterviewerUpdate,
    InvitationMessage,
    Message,
    ReminderMessage,
    RescheduledMessage,
)
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.testing import sample_parcel
from hireloop.notify.transports.mail import mime
from notify.factories import invite, notify_interviewer, settle, settlement
from notify.sample_messages import invitation
from sample_channels import MAIL

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, QUIET = timedelta(days=1), timedelta(minutes=1)
FIRST = invitation(starts_at=NOW + DAY)
with_database = pytest.mark.usefixtures("database")


def _later(kind: type[Message], *, revision: int = 2, **facts: Any) -> Message:  # noqa: ANN401 (each field has its own type)
    known = {name: getattr(FIRST, name) for name in FIRST.__struct_fields__ if name in kind.__struct_fields__}
    return kind(**(known | {"revision": revision} | facts))


MOVED = _later(RescheduledMessage, previous_starts_at=NOW)
REMINDER = _later(ReminderMessage, lead="24h", revision=1)
INVITED_AGAIN = _later(InvitationMessage, key_version=2)
CANCELLED = _later(CancelledMessage, revision=3)
LATER = pytest.mark.parametrize("later", [MOVED, REMINDER, INVITED_AGAIN, CANCELLED], ids=lambda said: said.kind)


async def _lease(said: Message) -> Lease:
    (put,) = await outbox_of(MAIL).put([said], now=NOW - QUIET)
    await due.decide()
    # Whatever is decided of it, it is about its thread that is asked here.
    await db.fetch("UPDATE delivery SET undecided = false, state = 'pending', due_at = $2 WHERE id = $1", put.id, NOW)
    return await _taken()


async def _taken() -> Lease:
    (lease,) = await leases.take("email", limit=9, worker="w", kinds=list(CANDIDATE_KINDS))
    return lease


@with_database
@LATER
@pytest.mark.parametrize("end", ["sent", "maybe"])
async def test_a_later_mail_refers_to_the_first_that_may_have_arrived(later: Message, end: str) -> None:
    first = await _lease(FIRST)
    await settle(first, end)
    assert first.first_mail is None
    await db.fetch("UPDATE delivery SET state = 'superseded' WHERE state = 'pending'")
    assert (await _lease(later)).first_mail == first.message_id


@with_database
@LATER
async def test_what_did_not_arrive_begins_no_thread(later: Message) -> None:
    await settle(await _lease(FIRST), "rejected")
    assert (await _lease(later)).first_mail is None


@with_database
async def test_a_bounced_first_mail_begins_no_thread_and_the_next_one_does() -> None:
    await settle(await _lease(FIRST))
    await db.fetch("UPDATE delivery SET state = 'bounced', bounced_at = now()")
    moved = await _lease(MOVED)
    assert moved.first_mail is None
    await settle(moved)
    assert (await _lease(CANCELLED)).first_mail == moved.message_id


@with_database
async def test_a_try_that_was_lost_may_have_sent_the_first_mail() -> None:
    first = await _lease(FIRST)
    await leases.settle([settlement(first, AttemptOutcome.LOST, DeliveryState.EXHAUSTED)])
    assert (await _lease(MOVED)).first_mail == first.message_id


@with_database
@pytest.mark.parametrize(
    "facts", [{"candidate_email": "ravi@example.com"}, {"schedule_id": UUID(int=9)}], ids=["person", "booking"]
)
async def test_another_recipient_and_another_booking_have_threads_of_their_own(facts: dict[str, Any]) -> None:
    await settle(await _lease(FIRST))
    assert (await _lease(msgspec.structs.replace(MOVED, **facts))).first_mail is None


@with_database
async def test_a_second_copy_of_the_first_mail_refers_to_the_first_copy_and_later_ones_to_both() -> None:
    await invite(email=FIRST.candidate_email, now=NOW)
    first = await _taken()
    assert first.schedule
    await settle(first)
    await replay.one(first.id, [MAIL])
    second = await _taken()
    assert second.message_id != first.message_id
    assert threads.references(second.message_id, second.first_mail) == (first.message_id,)
    await settle(second)
    moved = await _lease(msgspec.structs.replace(MOVED, schedule_id=first.schedule))
    assert threads.references(moved.message_id, moved.first_mail) == (first.message_id, second.message_id)


def test_the_first_mail_refers_to_nothing() -> None:
    assert threads.references("<1@hire.example>", None) == ()


def test_a_copy_of_a_copy_has_one_number() -> None:
    assert threads.again("<0199@hire.example>", 1) == "<0199.1@hire.example>"
    assert threads.again("<0199.1@hire.example>", 12) == "<0199.12@hire.example>"
    assert threads.again("<0199@10.0.0.1>", 2) == "<0199.2@10.0.0.1>"


def test_a_mail_has_both_fields_and_the_first_one_neither() -> None:
    referring = sample_parcel(references=("<1@hire.example>", "<1.2@hire.example>"))
    for parcel, reply_to, all_of_them in (
        (referring, "<1.2@hire.example>", "<1@hire.example> <1.2@hire.example>"),
        (sample_parcel(), None, None),
    ):
        raw = mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW)
        read = message_from_bytes(raw, policy=policy.SMTP)
        assert (read["In-Reply-To"], read["References"]) == (reply_to, all_of_them)


def test_no_reference_begins_a_header_of_its_own() -> None:
    evil = sample_parcel(references=("<1@x>\r\nX-Evil: 1",))
    raw = mime.to_bytes(evil, evil.recipient, "a@hire.example", NOW)
    assert "X-Evil" not in message_from_bytes(raw)


@with_database
async def test_mails_to_the_interviewer_of_a_slot_are_one_thread() -> None:
    booked, another = await book(), await book()
    sent: list[str] = []
    kinds: list[type[InterviewerMessage]] = [InterviewerInvitation, InterviewerUpdate, InterviewerCancellation]
    for revision, kind in enumerate(kinds, start=1):
        await notify_interviewer(booked, kind, revision=revision, now=NOW)
        (lease,) = await leases.take("email", limit=9, worker="w", kinds=[kind.kind])
        assert lease.first_mail == (sent[0] if sent else None)
        await settle(lease)
        sent.append(lease.message_id)
    await notify_interviewer(another, now=NOW)
    (lease,) = await leases.take("email", limit=9, worker="w", kinds=[InterviewerInvitation.kind])
    assert lease.first_mail is None
