"""Every calendar is read back with icalendar, ical.js and libical, and stored by Radicale."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from clients.node_packages import needs_npm_packages
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.calendar import CalendarEvent, cancel, invitation, invitation_method, publication
from hireloop.notify.rendering.render import Renderer
from hireloop.wording.languages import LANGUAGES
from notify.rendering import calendar_programs
from servers.calendar import CalendarServer

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
        "sender": "interviews@hire.example",
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


def test_an_invitation_says_when_and_where_and_asks_for_no_answer_that_nobody_would_read() -> None:
    calendar, found = read_back(invitation(event()))
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
    assert found["ATTENDEE"].params["RSVP"] == "FALSE"
    assert found["ATTENDEE"].params["CN"] == "Asha Rao"
    [alarm] = found.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)


def test_a_publication_is_the_same_event_without_an_attendee() -> None:
    (_, invited), (calendar, published) = read_back(invitation(event())), read_back(publication(event()))
    assert calendar["METHOD"] == "PUBLISH"
    assert set(invited) - set(published) == {"ATTENDEE"}
    assert all(invited[name] == published[name] for name in published)
    assert invited.walk("VALARM")[0] == published.walk("VALARM")[0]


def test_a_revision_keeps_the_uid_and_raises_the_sequence() -> None:
    first, second = (read_back(invitation(event(sequence=n)))[1] for n in (0, 1))
    assert first["UID"] == second["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"]


def test_a_cancellation_takes_the_same_event_away_and_leads_nowhere() -> None:
    calendar, found = read_back(cancel(event(url="", sequence=4)))
    _, asked = read_back(invitation(event()))
    assert (calendar["METHOD"], found["STATUS"]) == ("CANCEL", "CANCELLED")
    assert found["UID"] == asked["UID"]
    assert found["SEQUENCE"] > asked["SEQUENCE"]
    for name in ("ORGANIZER", "ATTENDEE", "DTSTART", "DTEND", "SUMMARY"):
        assert found[name] == asked[name]
    assert not {"URL", "LOCATION"} & set(found)
    assert found.walk("VALARM") == []


@given(CLEAN, CLEAN, CLEAN)
@example(summary="\\,", description="\\n", name="^n^^'")  # an escape in a text, and none in a name
def test_any_text_is_read_back(summary: str, description: str, name: str) -> None:
    _, found = read_back(invitation(event(summary=summary, description=description, attendee_name=name)))
    assert found["SUMMARY"] == summary
    assert found["DESCRIPTION"] == description
    assert found["ATTENDEE"] == "mailto:asha@example.com"
    if "\\" not in name:  # icalendar takes `\\,` in a parameter for an escape, and ical.js `\\n`, against RFC 5545, 3.2
        assert found["ATTENDEE"].params.get("CN", "") == name


NAMES = [
    'Asha "Ash" Rao',
    "C:\\Asha\\Rao, Ltd; of Pune",
    "caret ^ ^^ ^n ^'",
    "two\nlines",
    "tab\tand: colon",
    "आशा राव",
    "^",
    "x" * 200 + '"^\\z',
]


@needs_npm_packages
@pytest.mark.parametrize("name", NAMES)
def test_ical_js_reads_any_name(name: str) -> None:
    read = calendar_programs.ical_js(invitation(event(attendee_name=name, organizer_name=name)))
    assert (read["attendee"]["CN"], read["organizer"]["CN"]) == (name, name)
    assert read["attendee"]["RSVP"] == "FALSE"
    assert read["organizer"]["SENT-BY"] == "mailto:interviews@hire.example"


@calendar_programs.needs_libical
@pytest.mark.parametrize("name", NAMES)
def test_libical_reads_any_name(name: str) -> None:
    read = calendar_programs.libical(invitation(event(attendee_name=name, organizer_name=name)))
    assert (read["attendee"]["CN"], read["organizer"]["CN"]) == (name, name)
    assert read["attendee"]["RSVP"] == "FALSE"
    assert read["organizer"]["SENT-BY"] == "mailto:interviews@hire.example"


@calendar_programs.needs_libical
def test_a_backslash_at_the_end_of_a_name_hides_nothing() -> None:
    """libical takes a backslash before the closing quote for an escape, and would lose the name."""
    raw = invitation(event(attendee_name="Asha\\"))
    assert calendar_programs.libical(raw)["attendee"]["CN"] == "Asha\\ "
    assert read_back(raw)[1]["ATTENDEE"].params["CN"].strip() == "Asha\\"


@calendar_programs.needs_libical
@pytest.mark.parametrize("raw", [b"no calendar", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"])
def test_libical_refuses_what_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"^libical: "):
        calendar_programs.libical(raw)


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x1b", "\x7f", "\r"])
def test_a_control_character_stands_in_no_value(bad: str) -> None:
    said = dict.fromkeys(("summary", "description", "organizer_name", "attendee_name"), f"a{bad}b")
    raw = invitation(event(**said))
    assert bad.encode() not in raw.replace(b"\r\n", b"")
    _, found = read_back(raw)
    assert found["SUMMARY"] == found["ATTENDEE"].params["CN"] == "ab"


# Who invites


@pytest.mark.parametrize("written", [invitation, cancel])
def test_the_sender_is_named_where_the_recruiter_is_another_one(written: Callable[[CalendarEvent], bytes]) -> None:
    _, found = read_back(written(event()))
    assert found["ORGANIZER"] == "mailto:rita@acme.example"
    assert found["ORGANIZER"].params["SENT-BY"] == "mailto:interviews@hire.example"
    _, found = read_back(written(event(organizer="Interviews@hire.example")))
    assert "SENT-BY" not in found["ORGANIZER"].params


@pytest.mark.parametrize("written", [invitation, cancel])
def test_another_sender_of_one_mail_is_named_and_the_organizer_stays(written: Callable[[CalendarEvent], bytes]) -> None:
    second = "mailer@second.example"
    for organizer, stays in (
        ("rita@acme.example", "rita@acme.example"),
        ("asha@example.com", "interviews@hire.example"),  # the attendee
        (second, second),
    ):
        _, found = read_back(written(event(organizer=organizer, sent_by=second)))
        named = found["ORGANIZER"]
        assert (named, named.params.get("SENT-BY")) == (
            f"mailto:{stays}",
            None if stays == second else f"mailto:{second}",
        )


@pytest.mark.parametrize("written", [invitation, cancel])
def test_nobody_is_invited_by_themselves(written: Callable[[CalendarEvent], bytes]) -> None:
    _, found = read_back(written(event(organizer="Asha@Example.com")))
    assert found["ORGANIZER"] == "mailto:interviews@hire.example"
    assert "SENT-BY" not in found["ORGANIZER"].params
    assert found["ATTENDEE"] == "mailto:asha@example.com"


def test_an_event_of_the_senders_own_is_published_and_has_no_attendee() -> None:
    own = event(organizer="asha@example.com", sender="asha@example.com")
    assert (invitation_method(own), invitation_method(event())) == ("PUBLISH", "REQUEST")
    for written, method in ((invitation(own), "PUBLISH"), (cancel(own), "CANCEL")):
        calendar, found = read_back(written)
        assert calendar["METHOD"] == method
        assert found["ORGANIZER"] == "mailto:asha@example.com"
        assert "ATTENDEE" not in found


@calendar_programs.needs_libical
@pytest.mark.parametrize("people", [{}, dict.fromkeys(("organizer", "sender"), "asha@example.com")])
@pytest.mark.parametrize("written", [invitation, cancel])
def test_libical_finds_every_property_that_itip_asks_for(
    written: Callable[[CalendarEvent], bytes], people: dict[str, str]
) -> None:
    calendar_programs.libical(written(event(**people)))


@given(st.emails())
def test_any_address_is_one_attendee(address: str) -> None:
    _, found = read_back(invitation(event(attendee=address, sender=address)))
    assert found["ATTENDEE"].startswith("mailto:")
    assert " " not in found["ATTENDEE"]
    assert found["ORGANIZER"].params["SENT-BY"] == found["ATTENDEE"]


# On a real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    with CalendarServer(tmp_path_factory.mktemp("radicale")) as running:
        yield running


def calendar_of(kind: str, locale: str) -> bytes:
    renderer = Renderer(
        secret="a secret of at least thirty-two characters",
        base_url="https://hire.example",
        sender="no-reply@hire.example",
        zone=ZoneInfo("Asia/Kolkata"),
    )
    return preview.rendered(preview.sample(kind, locale=locale), renderer).calendar


@pytest.mark.parametrize("locale", list(LANGUAGES))
def test_a_server_stores_the_invitation_then_its_move_then_its_cancellation_as_one_event(
    server: CalendarServer, locale: str
) -> None:
    """As they are, METHOD and all: RFC 4791 wants none in a stored calendar, and Radicale takes it."""
    statuses, said = [], []
    for kind in ("invitation", "rescheduled", "cancelled"):
        statuses.append(server.put("interview", calendar_of(kind, locale)))
        [stored] = Calendar.from_ical(server.get("interview")).events
        [sent] = Calendar.from_ical(calendar_of(kind, locale)).events
        assert {name: str(value) for name, value in stored.items()} == {n: str(value) for n, value in sent.items()}
        said.append((stored["UID"], stored["SEQUENCE"], stored["STATUS"]))
    assert statuses[1:] == [204, 204]
    uid = said[0][0]
    assert said == [(uid, 1, "CONFIRMED"), (uid, 2, "CONFIRMED"), (uid, 2, "CANCELLED")]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"DTSTART:20261201T043000Z", b"DTSTART:tomorrow"),
        (b"END:VALARM", b"END:ALARM"),
        (b"TRANSP:OPAQUE", b"TRANSP OPAQUE"),
        (b"\r\nUID:", b"\r\nX-UID:"),
    ],
)
def test_the_server_refuses_a_malformed_calendar(server: CalendarServer, good: bytes, bad: bytes) -> None:
    whole = calendar_of("invitation", "en")
    assert good in whole
    assert server.put("malformed", whole.replace(good, bad)) == 400
