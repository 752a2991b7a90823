"""What the development mailbox shows of a message, however malformed: headers, bodies and files as plain text."""

import re
from email.message import EmailMessage, MIMEPart
from typing import NamedTuple

from hireloop.local.mailbox.mail_folder import ReceivedMail

_SHOWN_HEADERS = ("From", "To", "Reply-To", "Date", "Message-ID", "In-Reply-To", "Traceparent")
_LINK = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_NEW_TAB = '<base target="_blank">'


class MailFile(NamedTuple):
    """One part of a message that is neither its text nor its HTML body."""

    name: str
    media_type: str
    content: bytes


class MailView:
    """One received message, ready for a page. Nothing in it is escaped."""

    def __init__(self, mail: ReceivedMail) -> None:
        email = mail.email
        text, html = email.get_body(("plain",)), email.get_body(("html",))
        self.mail = mail
        self.subject = _header(email, "Subject") or "(no subject)"
        self.headers = [(name, value) for name in _SHOWN_HEADERS if (value := _header(email, name))]
        self.text = None if text is None else _text(text)
        self.html = None if html is None else _text(html)
        self.files = [
            _file(part, number)
            for number, part in enumerate(email.walk(), 1)
            if not part.is_multipart() and part is not text and part is not html
        ]
        self.source = mail.raw.decode("utf-8", "replace")

    @property
    def linked_text(self) -> list[tuple[str, bool]]:
        """The text body in pieces, in order; True marks a piece that is a web address."""
        pieces = _LINK.split(self.text or "")
        return [(piece, number % 2 == 1) for number, piece in enumerate(pieces)]

    @property
    def framed_html(self) -> str:
        """The HTML body, whose links open in a new tab, as its frame may go nowhere."""
        html = self.html or ""
        framed, replaced = _HEAD.subn(lambda head: head[0] + _NEW_TAB, html, count=1)
        return framed if replaced else _NEW_TAB + html


def _header(email: EmailMessage, name: str) -> str:
    try:
        return str(email[name] or "")
    except Exception:  # noqa: BLE001 (a malformed header breaks the parser in many ways; the source shows it)
        return "(unreadable, see the source)"


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return _bytes(part).decode("latin-1")


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file(part: MIMEPart, number: int) -> MailFile:
    media_type = part.get_content_type()
    otherwise = "invite.ics" if media_type == "text/calendar" else f"part-{number}"
    return MailFile(part.get_filename() or otherwise, media_type, _bytes(part))
