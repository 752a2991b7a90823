"""A message for programs: the values that recruiters and operators may have, as JSON for webhooks. Pure.

Each field is named here one by one, so that a new one of a message stays inside until somebody lets it out. There is
never a session key, a link that opens an interview, or a candidate's address. The OpenAPI document describes webhooks
by these very types.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop.notify.messages import AlertCause, AlertMessage, CopiedChange, LateRequestMessage, RecruiterCopyMessage
from hireloop.notify.reasons import sentence_of

_Url = Annotated[str, Meta(description="The URL of the booking, which requires an API key.")]


class BookingData(msgspec.Struct, frozen=True, kw_only=True):
    """The data that every webhook about a booking has."""

    schedule: UUID
    revision: int
    candidate_name: str
    job_title: str
    company: str
    starts_at: datetime
    ends_at: datetime


class RecruiterCopyData(BookingData, frozen=True, kw_only=True):
    """A booking was made, moved or cancelled."""

    change: CopiedChange
    by: Annotated[str, Meta(description="The name of the API key that made the change, or `the candidate`.")]
    booking_url: _Url
    invitation_state: Annotated[
        str | None, Meta(description="The delivery state of the message to the candidate; null if there is none.")
    ]


class LateRequestData(BookingData, frozen=True, kw_only=True):
    """A candidate was too late and has asked for another time."""

    asked_at: datetime
    booking_url: _Url


class AlertData(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery is at risk or has failed, or a channel is held."""

    schedule: UUID | None
    cause: AlertCause
    channel: str
    reason: Annotated[str | None, Meta(description="A reason, as in the attempts of a delivery.")]
    about: Annotated[str | None, Meta(description="The kind of message that was not delivered.")]
    others: Annotated[int, Meta(description="The number of other deliveries that this alert is about.")]
    revision: int
    candidate_name: str
    job_title: str
    company: str
    starts_at: datetime | None
    deadline_at: datetime | None
    trace_id: str
    booking_url: Annotated[str | None, Meta(description="The URL of the booking; null without a booking.")]
    delivery: Annotated[str | None, Meta(description="The ID of the delivery; null if a channel is held.")]
    sentence: Annotated[str | None, Meta(description="The reason as a sentence.")]


def of_copy(message: RecruiterCopyMessage, *, booking_url: str, invitation_state: str | None) -> bytes:
    """Return a booking's change, and the delivery state of the message to the candidate, null if there is none."""
    more = {"booking_url": booking_url, "invitation_state": invitation_state}
    return _written(message, RecruiterCopyData, more)


def of_late_request(message: LateRequestMessage, *, booking_url: str) -> bytes:
    """Return which booking a candidate was too late for."""
    return _written(message, LateRequestData, {"booking_url": booking_url})


def of_alert(message: AlertMessage, *, booking_url: str) -> bytes:
    """Return what an alert is about: a delivery, or a channel, and then `delivery` is null."""
    delivery = None if message.cause is AlertCause.HELD else message.subject
    sentence = sentence_of(message.reason) if message.reason else None
    return _written(
        message, AlertData, {"booking_url": booking_url or None, "delivery": delivery, "sentence": sentence}
    )


def _written(
    message: RecruiterCopyMessage | LateRequestMessage | AlertMessage,
    kind: type[RecruiterCopyData | LateRequestData | AlertData],
    more: dict[str, str | None],
) -> bytes:
    """Return the kind's fields: those in `more`, and the message's own of the same name."""
    known: dict[str, Any] = {"schedule": message.schedule_id, **more}
    known |= {name: getattr(message, name) for name in kind.__struct_fields__ if name not in known}
    return msgspec.json.encode({"type": message.kind, "data": kind(**known)})
