"""What a candidate reads: the words, in their zone and locale, whatever the values hold."""

import unicodedata
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from jinja2 import UndefinedError

from hireloop import links
from hireloop.notify.channels import Parcel
from hireloop.notify.messages import InvitationMessage
from hireloop.notify.render import Renderer, one_line
from hireloop.notify.transports import mime

SECRET = "a secret of at least thirty-two characters"
SESSION = UUID(int=7)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
RENDERER = Renderer(
    secret=SECRET,
    base_url="https://hire.example",
    sender="Acme <no-reply@hire.example>",
    zone=ZoneInfo("Asia/Kolkata"),
)
HOSTILE = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("\r\n\t\x00\x0b\x1b\x85\u2028\u202e\u2066\u200f<>&\"'{}%#;:,\\אم"),
    ),
    max_size=300,
)


def message(starts_at: datetime = START, minutes: int = 60, **values: object) -> InvitationMessage:
    defaults: dict[str, object] = {
        "schedule_id": UUID(int=5),
        "revision": 2,
        "session_id": SESSION,
        "key_version": 3,
        "candidate_name": "Asha Rao",
        "candidate_email": "asha@example.com",
        "time_zone": None,
        "locale": None,
        "job_title": "Backend Engineer",
        "company": "Acme",
        "recruiter_email": "rita@acme.example",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "opens_at": starts_at - timedelta(seconds=30),
        "closes_at": starts_at + timedelta(minutes=10),
    }
    return InvitationMessage(**(defaults | values))  # type: ignore[arg-type] # a table of mixed values


def rendered(said: InvitationMessage) -> Parcel:
    return RENDERER.render(
        said, recipient=said.candidate_email, message_id="<5@hire.example>", traceparent="00-1", now=NOW
    )


