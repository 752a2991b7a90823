"""What an interviewer reads: in their own language and zone, about everybody with a seat, never a candidate's link."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from hireloop import session_keys
from hireloop.notify import messages
from hireloop.notify.messages import (
    INTERVIEWER_KINDS,
    KINDS,
    AlertMessage,
    Attendee,
    InterviewerCancellation,
    InterviewerInvitation,
    InterviewerMessage,
    InterviewerReminder,
    InterviewerUpdate,
    InvitationMessage,
)
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail import mime
from hireloop.wording.languages import LANGUAGES
from hireloop.wording.plain_text import one_line

SECRET = "a secret of at least thirty-two characters"
NOW = datetime(2026, 11, 30, 4, 30, tzinfo=UTC)
START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
SLOT, ASHAS, BENS = UUID(int=1), UUID(int=2), UUID(int=3)
RENDERER = Renderer(
    secret=SECRET, base_url="https://hire.example", sender="no-reply@hire.example", zone=ZoneInfo("Asia/Kolkata")
)
ASHA = Attendee(
    schedule_id=ASHAS,
    name="Asha Rao",
    email="asha@example.com",
    job_title="Backend Engineer",
    company="Acme",
    coding_language="python",
    has_resume=True,
    booking_notes="Bring an idea.",
)
BEN = Attendee(schedule_id=BENS, name="Ben Kim", email="ben@example.com", job_title="Designer", company="Acme")
HOSTILE = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\r\n\x00\u2028\u202e<>&\"'{}%;:,\\אם")))


def notice(kind: type[InterviewerMessage] = InterviewerInvitation, **values: Any) -> Any:  # noqa: ANN401 (a message)
    defaults: dict[str, Any] = {
        "slot_id": SLOT,
        "revision": 3,
        "interviewer_email": "ivan@acme.example",
        "interviewer_name": "Ivan Petrov",
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "attendees": [ASHA],
        "recruiter_email": "rita@acme.example",
    }
    return kind(**(defaults | values))


def rendered(message: Any) -> Parcel:  # noqa: ANN401 (a message)
    return RENDERER.render(message, recipient=message.address, message_id="<1@hire.example>", now=NOW)


def words_of(parcel: Parcel) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", parcel.html.partition("<body")[2]).split())


def event_of(parcel: Parcel) -> Any:  # noqa: ANN401 (a property's type depends on its name)
    [found] = Calendar.from_ical(parcel.calendar).events
    assert found.errors == []
    return found


def addresses(found: object) -> list[str]:
    return [str(one) for one in (found if isinstance(found, list) else [found])]


def test_an_invitation_says_when_with_whom_about_which_job_and_leads_behind_the_sign_in() -> None:
    parcel = rendered(notice())
    page = f"https://hire.example/console/bookings/{ASHAS}/"
    assert parcel.subject == "Interview scheduled: Asha Rao, Backend Engineer at Acme"
    assert parcel.reply_to == "rita@acme.example"
    assert parcel.links == (page, f"{page}resume/")
    for said in (parcel.text, words_of(parcel)):
        for fact in (
            "Hello",
            "Ivan Petrov",
            "You are the interviewer for this interview.",
            "Tuesday, 1 December 2026, 10:00–11:00 IST",  # noqa: RUF001 (en dash)
            "60 minutes",
            "Asha Rao",
            "asha@example.com",
            "python",
            "Bring an idea.",
            page,
            f"{page}resume/",
            "rita@acme.example",
        ):
            assert fact in said
    event = event_of(parcel)
    assert parcel.calendar_method == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["URL"]) == (f"slot-{SLOT}@hire.example", 3, page)
    assert event["ORGANIZER"] == "mailto:no-reply@hire.example"
    assert parcel.reply_to == "rita@acme.example"
    assert addresses(event["ATTENDEE"]) == ["mailto:ivan@acme.example", "mailto:asha@example.com"]
    assert event["SUMMARY"] == "Interview: Asha Rao, Backend Engineer at Acme"


def test_without_a_resume_there_is_no_link_to_one() -> None:
    assert rendered(notice(attendees=[BEN])).links == (f"https://hire.example/console/bookings/{BENS}/",)


def test_a_slot_with_several_seats_names_everybody_in_one_mail_and_one_entry() -> None:
    parcel = rendered(notice(InterviewerUpdate, attendees=[ASHA, BEN]))
    assert parcel.subject == "Interview changed: 2 candidates"
    same_job = rendered(notice(InterviewerUpdate, attendees=[ASHA, Attendee(**_like(BEN, job_title=ASHA.job_title))]))
    assert same_job.subject == "Interview changed: 2 candidates, Backend Engineer at Acme"
    assert "The details below replace the ones that you were sent before." in parcel.text
    for said in (parcel.text, words_of(parcel)):
        assert said.index("Asha Rao") < said.index("Ben Kim")
        assert "Designer" in said
    event = event_of(parcel)
    assert addresses(event["ATTENDEE"])[1:] == ["mailto:asha@example.com", "mailto:ben@example.com"]
    assert "URL" not in event
    assert "LOCATION" not in event
    for ident in (ASHAS, BENS):
        assert f"/console/bookings/{ident}/" in event["DESCRIPTION"]


def _like(attendee: Attendee, **values: object) -> dict[str, Any]:
    return {name: getattr(attendee, name) for name in Attendee.__struct_fields__} | values


@pytest.mark.parametrize("attendees", [[ASHA], []])
def test_a_cancellation_takes_the_same_entry_away_and_leads_nowhere(attendees: list[Attendee]) -> None:
    parcel, asked = rendered(notice(InterviewerCancellation, revision=4, attendees=attendees)), rendered(notice())
    when = "Tuesday, 1 December 2026, 10:00–11:00 IST (UTC+05:30, Asia/Kolkata)"  # noqa: RUF001 (en dash)
    whom = "Asha Rao, Backend Engineer at Acme" if attendees else when
    assert parcel.subject == f"Interview cancelled: {whom}"
    assert "You no longer need to hold this interview." in parcel.text
    assert when in parcel.text
    assert "<a " not in parcel.html
    event = event_of(parcel)
    assert (parcel.calendar_method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 4)
    assert event["UID"] == event_of(asked)["UID"]
    assert "URL" not in event


def test_an_alert_about_a_slot_names_one_candidate_and_counts_the_others() -> None:
    alert = preview.sample("alert")
    assert isinstance(alert, AlertMessage)
    alert = msgspec.structs.replace(alert, about="interviewer_invitation", more_candidates=2)
    parcel = preview.rendered(alert, RENDERER)
    assert "Asha Rao +2, " in parcel.subject
    data = msgspec.json.decode(parcel.data)["data"]
    assert (data["candidate_name"], data["more_candidates"]) == ("Asha Rao", 2)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_who_was_erased_leaves_no_gap_in_a_cancellation(language: str) -> None:
    erased = Attendee(schedule_id=ASHA.schedule_id, name="", email="", job_title="Backend Engineer", company="Acme")
    parcel = rendered(notice(InterviewerCancellation, attendees=[erased], locale=language))
    for said in (parcel.subject, str(event_of(parcel)["SUMMARY"])):
        assert not re.search(r": *,|^,|, *,", said)
        assert "Backend Engineer" in said
    assert not [line for line in parcel.text.splitlines() if line.startswith(",")]
    assert "<bdi></bdi>" not in parcel.html
    both = rendered(notice(InterviewerCancellation, attendees=[erased, BEN], locale=language))
    (ben,) = [line for line in both.text.splitlines() if line.startswith("Ben Kim, ")]
    assert BEN.job_title in ben
    assert not [line for line in both.text.splitlines() if line.startswith(",")]


def test_a_reminder_says_how_near_it_is_and_leaves_the_calendar_as_it_is() -> None:
    parcel = rendered(notice(InterviewerReminder, lead="24h"))
    assert parcel.subject == "Interview reminder: Asha Rao, Backend Engineer at Acme"
    assert "This interview begins in 24 hours." in parcel.text
    assert parcel.calendar == b""
    assert "This interview has begun." in rendered(notice(InterviewerReminder, lead="10m", starts_at=NOW)).text


def test_it_is_in_the_interviewers_own_zone_and_language() -> None:
    parcel = rendered(notice(time_zone="America/New_York", locale="de-AT"))
    assert "Montag, 30. November 2026, 23:30" in parcel.text
    assert "America/New_York" in parcel.text
    assert "Sie führen dieses Vorstellungsgespräch." in parcel.text
    assert 'lang="de"' in parcel.html


@pytest.mark.parametrize("recruiter", ["rita@acme.example", "Ivan@Acme.example", None])  # the second interviews
@pytest.mark.parametrize("kind", [InterviewerInvitation, InterviewerUpdate, InterviewerCancellation])
def test_the_sender_is_the_organizer_whatever_recruiter_there_is(
    kind: type[InterviewerMessage], recruiter: str | None
) -> None:
    parcel = rendered(notice(kind, recruiter_email=recruiter))
    organizer = event_of(parcel)["ORGANIZER"]
    assert (organizer, dict(organizer.params)) == ("mailto:no-reply@hire.example", {"CN": "Acme"})
    assert parcel.reply_to == recruiter


def test_an_interviewer_or_sender_who_is_a_candidate_too_takes_part_once() -> None:
    own = [Attendee(**_like(ASHA, email="IVAN@acme.example")), Attendee(**_like(BEN, email="no-reply@hire.example"))]
    event = event_of(rendered(notice(attendees=own)))
    assert addresses(event["ATTENDEE"]) == ["mailto:ivan@acme.example"]


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("kind", sorted(INTERVIEWER_KINDS))
def test_no_message_to_an_interviewer_holds_a_candidates_key_or_link(kind: str, language: str) -> None:
    """Neither what is stored nor anything that is sent: a mail with all of its parts, and what chats would get."""
    message = preview.sample(kind, locale=language)
    parcel = preview.rendered(message, RENDERER)
    whole = mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW)
    read = message_from_bytes(whole, policy=policy.SMTP)
    parts = [part.get_payload(decode=True) for part in read.walk()]
    sent = b"\n".join([whole, *(part for part in parts if isinstance(part, bytes)), parcel.data]).decode()
    said = f"{messages.encode(message)}\n{sent}\n{parcel.subject}\n{parcel.text}\n{parcel.html}\n{parcel.links}"
    invitation = preview.sample("invitation")
    assert isinstance(invitation, InvitationMessage)
    key = session_keys.mint(SECRET, invitation.session_id, invitation.key_version)
    candidates = session_keys.portal_url("https://hire.example", key)
    for secret in (key, key.partition(".")[0], candidates, "session_key", "key_version", str(invitation.session_id)):
        assert secret not in said
    assert not {"session_id", "key_version", "opens_at"} & set(KINDS[kind].__struct_fields__)
    for link in re.findall(r"https?://[^\s\"<\\]+", f"{parcel.text} {parcel.html}"):
        assert link.startswith(("https://hire.example/console/bookings/", "http://www.w3.org/")), link


@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(sorted(LANGUAGES)))
def test_no_value_breaks_the_headers_the_page_or_the_calendar(name: str, title: str, notes: str, language: str) -> None:
    attendee = Attendee(**_like(ASHA, name=name, job_title=title, booking_notes=f"x\n{notes}"))
    parcel = rendered(notice(attendees=[attendee, BEN], interviewer_name=name, locale=language))
    plain = rendered(notice(attendees=[ASHA, BEN], locale=language))
    mail = message_from_bytes(mime.to_bytes(parcel, parcel.recipient, "a@hire.example", NOW), policy=policy.SMTP)
    assert (
        mail.keys()
        == message_from_bytes(mime.to_bytes(plain, plain.recipient, "a@hire.example", NOW), policy=policy.SMTP).keys()
    )
    assert "\n" not in parcel.subject
    assert one_line(name) in one_line(parcel.text)
    assert re.findall(r"<a [^>]*>", parcel.html) == re.findall(r"<a [^>]*>", plain.html)
    assert "<script" not in parcel.html
    event = event_of(parcel)
    assert addresses(event["ATTENDEE"]) == addresses(event_of(plain)["ATTENDEE"])


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("kind", ["invitation", "rescheduled", "reminder"])
def test_a_candidate_is_told_the_interviewers_name_if_the_message_has_it(kind: str, language: str) -> None:
    sample = preview.sample(kind, locale=language)
    named = preview.rendered(sample, RENDERER)
    unnamed = preview.rendered(msgspec.structs.replace(sample, interviewer_name=""), RENDERER)
    assert "Ivan Petrov" in named.text
    assert "Ivan Petrov" in words_of(named)
    assert "Ivan Petrov" not in unnamed.text + unnamed.html
    assert "ivan.petrov@example.com" not in named.text + named.html  # the name alone
