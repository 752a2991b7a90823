import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from hireloop import app
from hireloop.local.mailbox.gate import PATH, TICKET, ticket_of
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from sample_settings import settings_for

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mail")


@pytest.fixture
def browser(tmp_path: Path) -> TestClient[Litestar]:
    settings = settings_for("postgresql:///nowhere")
    served = app.build(settings, extra_routes=[mailbox_router(tmp_path / "mail")], extra_headers={PATH: HEADERS})
    client = TestClient(served, base_url="http://127.0.0.1")  # nothing is opened: the mailbox asks no database
    client.get("/dev/mailbox", params={TICKET: ticket_of(settings, now=datetime.now(UTC))})
    return client


def invitation(subject: str = "Interview scheduled: Engineer at Acme") -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = f'"{HOSTILE}" <jobs@hire.example>'
    message["Message-ID"] = "<1@hire.example>"
    message.set_content(f"Open (https://hire.example/?session_key=a.1.b). {HOSTILE}\n")
    message.add_alternative(
        f"<!doctype html><html><head><title>x</title></head><body>{HOSTILE}<a href='https://hire.example/'>Open</a></body></html>",
        subtype="html",
    )
    message.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", filename="invite me.ics")
    message.add_attachment(b"<script>", maintype="text", subtype="html", filename='a".html')
    return message.as_bytes()


def keep(folder: MailFolder, raw: bytes) -> str:
    return folder.add(sender="bounces@hire.example", recipients=["ananya@example.com"], raw=raw)


def test_an_empty_mailbox_says_what_to_do(browser: TestClient[Litestar]) -> None:
    page = browser.get("/dev/mailbox")

    assert page.status_code == 200
    assert "No mail yet" in page.text


def test_the_list_shows_each_message_newest_first_and_leads_to_it(
    folder: MailFolder, browser: TestClient[Litestar]
) -> None:
    keep(folder, invitation("First"))
    newest = keep(folder, invitation("Second"))

    page = browser.get("/dev/mailbox/").text

    assert re.findall(r'<span class="subject">(.*?)</span>', page) == ["Second", "First"]
    assert "to ananya@example.com" in page
    assert "2 messages" in page
    assert f'href="/dev/mailbox/{newest}"' in page


def test_a_message_shows_its_envelope_headers_text_and_files(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    ident = keep(folder, invitation())

    page = browser.get(f"/dev/mailbox/{ident}").text

    assert "<h1>Interview scheduled: Engineer at Acme</h1>" in page
    assert "<dd>bounces@hire.example</dd>" in page
    assert "<dd>&lt;1@hire.example&gt;</dd>" in page
    assert ">invite me.ics</a>" in page
    assert f'src="/dev/mailbox/{ident}/html"' in page
    assert (
        'Open (<a href="https://hire.example/?session_key=a.1.b" target="_blank" '
        'rel="noopener noreferrer">https://hire.example/?session_key=a.1.b</a>).'
    ) in page


def test_everything_from_the_mail_is_escaped(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    ident = keep(folder, invitation(HOSTILE))

    for path in ("/dev/mailbox", f"/dev/mailbox/{ident}"):
        page = browser.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_html_is_framed_without_scripts_forms_or_anything_from_elsewhere(
    folder: MailFolder, browser: TestClient[Litestar]
) -> None:
    ident = keep(folder, invitation())

    page = browser.get(f"/dev/mailbox/{ident}").text
    framed = browser.get(f"/dev/mailbox/{ident}/html")

    assert '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    policy = framed.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';")
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert framed.text.startswith('<!doctype html><html><head><base target="_blank"><title>x</title>')


def test_the_pages_policy_allows_its_own_style_and_nothing_else(
    folder: MailFolder, browser: TestClient[Litestar]
) -> None:
    page = browser.get(f"/dev/mailbox/{keep(folder, invitation())}")

    style = re.search(r"<style>(.*)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "://" not in style[1]


@pytest.mark.parametrize("part", ["", "/html", "/source", "/files/1", "/files/99"])
def test_no_answer_is_stored_sniffed_or_tells_where_one_came_from(
    folder: MailFolder, browser: TestClient[Litestar], part: str
) -> None:
    answer = browser.get(f"/dev/mailbox/{keep(folder, invitation())}{part}")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_source_is_the_message_byte_for_byte(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    raw = b"Subject: x\r\n\r\n\xff\xfe<b>\r\n"
    answer = browser.get(f"/dev/mailbox/{keep(folder, raw)}/source")

    assert answer.content == raw
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_calendar_file_can_be_downloaded(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    ident = keep(folder, invitation())

    calendar = browser.get(f"/dev/mailbox/{ident}/files/1")

    assert calendar.content == b"BEGIN:VCALENDAR\r\n"
    assert calendar.headers["Content-Type"].startswith("text/calendar")
    assert calendar.headers["Content-Disposition"] == "attachment; filename*=UTF-8''invite%20me.ics"


def test_any_other_file_is_only_ever_downloaded(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    ident = keep(folder, invitation())

    other = browser.get(f"/dev/mailbox/{ident}/files/2")

    assert other.headers["Content-Type"].startswith("application/octet-stream")
    assert other.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22.html"


def test_a_calendar_that_is_an_alternative_is_a_file_too(folder: MailFolder, browser: TestClient[Litestar]) -> None:
    message = EmailMessage()
    message.set_content("text")
    message.add_alternative("BEGIN:VCALENDAR\n", subtype="calendar", params={"method": "REQUEST"})
    ident = keep(folder, message.as_bytes())

    assert ">invite.ics</a>" in browser.get(f"/dev/mailbox/{ident}").text


@pytest.mark.parametrize("path", ["nothing", "nothing/html", "nothing/source", "nothing/files/1", "..%2f..%2fsecret"])
def test_what_is_not_there_is_said_on_a_page(browser: TestClient[Litestar], path: str) -> None:
    page = browser.get(f"/dev/mailbox/{path}")

    assert page.status_code == 404
    assert "secret" not in page.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no headers at all",
        b"From: <<<>>>,,\r\nTo: (((\r\nMessage-ID: <@[>\r\nDate: never\r\nSubject: =?x?q?=00?=\r\n\r\n",
        b"Content-Type: text/plain; charset=no-such\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody",
        b"Content-Disposition: attachment; filename*=no-such''%ff\r\n\r\nx",
    ],
)
def test_a_malformed_message_is_shown_as_well_as_can_be(
    folder: MailFolder, browser: TestClient[Litestar], raw: bytes
) -> None:
    ident = keep(folder, raw)

    assert browser.get("/dev/mailbox").status_code == 200
    assert browser.get(f"/dev/mailbox/{ident}").status_code == 200
    assert browser.get(f"/dev/mailbox/{ident}/source").content == raw


def test_under_another_name_nothing_is_shown(browser: TestClient[Litestar]) -> None:
    assert browser.get("/dev/mailbox", headers={"Host": "rebound.example"}).status_code == 404
    assert browser.get("/dev/mailbox", headers={"Host": "localhost"}).status_code == 200
