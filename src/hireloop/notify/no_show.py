"""Why a candidate did not come, as far as that is known: of each of the candidates whom a message names. Pure."""

from enum import StrEnum
from uuid import UUID

import msgspec

MOST_NAMED = 10  # candidates in one message; of the others, it gives the number


class NoShowCause(StrEnum):
    """What is known of a candidate who did not come. Opening the link leaves no trace: mail scanners do that too."""

    NOT_DELIVERED = "not_delivered"
    NEW_TIME_NOT_DELIVERED = "new_time_not_delivered"
    DELIVERY_UNKNOWN = "delivery_unknown"
    NO_SIGN = "no_sign"
    CHOSEN = "chosen"
    CONFIRMED = "confirmed"
    DEVICE_CHECK_FAILED = "device_check_failed"
    NOT_STARTED = "not_started"
    TOO_LATE = "too_late"

    @property
    def sentence(self) -> str:
        """The cause in a sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    NoShowCause.NOT_DELIVERED: "The candidate could not come: the invitation was never delivered.",
    NoShowCause.NEW_TIME_NOT_DELIVERED: "The candidate did not come. The notice of the new time was never delivered.",
    NoShowCause.DELIVERY_UNKNOWN: "The candidate did not come. It is not certain that the invitation arrived.",
    NoShowCause.NO_SIGN: (
        "The candidate did not come. The mail server accepted the invitation, but there was no sign of them after that."
    ),
    NoShowCause.CHOSEN: "The candidate had chosen this time, but did not come.",
    NoShowCause.CONFIRMED: "The candidate had confirmed the interview, but did not come.",
    NoShowCause.DEVICE_CHECK_FAILED: (
        "The candidate did not start the interview: the check of their camera and microphone had failed."
    ),
    NoShowCause.NOT_STARTED: (
        "The candidate did not start the interview, although the check of their camera and microphone had succeeded."
    ),
    NoShowCause.TOO_LATE: "The candidate came too late and has asked for another time.",
}


class MissedCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate who did not come, to which booking, and what is known of it."""

    schedule_id: UUID
    revision: int
    candidate_name: str
    candidate_email: str
    job_title: str
    company: str
    cause: NoShowCause
    failure: str | None = None  # why the invitation was not delivered: a slug
    camera: str | None = None  # by the latest check: `ok`, or the name of the failure
    microphone: str | None = None
