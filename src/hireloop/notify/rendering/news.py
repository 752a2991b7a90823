"""What the templates say of what has happened to bookings, such as that nobody came. Pure."""

from datetime import datetime
from typing import assert_never

from hireloop.notify.messages import (
    ConfirmedMessage,
    DeclinedMessage,
    EnteredMessage,
    FinishedMessage,
    InterviewerUnreachableMessage,
    LateRequestMessage,
    News,
    NoShowMessage,
)
from hireloop.notify.no_show import MissedCandidate
from hireloop.notify.reasons import sentence_in
from hireloop.notify.rendering.values import Reader, Values, of_booking
from hireloop.wording import times
from hireloop.wording.plain_text import one_line

_LONGEST_REPLY = 300  # characters


def of_news(message: News, reader: Reader, *, booking_url: str) -> Values:
    """Return what recruiters hear of a booking."""
    return {**of_booking(message, reader), "booking_url": booking_url, **_news(message, reader)}


def of_no_show(message: NoShowMessage, reader: Reader, *, url: str) -> Values:
    """Return who did not come and why, at most as many as the message names; `url` is of the booking or of the day."""
    when = times.span(message.starts_at, message.ends_at, *reader)
    named = tuple(_missed(one, reader.locale) for one in message.missed)
    first = named[0] if named else ("", "", "", "", "", "", "")
    return {
        "count": len(named) + message.more,
        "missed": named,
        "more": message.more,
        "candidate_name": first[0],
        "job_title": first[1],
        "company": first[2],
        "when": when,
        "preview": when,
        "booking_url": url,
    }


def of_interviewer_unreachable(message: InterviewerUnreachableMessage, reader: Reader, *, url: str) -> Values:
    """Return which interviewer was not reached, and why; `url` is of the booking or of the day."""
    when = times.span(message.starts_at, message.ends_at, *reader)
    return {
        "interviewer": one_line(message.interviewer_email),
        "sentence": sentence_in(message.failure, reader.locale),
        "reason": one_line(message.failure or ""),
        "reply": one_line(message.reply)[:_LONGEST_REPLY],
        "is_of_a_booking": message.schedule_id is not None,
        "when": when,
        "preview": when,
        "booking_url": url,
    }


def _missed(one: MissedCandidate, locale: str) -> tuple[str, ...]:
    """Return name, position, company, cause, why the invitation failed, and the results for camera and microphone."""
    return (
        one_line(one.candidate_name),
        one_line(one.job_title),
        one_line(one.company),
        one.cause.value,
        sentence_in(one.failure, locale),
        one_line(one.camera or ""),
        one_line(one.microphone or ""),
    )


def _news(message: News, reader: Reader) -> Values:
    match message:
        case LateRequestMessage():
            return {"asked": _point(message.asked_at, reader)}
        case ConfirmedMessage():
            return {"by": one_line(message.by), "at": _point(message.confirmed_at, reader)}
        case DeclinedMessage():
            return {"reason": one_line(message.reason), "at": _point(message.declined_at, reader)}
        case EnteredMessage():
            return {"at": _point(message.entered_at, reader)}
        case FinishedMessage():
            entered = _point(message.entered_at, reader)
            return {"by": one_line(message.by), "at": _point(message.finished_at, reader), "entered": entered}
        case _:
            assert_never(message)


def _point(at: datetime, reader: Reader) -> str:
    return times.point(at, *reader)
