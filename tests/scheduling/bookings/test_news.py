"""What happens to a booking is told with the fact, once, and said in the log with the trace of the booking."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from factories import TESTS, make_slot, outbox_of, soon, unaccounted
from hireloop import db
from hireloop.notify.messages import KNOWN_KINDS
from hireloop.scheduling import interviews
from hireloop.scheduling.audit import CANDIDATE, Actor
from hireloop.scheduling.bookings import cancellations, confirmations
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.sessions import late_requests, lifecycle, links, sessions
from sample_channels import MAIL, chat
from scheduling.factories import RECRUITER, book, move
from scheduling.records import assert_fits, told

pytestmark = pytest.mark.usefixtures("database")

NEWS = frozenset({"confirmed", "declined", "entered", "finished", "no_show", "recruiter_copy", "late_request"})
HOOK = chat(*NEWS, name="webhook-1a2b3c4d", transport_name="webhook")
OUTBOX = outbox_of(MAIL, HOOK)


async def news(kind: str) -> list[dict[str, Any]]:
    """Return the payload of each message of a kind, with the columns of its delivery."""
    rows = await db.fetch("SELECT *, payload::text AS said FROM delivery WHERE kind = $1 ORDER BY id", kind)
    return [json.loads(row["said"]) | {"row": dict(row)} for row in rows]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def enter(booking: Booking, *, now: datetime | None = None) -> None:
    await sessions.enter(booking.session.id, 1, outbox=OUTBOX, now=now or booking.starts_at)


@pytest.mark.parametrize("by", [CANDIDATE, Actor("careers site", uuid4())])
async def test_a_confirmation_is_told_once_and_by_whom(by: Actor) -> None:
    booking = await book()
    with capture_logs() as lines:
        results = [await confirmations.confirm(booking.id, by=by, outbox=OUTBOX) for _ in range(2)]
    assert results == [True, False]
    (said,) = await news("confirmed")
    assert (said["by"], said["row"]["schedule"], said["row"]["revision"]) == (by.name, booking.id, 1)
    assert said["row"]["channel"] == HOOK.name
    (line,) = [line for line in lines if line["event"] == "booking.confirmed"]
    assert line["schedule"] == str(booking.id)
    assert line.get("key_id") == (str(by.key) if by.key else None)
    await assert_fits()


async def test_what_is_undone_is_neither_told_nor_said() -> None:
    booking = await book()

    @db.transactional
    async def confirm_in_vain() -> None:
        await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
        raise ZeroDivisionError

    with capture_logs() as lines, pytest.raises(ZeroDivisionError):
        await confirm_in_vain()
    assert await news("confirmed") == []
    assert "booking.confirmed" not in {line["event"] for line in lines}


async def test_a_candidate_who_cancels_is_told_instead_of_a_copy() -> None:
    booking = await book()
    with capture_logs() as lines:
        for _ in range(2):
            await cancellations.cancel(booking.id, by=CANDIDATE, reason="I am ill.", outbox=OUTBOX)
    (said,) = await news("declined")
    assert (said["reason"], said["row"]["revision"]) == ("I am ill.", 2)
    assert [kind for kind, revision, _ in await told(booking) if revision == 2] == ["declined"]
    assert [line["revision"] for line in lines if line["event"] == "booking.declined"] == [2]
    await assert_fits()


async def test_a_recruiter_who_cancels_is_told_by_a_copy_alone() -> None:
    cancelled, off = await book(), await book()
    await cancellations.cancel(cancelled.id, by=RECRUITER, reason="", outbox=OUTBOX)
    await interviews.cancel(off.interview, by=TESTS, reason="", outbox=OUTBOX)
    assert await news("declined") == []
    assert [said["change"] for said in await news("recruiter_copy")] == ["booked"] * 2 + ["cancelled"] * 2


async def test_start_and_end_are_told_once_each() -> None:
    booking = await book()
    end = booking.starts_at + timedelta(minutes=20)
    with capture_logs() as lines:
        await asyncio.gather(*(enter(booking) for _ in range(3)))
        for _ in range(2):
            await sessions.leave(booking.session.id, 1, outbox=OUTBOX, now=end)
    (entered,), (finished,) = await news("entered"), await news("finished")
    assert at(entered["entered_at"]) == at(finished["entered_at"]) == booking.starts_at
    assert (at(finished["finished_at"]), finished["by"]) == (end, "the candidate")
    events = [line["event"] for line in lines if line["event"].startswith("interview.")]
    assert events == ["interview.entered", "interview.finished"]
    assert await unaccounted() == 0


async def test_an_interview_that_nobody_finished_is_told_to_have_ended_by_itself() -> None:
    booking = await book()
    await enter(booking)
    late = booking.ends_at + timedelta(days=1)
    with capture_logs() as lines:
        for _ in range(2):
            await lifecycle.note_due(outbox=OUTBOX, grace_seconds=600, now=late)
    (finished,) = await news("finished")
    assert at(finished["finished_at"]) == booking.ends_at + timedelta(seconds=600)
    assert finished["by"] == "HireLoop"
    assert [line["by"] for line in lines if line["event"] == "interview.finished"] == ["HireLoop"]


async def test_a_late_request_is_said_in_the_log() -> None:
    booking = await book()
    late = booking.session.closes_at + timedelta(minutes=1)
    with capture_logs() as lines:
        for _ in range(2):
            await late_requests.ask(booking.session.id, 1, outbox=OUTBOX, alert_email="", now=late)
    assert [line["schedule"] for line in lines if line["event"] == "booking.late_request"] == [str(booking.id)]


async def test_whom_nobody_asked_to_hear_it_costs_no_row() -> None:
    booking = await book()
    before = await told(booking)
    quiet = outbox_of(MAIL)
    await confirmations.confirm(booking.id, by=CANDIDATE, outbox=quiet)
    await sessions.enter(booking.session.id, 1, outbox=quiet, now=booking.starts_at)
    await sessions.leave(booking.session.id, 1, outbox=quiet, now=booking.starts_at)
    assert await told(booking) == before


async def test_without_a_chat_the_recruiter_or_the_receiver_of_alerts_hears_that_a_candidate_declined() -> None:
    mail = outbox_of(structs.replace(MAIL, kinds=MAIL.kinds | {"declined"}))
    for recruiter, expected in (("rita@hire.example", "rita@hire.example"), (None, "ops@hire.example")):
        booking = await book()
        await db.fetch("UPDATE job SET recruiter_email = $1", recruiter)
        over = structs.replace(mail, alert_email="ops@hire.example")
        await cancellations.cancel(booking.id, by=CANDIDATE, reason="", outbox=over)
        (row,) = await db.fetch("SELECT recipient FROM delivery WHERE kind = 'declined' AND schedule = $1", booking.id)
        assert row["recipient"] == expected


async def move_later(booking: Booking) -> None:
    await move(booking, await make_slot(starts_at=soon(60 * 24)), outbox=OUTBOX)


async def pending(booking: Booking) -> set[str]:
    return {kind for kind, _, state in await told(booking) if state == "pending"}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda booking: links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX), {"confirmed"}),
        (move_later, set()),
        (lambda booking: cancellations.cancel(booking.id, by=RECRUITER, reason="", outbox=OUTBOX), set()),
    ],
)
async def test_a_confirmation_is_still_told_as_long_as_the_time_stays(
    change: Callable[[Booking], Awaitable[object]], kept: set[str]
) -> None:
    booking = await book()
    await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
    await change(booking)
    assert {"confirmed"} & await pending(booking) == kept
    await assert_fits()


async def test_that_nobody_came_is_still_told_after_the_booking_was_moved() -> None:
    booking = await book()
    late = booking.session.closes_at + timedelta(minutes=1)
    assert await lifecycle.note_due(outbox=OUTBOX, grace_seconds=600, now=late) == 1
    await move_later(booking)
    assert "no_show" in await pending(booking)


def test_what_is_tested_here_is_a_kind() -> None:
    assert NEWS <= KNOWN_KINDS
