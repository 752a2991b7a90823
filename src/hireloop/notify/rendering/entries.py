"""A booking as an entry of a calendar: the one in the candidate's mail, and the one on their page. Pure."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from hireloop.notify.messages import CancelledMessage, InvitationMessage
from hireloop.notify.rendering import calendar, values
from hireloop.notify.rendering.calendar import CalendarEvent
from hireloop.notify.rendering.translations import event_wording
from hireloop.notify.rendering.values import Reader, Values
from hireloop.wording.languages import language_of
from hireloop.wording.plain_text import isolated, one_line


class Issuer(NamedTuple):
    """What all entries of an installation have in common."""

    host: str  # in their UIDs
    sender: str  # the address that mail is from, and the organizer if a job has no recruiter


def issuer_of(base_url: str, sender: str) -> Issuer:
    """Return the issuer of entries that lead to BASE_URL."""
    return Issuer(urlsplit(base_url).hostname or "localhost", sender)


def of_booking(
    message: InvitationMessage | CancelledMessage,
    said: Values,
    issuer: Issuer,
    *,
    recipient: str,
    language: str,
    now: datetime,
) -> CalendarEvent:
    """Return the entry of a booking; `said` is what the message about it says, as plain text has it."""
    summary, _, description = event_wording(language).render(said).partition("\n")
    return CalendarEvent(
        uid=f"{message.schedule_id}@{issuer.host}",
        sequence=message.revision,
        stamped_at=now,
        starts_at=message.starts_at,
        ends_at=message.ends_at,
        summary=summary,
        description=description.strip(),
        url=str(said["portal_url"]),
        organizer=one_line(message.recruiter_email or "") or issuer.sender,
        organizer_name=one_line(message.company),
        sender=issuer.sender,
        attendee=one_line(recipient),
        attendee_name=one_line(message.candidate_name),
    )


def to_keep(message: InvitationMessage, reader: Reader, issuer: Issuer, *, portal_url: str, now: datetime) -> bytes:
    """Return the calendar that a candidate stores by themselves: it has the entry of the mail, so that there is one."""
    said = isolated(values.of_invitation(message, reader, portal_url=portal_url, now=now))
    language = language_of(reader.locale)
    event = of_booking(message, said, issuer, recipient=message.candidate_email, language=language, now=now)
    return calendar.publication(event)