class _Reader(HTMLParser):
    """The words of a page outside its head, its links, and every tag that it has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self._in_head = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        if tag == "head":
            self._in_head = True
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.words.extend(data.split())


def event_of(parcel: Parcel) -> Any:  # noqa: ANN401 (a property's type depends on its name)
    [event] = Calendar.from_ical(parcel.calendar).walk("VEVENT")
    return event


def words_of(parcel: Parcel) -> str:
    return " ".join(_Reader(parcel.html).words)


# The words


def test_an_invitation_says_everything_that_a_candidate_needs() -> None:
    parcel = rendered(message(booking_notes="Bring your portfolio.\nRing twice."))
    link = links.portal_url("https://hire.example", links.mint(SECRET, SESSION, 3))
    assert parcel.subject == "Interview scheduled: Backend Engineer at Acme"
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        for fact in (
            "Asha Rao",
            "Acme invites you to an interview for the position Backend Engineer",
            "Tuesday, 1 December 2026, 10:00–11:00 IST (UTC+05:30, Asia/Kolkata)",  # noqa: RUF001 (en dash)
            "60 minutes",
            link,
            "opens at 09:59:30 IST, and you can enter until 10:10 IST",
            "a camera and a microphone",
            "a quiet place",
            "a current browser",
            "Bring your portfolio. Ring twice.",
            "To move or cancel",
            "write to rita@acme.example",
        ):
            assert fact in said
    assert _Reader(parcel.html).links == [link, link]
    assert (parcel.recipient, parcel.reply_to) == ("asha@example.com", "rita@acme.example")
    assert parcel.headers == (("Traceparent", "00-1"),)


def test_without_a_recruiter_the_candidate_is_asked_to_reply() -> None:
    parcel = rendered(message(recruiter_email=None))
    assert parcel.reply_to is None
    assert "or with any question, please reply to this mail." in parcel.text
    assert b'ORGANIZER;CN="Acme":mailto:no-reply@hire.example' in parcel.calendar


def test_without_notes_there_is_no_heading_for_them() -> None:
    parcel = rendered(message())
    assert "Notes" not in parcel.text
    assert "Notes" not in words_of(parcel)


def test_the_page_has_a_language_reads_in_the_dark_and_loads_nothing() -> None:
    parcel = rendered(message())
    page = _Reader(parcel.html)
    assert page.attributes["html"]["lang"] == "en"
    assert '<meta name="color-scheme" content="light dark" />' in parcel.html
    assert "prefers-color-scheme: dark" in parcel.html
    assert not {"img", "link", "script", "iframe"} & set(page.tags)
    assert "@import" not in parcel.html
    assert "url(" not in parcel.html


def test_the_calendar_is_of_the_same_interview() -> None:
    parcel = rendered(message())
    event = event_of(parcel)
    assert event["UID"] == f"{UUID(int=5)}@hire.example"
    assert event["SEQUENCE"] == 2
    assert event["DTSTART"].dt == START
    assert event["DTSTAMP"].dt == NOW
    assert event["URL"] in parcel.text
    assert event["URL"] in event["DESCRIPTION"]


def test_the_session_key_opens_that_session() -> None:
    link = _Reader(rendered(message()).html).links[0]
    claim = links.check(link.partition("session_key=")[2], [SECRET])
    assert claim == (SESSION, 3)


# Zones and locales


@pytest.mark.parametrize(
    ("zone", "starts_at", "minutes", "when"),
    [
        ("UTC", START, 60, "Tuesday, 1 December 2026, 04:30–05:30 UTC (UTC+00:00, UTC)"),  # noqa: RUF001
        (
            "America/New_York",
            START,
            60,
            "Monday, 30 November 2026, 23:30 – Tuesday, 1 December 2026, 00:30 EST (UTC-05:00, America/New_York)",  # noqa: RUF001
        ),
        ("Asia/Dubai", START, 45, "Tuesday, 1 December 2026, 08:30–09:15 (UTC+04:00, Asia/Dubai)"),  # noqa: RUF001
        (
            "Europe/London",  # the clocks go back during the interview
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            60,
            "Sunday, 25 October 2026, 01:30 BST–01:30 GMT (UTC+01:00, Europe/London)",  # noqa: RUF001
        ),
    ],
)
def test_the_time_is_the_candidates(zone: str, starts_at: datetime, minutes: int, when: str) -> None:
    assert when in rendered(message(starts_at, minutes, time_zone=zone)).text


@pytest.mark.parametrize(
    ("locale", "when", "length"),
    [
        ("de", "Dienstag, 1. Dezember 2026, 10:00", "60 Minuten"),
        ("en-US", "Tuesday, December 1, 2026, 10:00\u202fAM", "60 minutes"),
        ("hi", "मंगलवार, 1 दिसंबर 2026", "60 मिनट"),
        ("xx-none", "Tuesday, 1 December 2026, 10:00", "60 minutes"),
        ("../../etc", "Tuesday, 1 December 2026, 10:00", "60 minutes"),
    ],
)
def test_dates_follow_the_locale_and_an_unknown_one_is_english(locale: str, when: str, length: str) -> None:
    text = rendered(message(locale=locale)).text
    assert when in text
    assert length in text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "\x00"])
def test_an_unknown_zone_is_the_default_one(zone: str) -> None:
    assert "10:00–11:00 IST (UTC+05:30, Asia/Kolkata)" in rendered(message(time_zone=zone)).text  # noqa: RUF001


@given(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (made aware in the test)
    st.integers(1, 24 * 60),
)
@settings(deadline=None)
def test_every_zone_has_its_name_and_offset(zone: str, naive: datetime, minutes: int) -> None:
    starts_at = naive.replace(tzinfo=UTC)
    text = rendered(message(starts_at, minutes, time_zone=zone)).text
    assert f", {zone})" in text
    assert f"{starts_at.astimezone(ZoneInfo(zone)):%H:%M}" in text


# Whatever the values hold


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@settings(deadline=None)
def test_no_value_breaks_the_headers_the_page_or_the_calendar(name: str, title: str, company: str, notes: str) -> None:
    plain = rendered(message(booking_notes="x"))
    parcel = rendered(message(candidate_name=name, job_title=title, company=company, booking_notes=f"x\n{notes}"))
    assert "\n" not in parcel.subject
    assert parcel.subject == one_line(f"Interview scheduled: {one_line(title)} at {one_line(company)}") or not (
        one_line(title) and one_line(company)
    )

    mail = message_from_bytes(mime.to_bytes(parcel, parcel.recipient, "no-reply@hire.example", NOW), policy=policy.SMTP)
    reference = message_from_bytes(
        mime.to_bytes(plain, plain.recipient, "no-reply@hire.example", NOW), policy=policy.SMTP
    )
    assert mail.keys() == reference.keys()

    page, other = _Reader(parcel.html), _Reader(plain.html)
    assert [tag for tag in page.tags if tag != "br"] == [tag for tag in other.tags if tag != "br"]
    assert page.links == other.links
    for word in one_line(name).split():
        assert word in page.words or word in words_of(parcel)

    event = event_of(parcel)
    assert event["ATTENDEE"] == "mailto:asha@example.com"
    assert one_line(title) in event["SUMMARY"]


@given(HOSTILE)
def test_one_line_is_one_line_without_controls_or_turns(value: str) -> None:
    line = one_line(value)
    assert line == line.strip()
    assert line.splitlines() in ([], [line])
    assert not {unicodedata.category(letter) for letter in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    assert one_line(line) == line


def test_names_keep_their_joiners() -> None:
    assert one_line("क्\u200dष 👩\u200d💻") == "क्\u200dष 👩\u200d💻"


def test_very_long_values_are_carried_whole() -> None:
    title = "Engineer " * 500
    parcel = rendered(message(job_title=title, booking_notes="word " * 2000))
    mail = message_from_bytes(mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW), policy=policy.SMTP)
    assert mail["Subject"] == parcel.subject
    assert title.strip() in parcel.subject


def test_a_template_that_names_an_unknown_value_is_an_error() -> None:
    from hireloop.notify.render import _templates  # what makes the templates strict is private

    with pytest.raises(UndefinedError):
        _templates("invitation").html.render({})
