"""What the templates of each kind of message say: clean values, dates in words, links. Pure.

Every value that somebody typed in is one line without control characters (`plain_text`); only what is for the candidate
has the candidate's link.
"""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from hireloop.notify.messages import (
    AlertMessage,
    Attendee,
    BookingMessage,
    CancelledMessage,
    InterviewerCancellation,
    InterviewerMessage,
    InterviewerReminder,
    InvitationMessage,
    RecruiterCopyMessage,
    ReminderMessage,
    RescheduledMessage,
    party_of,
)
from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import sentence_in
from hireloop.wording import languages, times
from hireloop.wording.plain_text import lines, one_line

Values = dict[str, object]

_OUR_LINKS = ("portal_url", "booking_url", "resume_url", "trace_url")
_URL = re.compile(r"https://[^\s()]+")


class Reader(NamedTuple):
    """The time zone of a person who reads a message or a page, and the language in which dates are written."""

    zone: ZoneInfo
    locale: str  # as Babel spells it


def of_invitation(message: InvitationMessage, reader: Reader, *, portal_url: str, now: datetime) -> Values:
    """Return what an invitation says, and what a move or a reminder adds to it."""
    values = of_booking(message, reader)
    values["portal_url"] = portal_url
    values["opens"] = times.moment(message.opens_at, message.starts_at, *reader)
    values["closes"] = times.moment(message.closes_at, message.starts_at, *reader)
    values["notes"] = lines(message.booking_notes)
    values["interviewer"] = one_line(message.interviewer_name)
    if isinstance(message, RescheduledMessage):
        values["previous"] = times.point(message.previous_starts_at, *reader)
        values["reason"] = one_line(message.reason)
    elif isinstance(message, ReminderMessage):
        values["soon"] = times.soon(message.starts_at - now, reader.locale)
    return values


def of_cancellation(message: CancelledMessage, reader: Reader) -> Values:
    """Return what a cancellation says; it leads nowhere."""
    return {**of_booking(message, reader), "reason": one_line(message.reason), "portal_url": ""}


def of_interviewer(message: InterviewerMessage, reader: Reader, *, base_url: str, now: datetime) -> Values:
    """Return what the interviewer of a slot hears: when, and with whom, with pages that require signing in.

    The position is that of all of them, empty where they have several.
    """
    when = times.span(message.starts_at, message.ends_at, *reader)
    positions = {(one.job_title, one.company) for one in message.attendees}
    job_title, company = positions.pop() if len(positions) == 1 else ("", "")
    is_reminder = isinstance(message, InterviewerReminder)
    return {
        "interviewer_name": one_line(message.interviewer_name),
        "attendees": [_attendee(one, base_url) for one in message.attendees],
        "count": len(message.attendees),
        "candidate_name": one_line(message.attendees[0].name) if len(message.attendees) == 1 else "",
        "job_title": one_line(job_title),
        "company": one_line(company),
        "recruiter": one_line(message.recruiter_email or ""),
        "when": when,
        "length": times.length(message.ends_at - message.starts_at, reader.locale),
        "soon": times.soon(message.starts_at - now, reader.locale) if is_reminder else "",
        "is_off": isinstance(message, InterviewerCancellation),
        "preview": when,
    }


def _attendee(attendee: Attendee, base_url: str) -> Values:
    page = booking_page(base_url, attendee.schedule_id)
    return {
        "candidate_name": one_line(attendee.name),
        "email": one_line(attendee.email),
        "job_title": one_line(attendee.job_title),
        "company": one_line(attendee.company),
        "coding_language": one_line(attendee.coding_language),
        "notes": lines(attendee.booking_notes),
        "booking_url": page,
        "resume_url": f"{page}resume/" if attendee.has_resume else "",
    }


def booking_page(base_url: str, schedule_id: UUID) -> str:
    """Return where a person reads a booking, behind the console's sign-in (`console.cards.path_of`)."""
    return f"{base_url}/console/bookings/{schedule_id}/"


def of_copy(message: RecruiterCopyMessage, reader: Reader, *, booking_url: str, invitation_state: str | None) -> Values:
    """Return what recruiters hear of a booking.

    `invitation_state` is a delivery state, or `waiting` for a pending one that was tried in vain; None if there is
    no invitation.
    """
    return {
        **of_booking(message, reader),
        "change": message.change.value,
        "by": one_line(message.by),
        "booking_url": booking_url,
        "invitation_state": invitation_state or "",
    }


def of_alert(message: AlertMessage, reader: Reader, *, booking_url: str, trace_url: str, next_step: NextStep) -> Values:
    """Return what operators hear of a delivery or of a channel."""
    is_of_a_delivery = message.cause.value != "held"
    when = times.point(message.starts_at, *reader) if message.starts_at else ""
    return {
        "cause": message.cause.value,
        "channel": one_line(message.channel),
        "reason": one_line(message.reason or ""),
        "sentence": sentence_in(message.reason, reader.locale),
        "about": message.about or "",
        "party": party_of(message.about or "") or "",
        "others": message.others,
        "advice": languages.in_language(next_step.sentence, languages.language_of(reader.locale)),
        "alert": str(message.alert_id or ""),
        **_names(message),
        "candidate_name": one_line(message.candidates),
        "when": when,
        "deadline": times.point(message.deadline_at, *reader) if message.deadline_at else "",
        "delivery": one_line(message.subject) if is_of_a_delivery else "",
        "booking_url": booking_url,
        "trace": trace_url or one_line(message.trace_id),
        "trace_url": trace_url,
    }


def links_in(values: Values) -> tuple[str, ...]:
    """Return the links of ours among what a message says; all other values are somebody else's words."""
    advised = values.get("sentence", "")
    ours = [str(one.get(name, "")) for one in (values, *attendees_of(values)) for name in _OUR_LINKS]
    if advised != values.get("reason"):  # else it is the word of a package's transport
        ours += _URL.findall(str(advised))
    return tuple(dict.fromkeys(filter(None, ours)))


def attendees_of(values: Values) -> list[Values]:
    """Return what is said of each of the people in a slot; nothing in other messages."""
    found = values.get("attendees", [])
    return found if isinstance(found, list) else []


def of_booking(message: BookingMessage, reader: Reader) -> Values:
    """Return what every message about a booking says."""
    when = times.span(message.starts_at, message.ends_at, *reader)
    return {
        **_names(message),
        "recruiter": one_line(message.recruiter_email or ""),
        "when": when,
        "length": times.length(message.ends_at - message.starts_at, reader.locale),
    }


def _names(message: BookingMessage | AlertMessage) -> Values:
    return {
        "candidate_name": one_line(message.candidate_name),
        "job_title": one_line(message.job_title),
        "company": one_line(message.company),
    }
