"""The interview for the candidate's own calendar: the entry of the mail, from the page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from portal.coming_in import come_in
from portal.factories import OUTBOX, BookingResult, Person, book
from portal.records import everything


async def _entry(client: httpx.AsyncClient, booked: BookingResult) -> tuple[Any, Any]:
    answer = await client.get(f"{booked.path}calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="interview.ics"'
    calendar: Any = Calendar.from_ical(answer.content)
    [event] = calendar.events
    assert event.errors == []
    return calendar, event


async def test_it_is_the_event_of_the_mail_and_asks_nobody(client: httpx.AsyncClient, settings: Settings) -> None:
    starts_at = datetime(2099, 12, 1, 4, 30, tzinfo=UTC)
    booked = await book(settings, Person(locale="de"), at=starts_at)
    await db.fetch("UPDATE schedule SET revision = 3 WHERE id = $1", booked.schedule_id)
    await come_in(client, booked)
    before = await everything()
    calendar, event = await _entry(client, booked)
    assert await everything() == before
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in event  # RFC 5546, 3.2.1
    assert (event["UID"], event["SEQUENCE"]) == (f"{booked.schedule_id}@hire.example", 3)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (starts_at, starts_at + timedelta(hours=1))
    assert event["ORGANIZER"] == "mailto:rita@acme.example"
    assert event["URL"] == f"https://hire.example/?session_key={booked.key}"
    assert event["SUMMARY"] == "Vorstellungsgespräch: Backend Engineer bei Acme"


@pytest.mark.parametrize("stage", ["late", "cancelled", "started"])
async def test_there_is_none_of_an_interview_that_is_not_to_come(
    client: httpx.AsyncClient, settings: Settings, stage: str
) -> None:
    booked = await book(settings, starts_in={"late": -700, "started": 20}.get(stage, 3600))
    await come_in(client, booked)
    if stage == "started":
        await sessions.enter(booked.session_id, 1, outbox=OUTBOX)
    elif stage == "cancelled":
        await db.fetch("UPDATE schedule SET state = 'cancelled' WHERE id = $1", booked.schedule_id)
    answer = await client.get(f"{booked.path}calendar.ics")
    assert (answer.status_code, answer.headers["location"]) == (303, booked.path)


async def test_nobody_gets_it_without_the_cookie(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    answer = await client.get(f"{booked.path}calendar.ics")
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]
