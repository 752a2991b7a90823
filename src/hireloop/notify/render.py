"""A message becomes a parcel: the words, the link and the calendar, for one recipient.

MJML is compiled to HTML once a process, with Jinja's placeholders left in place; a message then costs one pass of
Jinja. Every value loses its control and direction-changing characters first: a name can neither begin a header nor
turn the text around it.
"""

import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import mrml
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from hireloop import links
from hireloop.notify import calendar, times
from hireloop.notify.channels import Parcel
from hireloop.notify.messages import InvitationMessage, Message

_LANGUAGE = "en"  # of the templates; dates follow the reader's locale
# Embeddings, overrides, isolates and marks (UAX #9). Joiners stay: Hindi, Persian and emoji need them.
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_BLANK = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})


class _Templates(NamedTuple):
    subject: Template
    text: Template
    html: Template


class Renderer:
    """Renders every kind of message; safe to use from many threads."""

    def __init__(
        self, *, secret: str, base_url: str, sender: str, zone: ZoneInfo, locale: str = times.FALLBACK_LOCALE
    ) -> None:
        """Take what every message needs.

        `secret` mints the session keys, `base_url` is the portal's, `sender` who the calendar's organizer is where
        a job has no recruiter, `zone` and `locale` are for candidates who have told us none.
        """
        self._secret = secret
        self._base_url = base_url
        self._host = urlsplit(base_url).hostname or "localhost"
        self._sender = parseaddr(sender)[1] or f"hireloop@{self._host}"
        self._zone = zone
        self._locale = times.known_locale(locale)
        _templates(InvitationMessage.kind)  # compiled now, not at the first message

    def render(
        self,
        message: Message,
        *,
        recipient: str,
        message_id: str,
        traceparent: str | None = None,
        invitation_state: str | None = None,  # noqa: ARG002 (for the recruiter copy)
        now: datetime | None = None,
    ) -> Parcel:
        """Return the parcel for this message; it holds a fresh session key, so keep it out of logs and rows.

        `message_id` comes with its angle brackets; `now`, the clock's by default, stamps the calendar.
        """
        if not isinstance(message, InvitationMessage):
            raise TypeError(message.kind)
        key = links.mint(self._secret, message.session_id, message.key_version)
        url = links.portal_url(self._base_url, key)
        values = self._values(message, url)
        templates = _templates(message.kind)
        subject = templates.subject.render(values)
        values["subject"] = subject
        return Parcel(
            recipient=recipient,
            kind=message.kind,
            subject=subject,
            text=templates.text.render(values),
            html=templates.html.render(values),
            message_id=message_id,
            calendar=self._calendar(message, values, now or datetime.now(UTC)),
            reply_to=message.recruiter_email,
            headers=(("Traceparent", traceparent),) if traceparent else (),
        )

    def _values(self, message: InvitationMessage, url: str) -> dict[str, object]:
        zone = _known_zone(message.time_zone) or self._zone
        locale = times.known_locale(message.locale) if message.locale else self._locale
        recruiter = one_line(message.recruiter_email or "")
        return {
            "lang": _LANGUAGE,
            "candidate_name": one_line(message.candidate_name),
            "job_title": one_line(message.job_title),
            "company": one_line(message.company),
            "when": times.span(message.starts_at, message.ends_at, zone, locale),
            "length": times.length(message.ends_at - message.starts_at, locale),
            "opens": times.moment(message.opens_at, message.starts_at, zone, locale),
            "closes": times.moment(message.closes_at, message.starts_at, zone, locale),
            "portal_url": url,
            "notes": _lines(message.booking_notes),
            "ask": f"write to {recruiter}" if recruiter else "reply to this mail",
        }

    def _calendar(self, message: InvitationMessage, values: dict[str, object], now: datetime) -> bytes:
        company, job_title = values["company"], values["job_title"]
        return calendar.request(
            calendar.CalendarEvent(
                uid=f"{message.schedule_id}@{self._host}",
                sequence=message.revision,
                stamped_at=now,
                starts_at=message.starts_at,
                ends_at=message.ends_at,
                summary=f"Interview: {job_title} at {company}",
                description=(
                    f"Open your interview: {values['portal_url']}\n\n"
                    f"It opens at {values['opens']}, and you can enter until {values['closes']}.\n"
                    f"To move or cancel it, open the link, or {values['ask']}."
                ),
                url=str(values["portal_url"]),
                organizer=one_line(message.recruiter_email or "") or self._sender,
                organizer_name=str(company),
                attendee=one_line(message.candidate_email),
                attendee_name=str(values["candidate_name"]),
            )
        )


def one_line(value: str) -> str:
    """Return a value as one line: control characters and runs of white space become one space each.

    Characters that change the direction of the text around them are dropped.
    """
    if _PLAIN.match(value):
        return value
    kept = value.translate(_DIRECTIONS)
    return " ".join("".join(" " if unicodedata.category(c) in _BLANK else c for c in kept).split())


def _lines(notes: str) -> list[str]:
    return [one_line(line) for line in notes.strip().splitlines()]


@cache
def _known_zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, malformed, or a folder of the database
        return None


@cache
def _templates(kind: str) -> _Templates:
    loader = PackageLoader("hireloop.notify", "templates")
    text = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 (plain text)
    html = Environment(undefined=StrictUndefined, autoescape=True)
    mjml, _, _ = loader.get_source(text, f"{kind}/body.mjml")
    return _Templates(
        subject=text.get_template(f"{kind}/subject.txt"),
        text=text.get_template(f"{kind}/body.txt"),
        html=html.from_string(mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={})).content),
    )
