"""A message for programs: the values that recruiters and operators may have, as JSON for webhooks. Pure.

Each field is named here one by one, so that a new one of a message stays inside until somebody lets it out. There is
never a session key, a link that opens an interview, or a candidate's address. The OpenAPI document describes webhooks
by these same types.
"""

from collections.abc import Mapping
from typing import Annotated, Any, assert_never

import msgspec
from msgspec import Meta

from hireloop.examples import AlertId, ScheduleId, SlotId, Time, TraceId
from hireloop.notify.messages import (
    AlertCause,
    AlertMessage,
    BookingMessage,
    ConfirmedMessage,
    CopiedChange,
    DeclinedMessage,
    EnteredMessage,
    FinishedMessage,
    InterviewerUnreachableMessage,
    LateRequestMessage,
    News,
    NoShowMessage,
    Party,
    RecruiterCopyMessage,
    party_of,
)
from hireloop.notify.next_steps import NextStep
from hireloop.notify.no_show import MissedCandidate, NoShowCause
from hireloop.notify.reasons import Reason, sentence_of

_URL = "https://hire.example/api/interviews/schedules/01990000-0000-7000-8000-000000000005/"
_Url = Annotated[str, Meta(description="The URL of the booking, which requires an API key.", examples=[_URL])]
_By = Annotated[
    str,
    Meta(description="The name of the API key that made the change, or `the candidate`.", examples=["the hiring page"]),
]


class BookingData(msgspec.Struct, frozen=True, kw_only=True):
    """The data that every webhook about a booking has."""

    schedule: ScheduleId
    revision: Annotated[int, Meta(examples=[1])]
    candidate_name: Annotated[str, Meta(examples=["Asha Rao"])]
    job_title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    starts_at: Annotated[Time, Meta(examples=["2026-12-01T04:30:00Z"])]
    ends_at: Annotated[Time, Meta(examples=["2026-12-01T05:15:00Z"])]


class RecruiterCopyData(BookingData, frozen=True, kw_only=True):
    """A booking was made, moved or cancelled."""

    change: Annotated[CopiedChange, Meta(examples=["booked"])]
    by: _By
    booking_url: _Url
    invitation_state: Annotated[
        str | None,
        Meta(
            description="The delivery state of the message to the candidate; null if there is none.", examples=["sent"]
        ),
    ]


class LateRequestData(BookingData, frozen=True, kw_only=True):
    """A candidate was too late and has asked for another time."""

    asked_at: Annotated[Time, Meta(examples=["2026-12-01T04:42:00Z"])]
    booking_url: _Url


class ConfirmedData(BookingData, frozen=True, kw_only=True):
    """The candidate, or a recruiter for them, has confirmed the time."""

    confirmed_at: Annotated[Time, Meta(examples=["2026-11-28T09:15:00Z"])]
    by: _By
    booking_url: _Url


class DeclinedData(BookingData, frozen=True, kw_only=True):
    """The candidate has cancelled the interview."""

    declined_at: Annotated[Time, Meta(examples=["2026-11-29T18:02:00Z"])]
    reason: Annotated[
        str, Meta(description="The candidate's words; empty if there are none.", examples=["I have accepted an offer."])
    ]
    booking_url: _Url


class EnteredData(BookingData, frozen=True, kw_only=True):
    """The candidate has entered the interview."""

    entered_at: Annotated[Time, Meta(examples=["2026-12-01T04:31:00Z"])]
    booking_url: _Url


class FinishedData(BookingData, frozen=True, kw_only=True):
    """The interview has finished."""

    entered_at: Annotated[Time, Meta(examples=["2026-12-01T04:31:00Z"])]
    finished_at: Annotated[Time, Meta(examples=["2026-12-01T05:12:00Z"])]
    by: Annotated[
        str,
        Meta(
            description="`the candidate`, or `HireLoop` if the time was over and nobody had finished it.",
            examples=["the candidate"],
        ),
    ]
    booking_url: _Url


_CheckedDevice = Annotated[
    str | None,
    Meta(
        description="The result of the latest check: `ok`, or the name of the browser's error. Null without a check.",
        examples=[None],
    ),
]


class NoShowData(BookingData, frozen=True, kw_only=True):
    """A candidate did not come. There is one webhook for each candidate, however many of a slot did not come."""

    cause: Annotated[NoShowCause, Meta(description="What is known of it.", examples=["not_delivered"])]
    sentence: Annotated[
        str, Meta(description="The cause as a sentence.", examples=[NoShowCause.NOT_DELIVERED.sentence])
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="The reason why the invitation was not delivered; null if it was.",
            examples=["recipient_unknown"],
        ),
    ]
    camera: _CheckedDevice
    microphone: _CheckedDevice
    booking_url: _Url


class InterviewerUnreachableData(msgspec.Struct, frozen=True, kw_only=True):
    """A message to the interviewer of a slot was rejected, or has bounced."""

    schedule: Annotated[
        ScheduleId | None, Meta(description="The booking in the slot; null if there are several, or none.")
    ]
    slot: Annotated[SlotId, Meta(description="The slot, in which the interviewer can be corrected.")]
    revision: Annotated[int, Meta(description="The revision of the booking; 0 without one.", examples=[1])]
    starts_at: Annotated[Time, Meta(examples=["2026-12-01T04:30:00Z"])]
    ends_at: Annotated[Time, Meta(examples=["2026-12-01T05:15:00Z"])]
    interviewer_email: Annotated[str, Meta(examples=["ivo@hire.example"])]
    delivery: Annotated[
        str, Meta(description="The ID of the delivery.", examples=["01990000-0000-7000-8000-000000000007"])
    ]
    reason: Annotated[
        str | None, Meta(description="A reason, as in the attempts of a delivery.", examples=["recipient_unknown"])
    ]
    sentence: Annotated[
        str | None, Meta(description="The reason as a sentence.", examples=[Reason.RECIPIENT_UNKNOWN.sentence])
    ]
    reply: Annotated[
        str,
        Meta(description="The reply of the mail server; empty if there was none.", examples=["550 5.1.1 No such user"]),
    ]
    booking_url: Annotated[str | None, Meta(description="The URL of the booking; null without one.", examples=[_URL])]


