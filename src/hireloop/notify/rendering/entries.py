"""A booking and a slot as entries of a calendar: in the mails about them, and on the candidate's page. Pure."""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hireloop.notify.messages import CancelledMessage, InterviewerMessage, InvitationMessage
from hireloop.notify.rendering import calendar, values
from hireloop.notify.rendering.calendar import CalendarEvent, Guest
from hireloop.notify.rendering.translations import event_wording, interviewer_event_wording
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
    return _entry(
        message,
        event_wording(language).render(said),
        issuer,
        uid=str(message.schedule_id),
        recipient=recipient,
        now=now,
        url=str(said["portal_url"]),
        organizer=one_line(message.recruiter_email or "") or issuer.sender,
        organizer_name=one_line(message.company),
        attendee_name=one_line(message.candidate_name),
    )


def of_slot(
    message: InterviewerMessage, said: Values, issuer: Issuer, *, url: str, recipient: str, language: str, now: datetime
) -> CalendarEvent:
    """Return the entry in the interviewer's calendar: one for all who have a seat in the slot.

    Its organizer is always the sender, because a calendar may ignore a change, or the end, by another organizer than
    that of the entry.
    """
    guests = {one_line(one.email): one_line(one.name) for one in message.attendees if one.email}
    return _entry(
        message,
        interviewer_event_wording(language).render(said),
        issuer,
        uid=f"slot-{message.slot_id}",
        recipient=recipient,
        now=now,
        url=url,
        organizer=issuer.sender,
        organizer_name=str(said["company"]),
        attendee_name=one_line(message.interviewer_name),
        guests=tuple(Guest(*one) for one in guests.items()),
    )


def _entry(
    message: InvitationMessage | CancelledMessage | InterviewerMessage,
    words: str,
    issuer: Issuer,
    *,
    uid: str,
    recipient: str,
    now: datetime,
    **own: Any,  # noqa: ANN401 (further fields of the entry)
) -> CalendarEvent:
    """Return an entry with these words, of which the first line is its title."""
    summary, _, description = words.partition("\n")
    return CalendarEvent(
        uid=f"{uid}@{issuer.host}",
        sequence=message.revision,
        stamped_at=now,
        starts_at=message.starts_at,
        ends_at=message.ends_at,
        summary=summary,
        description=description.strip(),
        sender=issuer.sender,
        attendee=one_line(recipient),
        **own,
    )


def to_keep(message: InvitationMessage, reader: Reader, issuer: Issuer, *, portal_url: str, now: datetime) -> bytes:
    """Return the calendar that a candidate stores by themselves: it has the entry of the mail, so that there is one."""
    said = isolated(values.of_invitation(message, reader, portal_url=portal_url, now=now))
    language = language_of(reader.locale)
    event = of_booking(message, said, issuer, recipient=message.candidate_email, language=language, now=now)
    return calendar.publication(event)
