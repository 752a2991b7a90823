"""Every mail is read back with the standard library's parser."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail import mime
from notify.transports.mail.flowed_text import joined

DATE = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
FROM = mime.sender_header("Acme, Inc.", "no-reply@hire.example")
CALENDAR = b"BEGIN:VCALENDAR\r\nSUMMARY:Gespr\xc3\xa4ch\r\nEND:VCALENDAR\r\n"
HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "Traceparent", "MIME-Version", "Content-Type",
]  # fmt: skip


def parcel(**values: str | bytes) -> Parcel:
    defaults = {
        "recipient": "asha@example.com",
        "subject": "Interview scheduled",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "message_id": "<1@hire.example>",
        "calendar": CALENDAR,
        "reply_to": "rita@acme.example",
    }
    traceparent = str(values.pop("traceparent", "00-1"))
    return Parcel(**(defaults | values), headers=(("Traceparent", traceparent),))  # type: ignore[arg-type] # defaults mix types


def read_back(sent: Parcel, sender: str = FROM) -> EmailMessage:
    raw = mime.to_bytes(sent, sent.recipient, sender, DATE)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    assert [part.defects for part in mail.walk() if part.defects] == []
    return mail


def bodies(mail: EmailMessage) -> dict[str, str]:
    parts: list[Any] = [part for part in mail.walk() if not part.is_multipart()]
    return {part.get_content_type(): part.get_payload(decode=True).decode() for part in parts}


def test_an_invitation_is_an_alternative_and_a_file() -> None:
    mail = read_back(parcel())
    assert mail.keys() == HEADERS
    assert mail["From"].addresses[0].display_name == "Acme, Inc."
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == DATE
    alternative, file = mail.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    invitation = list(alternative.iter_parts())[-1]
    assert invitation["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert invitation.get_payload(decode=True) == CALENDAR
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_payload(decode=True) == CALENDAR


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("rita@bücher.example", "rita@xn--bcher-kva.example"),
        ("rita@faß.de", "rita@xn--fa-hia.de"),
        ("ríta@acme.example", None),  # would need SMTPUTF8 of every server on the way
        ("rita@☕.example", None),
    ],
)
def test_answers_go_to_a_recruiter_whose_domain_is_in_another_script(address: str, written: str | None) -> None:
    assert read_back(parcel(reply_to=address))["Reply-To"] == written


def test_programs_are_asked_not_to_answer_and_servers_still_report_failures() -> None:
    mail = read_back(parcel())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert set(mail["X-Auto-Response-Suppress"].split(", ")) == {"DR", "RN", "NRN", "OOF", "AutoReply"}


def test_a_cancellation_says_so_in_its_content_type() -> None:
    alternative, _ = read_back(parcel(calendar_method="CANCEL")).iter_parts()
    assert list(alternative.iter_parts())[-1]["Content-Type"].params["method"] == "CANCEL"


def test_a_message_without_a_calendar_is_text_and_html() -> None:
    mail = read_back(parcel(calendar=b""))
    assert mail.get_content_type() == "multipart/alternative"
    assert set(bodies(mail)) == {"text/plain", "text/html"}


def test_every_try_has_the_same_bytes() -> None:
    first, second = (mime.to_bytes(parcel(), "a@example.com", FROM, DATE) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["", "HireLoop", "Acme, Inc.", "Ünï Çorp", 'A "B" C', "Evil\r\nBcc: x@y.example"])
def test_the_sender_is_read_back(name: str) -> None:
    mail = read_back(parcel(), mime.sender_header(name, "no-reply@hire.example"))
    assert mail.keys() == HEADERS
    [sender] = mail["From"].addresses
    assert sender.addr_spec == "no-reply@hire.example"
    assert sender.display_name == name.replace("\r\n", " ")


@pytest.mark.parametrize(
    "subject",
    [
        "Interview scheduled: Engineer at Acme",
        "Interview scheduled: " + "very " * 60 + "long",
        "x" * 3000,
        "साक्षात्कार:" + " अभियंता" * 40,
        "👩‍💻" * 50,
        "=?utf-8?b?SGk=?= is no encoded word",
        "two  spaces, " * 12 + "end",
    ],
)
def test_a_subject_is_read_back(subject: str) -> None:
    assert read_back(parcel(subject=subject))["Subject"] == subject


@given(st.text(), st.text(), st.text())
def test_no_value_begins_another_header(subject: str, message_id: str, traceparent: str) -> None:
    mail = read_back(parcel(subject=subject, message_id=message_id, traceparent=traceparent))
    assert mail.keys() == HEADERS


@given(st.text(), st.text())
def test_text_and_html_are_read_back(text: str, html: str) -> None:
    read = bodies(read_back(parcel(text=text, html=html)))
    assert _words(joined(read["text/plain"].replace("\r\n", "\n"))) == _words(_as_lines(text).replace("\r\n", "\n"))
    assert read["text/html"] == _as_lines(html)


@given(st.lists(st.sampled_from([".", "..", "--=_hireloop_mixed", "From me", "=", "a" * 90, " ", "ä", ""])))
def test_lines_that_look_like_mail_syntax_are_only_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    read = bodies(read_back(parcel(text=text, html=text)))
    assert joined(read["text/plain"].replace("\r\n", "\n")) == "\n".join(line.rstrip(" ") for line in lines)
    assert read["text/html"] == _as_lines(text)


def _words(text: str) -> list[list[str]]:
    """Return the words of each line, whatever the blanks between them."""
    return [list(filter(None, line.split(" "))) for line in text.split("\n")]


def _as_lines(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return lines.encode("utf-8", "replace").decode()