class AlertData(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery is at risk or has failed, or a channel is held."""

    schedule: ScheduleId | None
    cause: Annotated[AlertCause, Meta(examples=["failed"])]
    channel: Annotated[str, Meta(examples=["email"])]
    reason: Annotated[
        str | None, Meta(description="A reason, as in the attempts of a delivery.", examples=["recipient_unknown"])
    ]
    about: Annotated[
        str | None, Meta(description="The kind of message that was not delivered.", examples=["invitation"])
    ]
    party: Annotated[
        Party | None,
        Meta(description="Whom that message was for; null if a channel is held.", examples=["candidate"]),
    ]
    others: Annotated[int, Meta(description="The number of other deliveries that this alert is about.", examples=[0])]
    revision: Annotated[int, Meta(examples=[1])]
    candidate_name: Annotated[str, Meta(examples=["Asha Rao"])]
    more_candidates: Annotated[
        int,
        Meta(description="If it is about a message to an interviewer: how many others are in the slot.", examples=[0]),
    ]
    job_title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    starts_at: Annotated[Time | None, Meta(examples=["2026-12-01T04:30:00Z"])]
    deadline_at: Annotated[Time | None, Meta(examples=["2026-12-01T04:40:00Z"])]
    trace_id: TraceId
    booking_url: Annotated[
        str | None, Meta(description="The URL of the booking; null without a booking.", examples=[_URL])
    ]
    delivery: Annotated[
        str | None,
        Meta(
            description="The ID of the delivery; null if a channel is held.",
            examples=["01990000-0000-7000-8000-000000000007"],
        ),
    ]
    sentence: Annotated[
        str | None, Meta(description="The reason as a sentence.", examples=[Reason.RECIPIENT_UNKNOWN.sentence])
    ]
    next_step: Annotated[NextStep, Meta(description="What to do.", examples=["correct_address"])]
    advice: Annotated[
        str, Meta(description="The next step as a sentence.", examples=[NextStep.CORRECT_ADDRESS.sentence])
    ]
    alert: Annotated[
        AlertId | None,
        Meta(description="The ID by which the alert is acknowledged; null if a worker of version 0.1.0 created it."),
    ]


def of_copy(message: RecruiterCopyMessage, *, booking_url: str, invitation_state: str | None) -> bytes:
    """Return a booking's change, and the delivery state of the message to the candidate, null if there is none."""
    more = {"booking_url": booking_url, "invitation_state": invitation_state}
    return _written(message, RecruiterCopyData, more)


def of_news(message: News, *, booking_url: str) -> bytes:
    """Return what has happened to a booking."""
    more = {"booking_url": booking_url}
    match message:
        case LateRequestMessage():
            return _written(message, LateRequestData, more)
        case ConfirmedMessage():
            return _written(message, ConfirmedData, more)
        case DeclinedMessage():
            return _written(message, DeclinedData, more)
        case EnteredMessage():
            return _written(message, EnteredData, more)
        case FinishedMessage():
            return _written(message, FinishedData, more)
        case _:
            assert_never(message)


def of_no_show(message: NoShowMessage, missed: MissedCandidate, *, booking_url: str) -> bytes:
    """Return which candidate did not come, and what is known of it."""
    data = NoShowData(
        schedule=missed.schedule_id,
        revision=missed.revision,
        candidate_name=missed.candidate_name,
        job_title=missed.job_title,
        company=missed.company,
        starts_at=message.starts_at,
        ends_at=message.ends_at,
        cause=missed.cause,
        sentence=missed.cause.sentence,
        reason=missed.failure,
        camera=missed.camera,
        microphone=missed.microphone,
        booking_url=booking_url,
    )
    return msgspec.json.encode({"type": message.kind, "data": data})


def of_interviewer_unreachable(message: InterviewerUnreachableMessage, *, booking_url: str | None) -> bytes:
    """Return which message to an interviewer was not delivered, and why."""
    more: dict[str, object] = {
        "slot": message.about_slot,
        "delivery": str(message.delivery_id),
        "reason": message.failure,
        "sentence": sentence_of(message.failure) if message.failure else None,
        "booking_url": booking_url,
    }
    return _written(message, InterviewerUnreachableData, more)


def of_alert(message: AlertMessage, *, booking_url: str, next_step: NextStep) -> bytes:
    """Return what an alert is about: a delivery, or a channel, and then `delivery` is null."""
    delivery = None if message.cause is AlertCause.HELD else message.subject
    sentence = sentence_of(message.reason) if message.reason else None
    more: dict[str, object] = {
        "booking_url": booking_url or None,
        "delivery": delivery,
        "party": party_of(message.about or ""),
        "sentence": sentence,
        "next_step": next_step,
        "advice": next_step.sentence,
        "alert": message.alert_id,
    }
    return _written(message, AlertData, more)


def _written(
    message: BookingMessage | AlertMessage | InterviewerUnreachableMessage,
    kind: type[BookingData | AlertData | InterviewerUnreachableData],
    more: Mapping[str, object],
) -> bytes:
    """Return the kind's fields: those in `more`, and the message's own of the same name."""
    known: dict[str, Any] = {"schedule": message.schedule_id, **more}
    known |= {name: getattr(message, name) for name in kind.__struct_fields__ if name not in known}
    return msgspec.json.encode({"type": message.kind, "data": kind(**known)})
