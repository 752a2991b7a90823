"""A message for programs: the values that recruiters and operators may have, as JSON for webhooks. Pure.

Each field is named here one by one, so that a new one of a message stays inside until somebody lets it out. There is
never a session key, a link that opens an interview, or a candidate's address. The OpenAPI document describes webhooks
by these same types.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hireloop.examples import AlertId, ScheduleId, Time, TraceId
from hireloop.notify.messages import (
    AlertCause,
    AlertMessage,
    CopiedChange,
    LateRequestMessage,
    Party,
    RecruiterCopyMessage,
    party_of,
)
from hireloop.notify.next_steps import NextStep
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


def of_late_request(message: LateRequestMessage, *, booking_url: str) -> bytes:
    """Return which booking a candidate was too late for."""
    return _written(message, LateRequestData, {"booking_url": booking_url})


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
    message: RecruiterCopyMessage | LateRequestMessage | AlertMessage,
    kind: type[RecruiterCopyData | LateRequestData | AlertData],
    more: Mapping[str, object],
) -> bytes:
    """Return the kind's fields: those in `more`, and the message's own of the same name."""
    known: dict[str, Any] = {"schedule": message.schedule_id, **more}
    known |= {name: getattr(message, name) for name in kind.__struct_fields__ if name not in known}
    return msgspec.json.encode({"type": message.kind, "data": kind(**known)})
