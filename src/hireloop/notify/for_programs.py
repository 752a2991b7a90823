"""A message for programs: the values that recruiters and operators may have, as JSON for webhooks. Pure.

Each field is named here one by one, so that a new one of a message stays inside until somebody lets it out. There is
never a session key, a link that opens an interview, or a candidate's address.
"""

import msgspec

from hireloop.notify.messages import AlertCause, AlertMessage, LateRequestMessage, RecruiterCopyMessage
from hireloop.notify.reasons import sentence_of

_OF_A_BOOKING = ("revision", "candidate_name", "job_title", "company", "starts_at", "ends_at")
_OF_A_COPY = (*_OF_A_BOOKING, "change", "by")
_OF_A_REQUEST = (*_OF_A_BOOKING, "asked_at")
_OF_AN_ALERT = (
    "cause", "channel", "reason", "about", "others", "revision", "candidate_name", "job_title", "company", "starts_at",
    "deadline_at", "trace_id",
)  # fmt: skip


def of_copy(message: RecruiterCopyMessage, *, booking_url: str, invitation_state: str | None) -> bytes:
    """Return a booking's change, and the delivery state of what the candidate is told, null where nothing is."""
    return _written(message, _OF_A_COPY, booking_url=booking_url, invitation_state=invitation_state)


def of_late_request(message: LateRequestMessage, *, booking_url: str) -> bytes:
    """Return which booking a candidate was too late for."""
    return _written(message, _OF_A_REQUEST, booking_url=booking_url)


def of_alert(message: AlertMessage, *, booking_url: str) -> bytes:
    """Return what an alert is about: a delivery, or a channel, and then `delivery` is null."""
    delivery = None if message.cause is AlertCause.HELD else message.subject
    sentence = sentence_of(message.reason) if message.reason else None
    return _written(message, _OF_AN_ALERT, booking_url=booking_url or None, delivery=delivery, sentence=sentence)


def _written(
    message: RecruiterCopyMessage | LateRequestMessage | AlertMessage, names: tuple[str, ...], **more: str | None
) -> bytes:
    data = {name: getattr(message, name) for name in names}
    return msgspec.json.encode({"type": message.kind, "data": {"schedule": message.schedule_id, **data, **more}})
