"""Every calendar is read back with icalendar, which refuses what is malformed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from hireloop.notify.calendar import CalendarEvent, request

START = datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
CLEAN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def event(**values: object) -> CalendarEvent:
    defaults: dict[str, object] = {
        "uid": "42@hire.example",
        "sequence": 3,
        "stamped_at": datetime(2026, 11, 1, tzinfo=UTC),
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "summary": "Interview: Engineer at Acme",
        "description": "First line\nsecond; third, fourth \\ end",
        "url": "https://hire.example/?session_key=abc.1.def",
        "organizer": "rita@acme.example",
        "organizer_name": "Acme",
        "attendee": "asha@example.com",
        "attendee_name": "Asha Rao",
    }
    return CalendarEvent(**(defaults | values))  # type: ignore[arg-type] # a table of mixed values


def read_back(raw: bytes) -> tuple[Any, Any]:
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    calendar: Any = Calendar.from_ical(raw)  # a property's type depends on its name
    [found] = calendar.events
    assert found.errors == []
    return calendar, found


def test_an_invitation_asks_for_an_answer() -> None:
    calendar, found = read_back(request(event()))
    assert calendar["METHOD"] == "REQUEST"
    assert calendar["VERSION"] == "2.0"
    assert (found["UID"], found["SEQUENCE"], found["STATUS"]) == ("42@hire.example", 3, "CONFIRMED")
    assert found["DTSTART"].dt == datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
    assert found["DTEND"].dt == datetime(2026, 12, 1, 5, 30, tzinfo=UTC)
    assert found["DTSTAMP"].dt == datetime(2026, 11, 1, tzinfo=UTC)
    assert found["SUMMARY"] == "Interview: Engineer at Acme"
    assert found["DESCRIPTION"] == "First line\nsecond; third, fourth \\ end"
    assert found["URL"] == found["LOCATION"] == "https://hire.example/?session_key=abc.1.def"
    assert found["ORGANIZER"] == "mailto:rita@acme.example"
    assert found["ATTENDEE"] == "mailto:asha@example.com"
    assert found["ATTENDEE"].params["RSVP"] == "TRUE"
    assert found["ATTENDEE"].params["CN"] == "Asha Rao"
    [alarm] = found.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)


def test_a_revision_keeps_the_uid_and_raises_the_sequence() -> None:
    first, second = (read_back(request(event(sequence=n)))[1] for n in (0, 1))
    assert first["UID"] == second["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"]


@given(CLEAN, CLEAN, CLEAN)
def test_any_text_is_read_back(summary: str, description: str, name: str) -> None:
    _, found = read_back(request(event(summary=summary, description=description, attendee_name=name)))
    assert found["SUMMARY"] == summary
    assert found["DESCRIPTION"] == description
    assert found["ATTENDEE"] == "mailto:asha@example.com"
    assert found["ATTENDEE"].params["CN"] == name.replace('"', "'")


@given(st.emails())
def test_any_address_is_one_attendee(address: str) -> None:
    _, found = read_back(request(event(attendee=address)))
    assert found["ATTENDEE"].startswith("mailto:")
    assert " " not in found["ATTENDEE"]
