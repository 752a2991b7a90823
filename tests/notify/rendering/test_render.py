"""What a candidate reads: the words, in their zone and locale, whatever the values hold."""

import json
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

from hireloop import session_keys
from hireloop.notify.messages import (
    INTERVIEWER_KINDS,
    KINDS,
    AlertCause,
    AlertMessage,
    Audience,
    CancelledMessage,
    CopiedChange,
    InvitationMessage,
    LateRequestMessage,
    Meeting,
    Message,
    RecruiterCopyMessage,
    ReminderMessage,
    RescheduledMessage,
)
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Channel, Parcel
from hireloop.notify.transports.mail import mime
from hireloop.time_zones import database_name
from hireloop.wording.plain_text import one_line
from notify.news import booking_news, interviewer_unreachable, missed, no_show

SECRET = "a secret of at least thirty-two characters"
SESSION = UUID(int=7)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
RENDERER = Renderer(
    secret=SECRET,
    base_url="https://hire.example",
    sender="no-reply@hire.example",
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


def rendered(said: Message, renderer: Renderer = RENDERER, *, invitation_state: str | None = None) -> Parcel:
    return renderer.render(
        said,
        recipient="asha@example.com",
        message_id="<5@hire.example>",
        traceparent="00-1",
        invitation_state=invitation_state,
        now=NOW,
    )


class _Reader(HTMLParser):
    """The words of a page outside its head, its links, and every tag that it has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self._in_head = False
        self.feed(html)
        self.close()
        self.words = self._text.split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        if tag not in {"b", "bdi", "code"}:
            self._text += " "
        if tag == "head":
            self._in_head = True
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self._text += data


def event_of(parcel: Parcel) -> Any:  # noqa: ANN401 (a property's type depends on its name)
    [event] = Calendar.from_ical(parcel.calendar).walk("VEVENT")
    return event


def words_of(parcel: Parcel) -> str:
    return " ".join(_Reader(parcel.html).words)


# The words


def test_an_invitation_says_everything_that_a_candidate_needs() -> None:
    parcel = rendered(message(booking_notes="Bring your portfolio.\nRing twice."))
    link = session_keys.portal_url("https://hire.example", session_keys.mint(SECRET, SESSION, 3))
    assert parcel.subject == "Interview scheduled: Backend Engineer at Acme"
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        for fact in (
            "Asha Rao",
            "Acme invites you to an interview for the position of Backend Engineer.",
            "Tuesday, 1 December 2026, 10:00–11:00 IST (UTC+05:30, Asia/Kolkata)",  # noqa: RUF001 (en dash)
            "60 minutes",
            link,
            "You can start the interview between 09:59:30 IST and 10:10 IST",
            "a camera and a microphone",
            "a quiet place",
            "an up-to-date browser",
            "Bring your portfolio. Ring twice.",
            "To confirm, move or cancel the interview, open your link",
            "write to rita@acme.example",
        ):
            assert fact in said
    assert _Reader(parcel.html).links == [link, link]
    assert (parcel.recipient, parcel.reply_to) == ("asha@example.com", "rita@acme.example")
    assert parcel.headers == (("Traceparent", "00-1"),)


def test_without_a_recruiter_the_candidate_is_asked_to_reply() -> None:
    parcel = rendered(message(recruiter_email=None))
    assert parcel.reply_to is None
    assert "If you have any questions, please reply to this email." in parcel.text
    assert b'ORGANIZER;CN="Acme":mailto:no-reply@hire.example' in parcel.calendar


def test_a_recruiter_who_is_the_candidate_is_invited_by_the_sender() -> None:
    parcel = rendered(message(recruiter_email="Asha@example.com"))
    event = event_of(parcel)
    assert (event["ORGANIZER"], event["ATTENDEE"]) == ("mailto:no-reply@hire.example", "mailto:asha@example.com")
    assert parcel.calendar_method == "REQUEST"


def test_an_installation_that_writes_to_its_own_address_publishes_the_interview() -> None:
    renderer = Renderer(secret=SECRET, base_url="https://hire.example", sender="asha@example.com", zone=ZoneInfo("UTC"))
    parcel = rendered(message(recruiter_email=None), renderer)
    assert (event_of(parcel)["ORGANIZER"], parcel.calendar_method) == ("mailto:asha@example.com", "PUBLISH")
    assert b"\r\nMETHOD:PUBLISH\r\n" in parcel.calendar


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
    claim = session_keys.check(link.partition("session_key=")[2], [SECRET])
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
            "Sunday, 25 October 2026, 01:30 BST–01:30 GMT (UTC+01:00 → UTC+00:00, Europe/London)",  # noqa: RUF001
        ),
    ],
)
def test_the_time_is_the_candidates(zone: str, starts_at: datetime, minutes: int, when: str) -> None:
    assert when in rendered(message(starts_at, minutes, time_zone=zone)).text


@pytest.mark.parametrize(
    ("locale", "when", "length"),
    [
        ("de", "Dienstag, 1. Dezember 2026, 10:00", "60 Minuten"),
        ("hi-IN-u-nu-latn", "मंगलवार, 1 दिसंबर 2026", "60 मिनट"),
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
    st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (made aware in the test)
    st.integers(1, 24 * 60),
)
def test_every_zone_has_its_name_and_offset(zone: str, naive: datetime, minutes: int) -> None:
    starts_at = naive.replace(tzinfo=UTC)
    text = rendered(message(starts_at, minutes, time_zone=zone)).text
    assert f", {database_name(zone)})" in text
    assert f"{starts_at.astimezone(ZoneInfo(zone)):%H:%M}" in text


# Whatever the values hold


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_value_breaks_the_headers_the_page_or_the_calendar(name: str, title: str, company: str, notes: str) -> None:
    plain = rendered(message(booking_notes="x"))
    parcel = rendered(message(candidate_name=name, job_title=title, company=company, booking_notes=f"x\n{notes}"))
    assert "\n" not in parcel.subject
    assert one_line(parcel.subject) == one_line(f"Interview scheduled: {one_line(title)} at {one_line(company)}")

    mail = message_from_bytes(mime.to_bytes(parcel, parcel.recipient, "no-reply@hire.example", NOW), policy=policy.SMTP)
    reference = message_from_bytes(
        mime.to_bytes(plain, plain.recipient, "no-reply@hire.example", NOW), policy=policy.SMTP
    )
    assert mail.keys() == reference.keys()

    page, other = _Reader(parcel.html), _Reader(plain.html)
    a_line_of_notes = {"br", "bdi"}
    assert [t for t in page.tags if t not in a_line_of_notes] == [t for t in other.tags if t not in a_line_of_notes]
    assert page.links == other.links
    assert " ".join(one_line(name).split()) in words_of(parcel)

    event = event_of(parcel)
    assert event["ATTENDEE"] == "mailto:asha@example.com"
    assert one_line(title) in one_line(event["SUMMARY"])


def test_very_long_values_are_carried_whole() -> None:
    title = "Engineer " * 500
    parcel = rendered(message(job_title=title, booking_notes="word " * 2000))
    mail = message_from_bytes(mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW), policy=policy.SMTP)
    assert mail["Subject"] == parcel.subject
    assert title.strip() in parcel.subject


# The other kinds


def moved(**values: object) -> RescheduledMessage:
    fields = {name: getattr(message(), name) for name in InvitationMessage.__struct_fields__}
    more = {"previous_starts_at": datetime(2026, 11, 30, 9, 0, tzinfo=UTC), "reason": "Rita is ill."}
    return RescheduledMessage(**(fields | more | values))  # a table of mixed values


def reminder(now_before_start: timedelta, **values: object) -> ReminderMessage:
    fields = {name: getattr(message(NOW + now_before_start), name) for name in InvitationMessage.__struct_fields__}
    return ReminderMessage(**(fields | {"lead": "24h"} | values))  # a table of mixed values


def booking_values(**values: object) -> dict[str, Any]:
    of_a_candidate = {"session_id", "key_version", "opens_at", "closes_at", "booking_notes", "interviewer_name"}
    names = set(InvitationMessage.__struct_fields__) - of_a_candidate
    return {name: getattr(message(), name) for name in names} | values


def copy(change: CopiedChange = CopiedChange.BOOKED, **values: object) -> RecruiterCopyMessage:
    return RecruiterCopyMessage(**booking_values(change=change, by="ats", **values))


def alert(**values: object) -> AlertMessage:
    defaults: dict[str, Any] = {
        "cause": AlertCause.FAILED,
        "subject": str(UUID(int=9)),
        "channel": "email",
        "reason": "recipient_unknown",
        "send_to": "operations@hire.example",
        "schedule_id": UUID(int=5),
        "trace_id": "ab" * 16,
        "about": "invitation",
        "candidate_name": "Asha Rao",
        "job_title": "Backend Engineer",
        "company": "Acme",
        "starts_at": START,
        "deadline_at": START + timedelta(minutes=10),
    }
    return AlertMessage(**(defaults | values))


def one_of_each(**values: Any) -> list[Message]:  # noqa: ANN401 (a table of mixed values)
    names = {name: value for name, value in values.items() if name in AlertMessage.__struct_fields__}
    who = {name: value for name, value in values.items() if name in Meeting.__struct_fields__}
    return [
        message(**values),
        moved(**values),
        CancelledMessage(**booking_values(**values)),
        reminder(timedelta(hours=24), **values),
        copy(**values),
        LateRequestMessage(**booking_values(asked_at=START, **values)),
        *booking_news(values.get("reason", "a word"), booking_values(**who)),
        interviewer_unreachable(values.get("reason", "a word"), booking_values(**who)),
        no_show(booking_values(**who), missed(booking_values(**who))),
        alert(**names),
    ]


def test_each_kind_of_message_is_among_the_tests() -> None:
    assert {said.kind for said in one_of_each()} == set(KINDS) - INTERVIEWER_KINDS  # those: test_values.py


def test_a_move_says_the_old_time_the_new_one_the_reason_and_the_same_link() -> None:
    parcel = rendered(moved())
    assert parcel.subject == "Interview moved: Backend Engineer at Acme"
    [first, *_] = _Reader(rendered(message()).html).links
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        assert "Monday, 30 November 2026, 14:30 IST (UTC+05:30, Asia/Kolkata)" in said
        assert "Tuesday, 1 December 2026, 10:00–11:00 IST" in said  # noqa: RUF001 (en dash)
        assert "Rita is ill." in said
        assert "Your link stays the same." in said
        assert first in said
    assert (parcel.calendar_method, event_of(parcel)["URL"]) == ("REQUEST", first)


def test_a_cancellation_says_what_is_off_and_leads_nowhere() -> None:
    parcel = rendered(CancelledMessage(**booking_values(reason="The job is filled.", revision=3)))
    assert parcel.subject == "Interview cancelled: Backend Engineer at Acme"
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        assert "has been cancelled" in said
        assert "Tuesday, 1 December 2026, 10:00–11:00 IST" in said  # noqa: RUF001 (en dash)
        assert "The job is filled." in said
        assert "write to rita@acme.example" in said
    assert _Reader(parcel.html).links == []
    event = event_of(parcel)
    assert parcel.calendar_method == "CANCEL"
    assert Calendar.from_ical(parcel.calendar)["METHOD"] == "CANCEL"
    assert (event["STATUS"], event["SEQUENCE"], event["UID"]) == ("CANCELLED", 3, event_of(rendered(message()))["UID"])
    whole = mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW) + parcel.calendar
    assert b"session_key" not in whole
    assert "URL" not in event


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(hours=24), "begins in 24 hours."),
        (timedelta(hours=23, minutes=59, seconds=57), "begins in 24 hours."),
        (timedelta(minutes=59, seconds=58), "begins in 60 minutes."),
        (timedelta(minutes=30), "begins in 30 minutes."),
        (timedelta(days=7), "begins in 7 days."),
        (timedelta(seconds=10), "has begun."),
        (-timedelta(minutes=3), "has begun."),
    ],
)
def test_a_reminder_says_how_near_the_interview_is_when_it_is_sent(ahead: timedelta, said: str) -> None:
    parcel = rendered(reminder(ahead))
    assert f"Your interview with Acme for the position of Backend Engineer {said}" in parcel.text
    assert said in words_of(parcel)
    assert parcel.calendar == b""
    assert len(_Reader(parcel.html).links) == 2


@pytest.mark.parametrize(
    ("change", "subject", "by"),
    [
        (CopiedChange.BOOKED, "Interview booked: Asha Rao, Backend Engineer at Acme", "Booked by: ats"),
        (CopiedChange.RESCHEDULED, "Interview moved: Asha Rao, Backend Engineer at Acme", "Moved by: ats"),
        (CopiedChange.CANCELLED, "Interview cancelled: Asha Rao, Backend Engineer at Acme", "Cancelled by: ats"),
    ],
)
def test_a_recruiter_copy_says_what_changed_and_who_did_it(change: CopiedChange, subject: str, by: str) -> None:
    parcel = rendered(copy(change, time_zone="America/New_York", locale="de"))
    assert parcel.subject == subject
    for fact in (
        "Candidate: Asha Rao\n",
        "Position: Backend Engineer at Acme\n",
        "When: Tuesday, 1 December 2026, 10:00–11:00 IST (UTC+05:30, Asia/Kolkata)\n",  # noqa: RUF001 (en dash)
        f"{by}\n",
        f"https://hire.example/console/bookings/{UUID(int=5)}/",
    ):
        assert fact in parcel.text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("sent", "accepted by the mail server"),
        ("pending", "on its way"),
        ("bounced", "it bounced"),
        ("rejected", "rejected by the recipient's server"),
        ("exhausted", "not delivered in time"),
        ("superseded", "replaced by a newer one"),
        (None, "none was sent"),
        ("something new", "something new"),
    ],
)
def test_a_recruiter_copy_says_where_the_invitation_stands(state: str | None, said: str) -> None:
    parcel = rendered(copy(), invitation_state=state)
    assert f"Email to the candidate: {said}\n" in parcel.text
    assert said in words_of(parcel)
    assert json.loads(parcel.data)["data"]["invitation_state"] == state


def test_a_late_request_asks_the_recruiter_and_its_answer_reaches_the_candidate() -> None:
    parcel = rendered(LateRequestMessage(**booking_values(asked_at=START + timedelta(minutes=12))))
    assert parcel.subject == "Asked for another time: Asha Rao, Backend Engineer at Acme"
    assert parcel.reply_to == "asha@example.com"
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        assert "Asha Rao was too late for the interview and has asked for another time." in said
        assert "10:12 IST" in said


@pytest.mark.parametrize(
    ("cause", "subject", "sentence"),
    [
        (
            AlertCause.FAILED,
            "Not delivered: Asha Rao, Backend Engineer at Acme",
            "contact the recipient another way",
        ),
        (AlertCause.AT_RISK, "Not delivered yet: Asha Rao, Backend Engineer at Acme", "time is running out"),
    ],
)
def test_an_alert_of_a_delivery_says_what_is_wrong_and_where_to_look(
    cause: AlertCause, subject: str, sentence: str
) -> None:
    parcel = rendered(alert(cause=cause, others=4))
    assert parcel.subject == subject
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        for fact in (
            sentence,
            "Asha Rao",
            "Backend Engineer at Acme",
            "Tuesday, 1 December 2026, 10:00 IST (UTC+05:30, Asia/Kolkata)",
            "the invitation",
            "email",
            f"{Reason.RECIPIENT_UNKNOWN.sentence} (recipient_unknown)",
            "10:10 IST",
            f"hireloop deliveries show {UUID(int=9)}",
            f"https://hire.example/console/bookings/{UUID(int=5)}/",
            "ab" * 16,
        ):
            assert fact in said
    assert "Other deliveries with the same reason: 4" in parcel.text


def test_an_alert_of_a_held_channel_names_nobody_and_the_command_that_finds_the_cause() -> None:
    held = AlertMessage(
        cause=AlertCause.HELD, subject="email since 10:00", channel="email", reason="auth_refused", send_to=None
    )
    parcel = rendered(held)
    assert parcel.subject == "Channel held: email"
    for said in (parcel.text.replace("\n", " "), words_of(parcel)):
        assert "The channel email is not working because of a problem on our side." in said
        assert Reason.AUTH_REFUSED.sentence in said
        assert "hireloop doctor" in said
        assert "Candidate" not in said
        assert "deliveries show" not in said
        assert "/api/" not in said
    assert json.loads(parcel.data)["data"]["delivery"] is None


def test_an_alert_calls_a_channel_by_its_title_and_programs_by_its_name() -> None:
    channel = Channel(
        name="mmost-5dc62460",
        title="Mattermost chat.example/hiring",
        transport_name="apprise",
        fingerprint="f",
        required=False,
        personal=False,
        kinds=frozenset(),
        concurrency=1,
    )
    renderer = Renderer(
        secret=SECRET,
        base_url="https://hire.example/",
        sender="a@hire.example",
        zone=ZoneInfo("UTC"),
        channels=[channel],
    )
    held = AlertMessage(cause=AlertCause.HELD, subject="x", channel=channel.name, reason="endpoint_gone", send_to=None)
    parcel = rendered(held, renderer)
    assert parcel.subject == f"Channel held: {channel.title}"
    assert channel.name not in parcel.text + parcel.html
    assert json.loads(parcel.data)["data"]["channel"] == channel.name


def test_our_links_are_told_apart_from_what_looks_like_one() -> None:
    named = rendered(copy(candidate_name="https://evil.example", company="https://evil.example"))
    assert [link.partition("/console/")[0] for link in named.links] == ["https://hire.example"]
    told = rendered(alert(reason="app_password_required", job_title="https://evil.example"))
    assert "https://myaccount.google.com/apppasswords" in told.links
    assert not any("evil" in link for link in told.links)
    assert rendered(alert(reason="https://evil.example")).links == named.links[:0] + told.links[:1]


def test_an_alert_before_any_try_and_without_a_name_is_said_too() -> None:
    parcel = rendered(alert(cause=AlertCause.AT_RISK, reason=None, candidate_name="", job_title="", company=""))
    assert parcel.subject == "Not delivered yet over the channel email"
    assert "Reason: no attempt has finished yet\n" in parcel.text
    assert rendered(alert(candidate_name="")).subject == "Not delivered over the channel email"


def test_an_alert_links_to_the_trace_where_its_address_is_known() -> None:
    renderer = Renderer(
        secret=SECRET,
        base_url="https://hire.example/",
        sender="a@hire.example",
        zone=ZoneInfo("Asia/Kolkata"),
        trace_ui_url="https://jaeger.example/",
    )
    assert f"https://jaeger.example/trace/{'ab' * 16}" in _Reader(rendered(alert(), renderer).html).links
    assert all("/trace/" not in link for link in _Reader(rendered(alert()).html).links)


def test_an_alert_names_no_trace_where_nothing_was_traced() -> None:
    parcel = rendered(alert(trace_id="0" * 32))
    assert "trace" not in parcel.text.lower()
    assert json.loads(parcel.data)["data"]["trace_id"] == ""


# Who may know what


@pytest.mark.parametrize("said", one_of_each(), ids=lambda said: said.kind)
def test_only_what_is_for_the_candidate_holds_the_key(said: Message) -> None:
    parcel = rendered(said, invitation_state="sent")
    invited = isinstance(said, InvitationMessage)
    parts = [parcel.subject.encode(), parcel.text.encode(), parcel.html.encode(), parcel.calendar, parcel.data]
    assert any(b"session_key" in part for part in parts) is invited
    assert any(session_keys.mint(SECRET, SESSION, 3).encode() in part for part in parts) is invited


@pytest.mark.parametrize("said", one_of_each(), ids=lambda said: said.kind)
def test_values_for_programs_are_for_recruiters_and_operators_and_know_no_address(said: Message) -> None:
    data = rendered(said, invitation_state="sent").data
    if said.audience is Audience.CANDIDATE:
        assert data == b""
        return
    read = json.loads(data)
    assert read["type"] == said.kind
    assert read["data"]["schedule"] == str(UUID(int=5))
    assert read["data"]["starts_at"] == "2026-12-01T04:30:00Z"
    assert b"@" not in data


# Languages


@pytest.mark.parametrize(
    ("locale", "default", "lang"),
    [
        ("de", "en", "de"),
        ("de-AT", "hi", "de"),
        ("hi-IN", "en", "hi"),
        ("hi-Latn", "en", "en"),
        ("fr", "de-CH", "de"),
        ("fr", "ta", "en"),
        (None, "hi", "hi"),
        ("ar", "en", "en"),
    ],
)
def test_a_candidate_reads_their_language_or_the_installations_or_english(
    locale: str | None, default: str, lang: str
) -> None:
    renderer = Renderer(
        secret=SECRET, base_url="https://hire.example", sender="a@hire.example", zone=ZoneInfo("UTC"), locale=default
    )
    for said in one_of_each(locale=locale):
        if said.audience is Audience.CANDIDATE:
            page = _Reader(rendered(said, renderer).html)
            assert (page.attributes["html"]["lang"], page.attributes["html"]["dir"]) == (lang, "ltr")


def test_recruiters_and_operators_read_the_installations_language() -> None:
    renderer = Renderer(
        secret=SECRET, base_url="https://hire.example", sender="a@hire.example", zone=ZoneInfo("UTC"), locale="de"
    )
    subjects = [rendered(said, renderer).subject for said in one_of_each(locale="hi")[4:]]
    assert [subject.split(":")[0] for subject in subjects] == [
        "Vorstellungsgespräch gebucht",
        "Anderer Termin gewünscht",
        "Vorstellungsgespräch bestätigt",
        "Von Bewerber/in abgesagt",
        "Vorstellungsgespräch begonnen",
        "Vorstellungsgespräch beendet",
        "Interviewer/in nicht erreicht",
        "Nicht erschienen",
        "Nicht zugestellt",
    ]


# Whatever the values hold, in every kind


@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(["en", "de", "hi"]))
@settings(max_examples=settings().max_examples // 6)
def test_no_value_breaks_any_kind_of_message(name: str, title: str, company: str, locale: str) -> None:
    hostile: dict[str, Any] = {"candidate_name": name, "job_title": title, "company": company, "locale": locale}
    plain = one_of_each(locale=locale)
    for said, other in zip(one_of_each(**hostile), plain, strict=True):
        parcel, reference = rendered(said), rendered(other)
        assert len(parcel.subject.splitlines()) == 1
        mails = [
            message_from_bytes(mime.to_bytes(one, one.recipient, "a@hire.example", NOW), policy=policy.SMTP)
            for one in (parcel, reference)
        ]
        assert mails[0].keys() == mails[1].keys()
        page, usual = _Reader(parcel.html), _Reader(reference.html)
        assert page.links == usual.links
        if one_line(name):  # without one, an alert has fewer lines, and a greeting no name to set apart
            assert page.tags == usual.tags
        if parcel.calendar:
            assert one_line(title) in one_line(event_of(parcel)["SUMMARY"])


def test_names_that_are_written_from_right_to_left_turn_nothing_around_them() -> None:
    parcel = rendered(message(candidate_name="\u202eشركة", company="شركة (2026)"))
    assert "Hello \u2068شركة\u2069,\n" in parcel.text
    assert parcel.subject == "Interview scheduled: Backend Engineer at \u2068شركة (2026)\u2069"
    assert "<bdi>شركة</bdi>" in parcel.html
    assert event_of(parcel)["ATTENDEE"].params["CN"] == "شركة"
    assert "\u202e" not in parcel.text + parcel.html + parcel.subject


def test_a_value_with_html_is_only_text() -> None:
    for said in one_of_each(candidate_name="<script>alert(1)</script>", company='"><img src=x>'):
        page = _Reader(rendered(said).html)
        assert not {"script", "img"} & set(page.tags)
