"""What a mail to a candidate says, read as its recipient's programs read it."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple
from zoneinfo import ZoneInfo

import icalendar

from hireloop.wording import times

_KINDS = {
    "Interview scheduled": "invitation",
    "Interview moved": "rescheduled",
    "Interview cancelled": "cancelled",
    "Interview reminder": "reminder",
}


class Said(NamedTuple):
    """What a mail or a copy says: of which kind it is, when the interview is, and when it was to be before."""

    kind: str
    starts_at: datetime
    previous: datetime | None = None


class MailReader:
    """Reads mails in English about interviews that start at one of these times, on the clock of `zone`."""

    def __init__(self, starts: Sequence[datetime], *, length: timedelta, zone: ZoneInfo) -> None:
        self._spans = {times.span(start, start + length, zone, "en"): start for start in starts}
        self._points = {times.point(start, zone, "en"): start for start in starts}

    def read(self, content: bytes) -> Said:
        """Return what a mail says; its calendar, if it has one, must say the same as its text."""
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert body is not None
        lines = re.sub(r" \r?\n", " ", body.get_content()).splitlines()  # RFC 3676: such a line goes on
        said = {label: value for label, _, value in (line.partition(": ") for line in lines)}
        kind = _KINDS[str(mail["Subject"]).partition(":")[0]]
        starts_at = self._spans[said["It was planned for" if kind == "cancelled" else "When"]]
        if kind != "reminder":
            (attached,) = mail.iter_attachments()
            calendar = icalendar.Calendar.from_ical(attached.get_content())
            (event,) = calendar.events
            assert (event.DTSTART, calendar["METHOD"]) == (starts_at, "CANCEL" if kind == "cancelled" else "REQUEST")
        previous = said.get("Previous time")
        return Said(kind, starts_at, self._points[previous] if previous else None)
