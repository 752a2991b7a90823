"""Asking for another time, having come too late: put once, with the fact, and only where somebody hears of it."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

import factories
from factories import make_interview, rows, unaccounted
from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.sessions import late_requests, sessions
from scheduling.factories import MAIL_ONLY, OUTBOX

pytestmark = pytest.mark.usefixtures("database")


async def book(recruiter: str | None = None) -> Booking:
    interview = await make_interview()
    await db.fetch("UPDATE job SET recruiter_email = $1", recruiter)
    return (await factories.book(interview)).booking


async def ask(
    booking: Booking, outbox: Outbox = OUTBOX, *, alert_email: str = "", at: datetime | None = None, version: int = 1
) -> bool:
    at = at or booking.session.closes_at + timedelta(minutes=5)
    asked = await late_requests.ask(booking.session.id, version, outbox=outbox, alert_email=alert_email, now=at)
    assert await unaccounted() == 0
    return asked


async def requests() -> list[dict[str, Any]]:
    return [row for row in await rows("delivery") if row["kind"] == "late_request"]


async def test_a_request_is_put_once_with_when_it_was_made() -> None:
    booking = await book()
    at = booking.session.closes_at + timedelta(minutes=5)
    assert await ask(booking, at=at)
    assert not await ask(booking, at=at + timedelta(minutes=1))
    (request,) = await requests()
    assert (request["schedule"], request["channel"], request["required"]) == (booking.id, "chat", False)
    assert datetime.fromisoformat(json.loads(request["payload"])["asked_at"]) == at
    assert not any(word in request["payload"] for word in ("session_id", "session_key", "http"))
    assert (await sessions.visit(booking.session.id, now=at)).current_late_request_at == at


async def test_of_several_presses_at_once_one_counts() -> None:
    booking = await book()
    assert sorted(await asyncio.gather(*(ask(booking) for _ in range(4)))) == [False, False, False, True]
    assert len(await requests()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE schedule SET state = 'cancelled'",
        "UPDATE session SET revoked_at = now()",
        "UPDATE session SET entered_at = opens_at",
        "UPDATE session SET key_version = 2",
    ],
)
async def test_who_is_not_merely_late_asks_in_vain(change: str) -> None:
    booking = await book()
    await db.fetch(change)
    at = booking.session.closes_at + timedelta(minutes=5)
    assert not await late_requests.ask(booking.session.id, 1, outbox=OUTBOX, alert_email="", now=at)
    assert await requests() == []


async def test_the_last_moment_to_enter_is_not_too_late() -> None:
    booking = await book()
    closes = booking.session.closes_at
    assert not await ask(booking, at=closes)
    assert await ask(booking, at=closes + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("recruiter", "alert_email", "recipient"),
    [
        ("rita@hire.example", "ops@hire.example", "rita@hire.example"),
        ("rita@hire.example", "", "rita@hire.example"),
        (None, "ops@hire.example", "ops@hire.example"),
        (None, "", None),
    ],
)
async def test_over_mail_the_jobs_recruiter_is_told_or_the_receiver_of_alerts(
    recruiter: str | None, alert_email: str, recipient: str | None
) -> None:
    booking = await book(recruiter)
    assert await ask(booking, MAIL_ONLY, alert_email=alert_email) is (recipient is not None)
    assert [request["recipient"] for request in await requests()] == [recipient] * (recipient is not None)
    requested_at = await db.fetch_value("SELECT late_requested_at FROM session")
    assert (requested_at is not None) is (recipient is not None)


async def test_who_is_late_for_the_new_time_too_may_ask_again() -> None:
    booking = await book()
    assert await ask(booking)
    await db.fetch("UPDATE session SET closes_at = closes_at + interval '1 day'")
    await db.fetch("UPDATE schedule SET revision = 2")
    await db.fetch("UPDATE delivery SET revision = 2 WHERE kind = 'invitation'")
    at = booking.session.closes_at + timedelta(days=1, minutes=5)
    assert (await sessions.visit(booking.session.id, now=at)).current_late_request_at is None
    assert await ask(booking, at=at)
    assert [request["revision"] for request in await requests()] == [1, 2]
    visit = await sessions.visit(booking.session.id, now=at)
    assert (visit.current_late_request_at, visit.former_late_requests) == (at, [at - timedelta(days=1)])
    moved = "UPDATE session SET closes_at = closes_at + interval '1 day' WHERE id = $1"
    await db.fetch(moved, booking.session.id)
    visit = await sessions.visit(booking.session.id, now=at)
    assert (visit.current_late_request_at, visit.former_late_requests) == (None, [at - timedelta(days=1), at])


async def test_of_very_many_requests_the_newest_fifty_are_kept() -> None:
    booking = await book()
    many = [booking.session.closes_at - timedelta(days=100 - n) for n in range(60)]
    earlier = "UPDATE session SET earlier_late_requests = $1, late_requested_at = $2"
    await db.fetch(earlier, many[:-1], many[-1])
    assert await ask(booking)
    visit = await sessions.visit(booking.session.id)
    assert visit.earlier_late_requests == many[-49:]
