"""What everybody reads, kept as files: each kind in each language, as text, page, calendar and mail.

HIRELOOP_WRITE_GOLDEN=1 writes the files anew: look at what changed before it is committed.
"""

import os
import re
import shutil
import subprocess
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hireloop.mail_addresses import Sender
from hireloop.notify.messages import KINDS
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.wording.languages import LANGUAGES
from notify.transports.mail.flowed_text import joined

GOLDEN = Path(__file__).parent / "golden"
SENDER = Sender("HireLoop", "interviews@hire.example")
WRITING = bool(os.environ.get("HIRELOOP_WRITE_GOLDEN"))
EACH = pytest.mark.parametrize("kind", list(KINDS))
IN_EACH_LANGUAGE = pytest.mark.parametrize("language", list(LANGUAGES))
METHODS = {
    "invitation": "REQUEST",
    "rescheduled": "REQUEST",
    "cancelled": "CANCEL",
    "interviewer_invitation": "REQUEST",
    "interviewer_update": "REQUEST",
    "interviewer_cancelled": "CANCEL",
}
# As a relay and then the recipient's server put them before what they take.
RECEIVED = (
    b"Received: from relay.hire.example (relay.hire.example [93.184.216.34])\n"
    b"\tby mx.example.com (Postfix) with ESMTPS id 4XyzAB12cdz1\n"
    b"\tfor <asha.rao@example.com>; Mon, 30 Nov 2026 04:30:06 +0000 (UTC)\n"
    b"Received: from worker.hire.example (worker.hire.example [10.0.0.7])\n"
    b"\tby relay.hire.example (Postfix) with ESMTPSA id 4XyzAA45fgz2\n"
    b"\tfor <asha.rao@example.com>; Mon, 30 Nov 2026 04:30:05 +0000 (UTC)\n"
)


def parcel(kind: str, language: str) -> Parcel:
    renderer = Renderer(
        secret="a secret of at least thirty-two characters",
        base_url="https://hire.example",
        sender=SENDER.address,
        zone=ZoneInfo("Asia/Kolkata"),
        locale=language,
        trace_ui_url="https://jaeger.example",
    )
    return preview.rendered(preview.sample(kind, locale=language), renderer)


def files(kind: str, language: str) -> dict[str, bytes]:
    return preview.files(parcel(kind, language), sender=SENDER)


def mail(kind: str, language: str) -> EmailMessage:
    read = message_from_bytes(files(kind, language)["message.eml"], policy=policy.SMTP)
    assert isinstance(read, EmailMessage)
    assert [part.defects for part in read.walk() if part.defects] == []
    return read


@IN_EACH_LANGUAGE
@EACH
def test_a_message_reads_as_it_did(kind: str, language: str) -> None:
    folder = GOLDEN / language / kind
    said = {name: content for name, content in files(kind, language).items() if name != "message.eml"}
    if WRITING:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in said.items():
            (folder / name).write_bytes(content)
    assert {file.name for file in folder.iterdir()} == set(said)
    for name, content in said.items():
        assert content.decode() == (folder / name).read_bytes().decode(), f"{folder / name}, see CONTRIBUTING.md"


def test_there_is_no_golden_file_without_its_message() -> None:
    found = {(folder.parent.name, folder.name) for folder in GOLDEN.glob("*/*")}
    assert found == {(language, kind) for language in LANGUAGES for kind in KINDS}


@IN_EACH_LANGUAGE
@EACH
def test_a_mail_is_built_as_mail_programs_expect(kind: str, language: str) -> None:
    said, read = parcel(kind, language), mail(kind, language)
    if kind not in METHODS:
        assert read.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
        parts = list(read.iter_parts())
    else:
        assert read.get_content_type() == "multipart/mixed"
        alternative, file = read.iter_parts()
        parts = list(alternative.iter_parts())
        assert alternative.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
        assert parts[2]["Content-Type"].params == {"charset": "utf-8", "method": METHODS[kind]}
        assert f"METHOD:{METHODS[kind]}\r\n".encode() in said.calendar
        assert file.is_attachment()
        assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
        assert parts[2].get_payload(decode=True) == file.get_payload(decode=True) == said.calendar
    for part, content in zip(parts, (said.text, said.html), strict=False):
        assert part.get_content_charset() == "utf-8"
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        read_text = raw.decode().replace("\r\n", "\n")
        assert (joined(read_text) if content is said.text else read_text) == content
    assert (read["Subject"], read["Message-ID"]) == (said.subject, said.message_id)
    assert read["Auto-Submitted"] == "auto-generated"


@IN_EACH_LANGUAGE
@EACH
def test_no_mail_hides_anything(kind: str, language: str) -> None:
    """As scanners look for it, in the source; `test_in_browser` measures what is seen."""
    shown = re.sub(r"<!--\[if (mso|lte).*?<!\[endif\]-->", "", parcel(kind, language).html, flags=re.DOTALL)
    styles = " ".join(re.findall(r'style="([^"]*)"', shown))
    assert not re.search(r"display: ?none|visibility: ?hidden|opacity|(max-)?height: ?[01]px|mso-hide", styles)
    sizes = [int(size) for size in re.findall(r"font-size: ?(\d+)px", shown)]
    assert min(sizes) >= 14


@IN_EACH_LANGUAGE
@EACH
def test_text_stands_alone_for_chat(kind: str, language: str) -> None:
    text = parcel(kind, language).text
    assert not re.search(r"<[a-z/]|\{|%\(|&(amp|lt|gt|#)|\n\n\n|[ \t]\n|\A\n", text)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="needs spamassassin")
def test_no_mail_looks_like_spam(tmp_path: Path) -> None:
    """One run for all of them, with local rules alone, as a folder of mails such as a server has taken in."""
    wanted = [(kind, language) for language in LANGUAGES for kind in KINDS]
    folder = b"".join(
        b"From MAILER-DAEMON Mon Nov 30 04:30:06 2026\n"
        + RECEIVED
        + files(kind, language)["message.eml"].replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for kind, language in wanted
    )
    ran = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--mbox"],
        input=folder,
        capture_output=True,
        check=True,
        timeout=110,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    scores = re.findall(r"^X-Spam-Status: \w+, score=(-?[\d.]+)", ran.stdout.decode(errors="replace"), re.MULTILINE)
    assert len(scores) == len(wanted)
    assert {of: score for of, score in zip(wanted, scores, strict=True) if float(score) >= 2} == {}
