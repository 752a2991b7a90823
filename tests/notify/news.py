"""Messages about what has happened to bookings, as values: each text in them may be somebody's own."""

from typing import Any
from uuid import UUID

from hireloop.notify.messages import (
    ConfirmedMessage,
    DeclinedMessage,
    EnteredMessage,
    FinishedMessage,
    InterviewerUnreachableMessage,
    News,
    NoShowMessage,
)
from hireloop.notify.no_show import MissedCandidate, NoShowCause


def booking_news(said: str, booking: dict[str, Any]) -> list[News]:
    """Return a message of each kind about one booking; `said` is what a candidate, a key or a server says."""
    at = booking["starts_at"]
    return [
        ConfirmedMessage(**booking, confirmed_at=at, by=said),
        DeclinedMessage(**booking, declined_at=at, reason=said),
        EnteredMessage(**booking, entered_at=at),
        FinishedMessage(**booking, entered_at=at, finished_at=at, by=said),
    ]


def missed(booking: dict[str, Any], cause: NoShowCause = NoShowCause.NO_SIGN, **more: Any) -> MissedCandidate:  # noqa: ANN401 (each field has its own type)
    names = ("schedule_id", "revision", "candidate_name", "candidate_email", "job_title", "company")
    return MissedCandidate(**{name: booking[name] for name in names}, cause=cause, **more)


def no_show(booking: dict[str, Any], *who: MissedCandidate, more: int = 0) -> NoShowMessage:
    """Return that these candidates of one slot did not come, and so many more."""
    return NoShowMessage(
        schedule_id=None if more or len(who) > 1 else booking["schedule_id"],
        revision=booking["revision"],
        starts_at=booking["starts_at"],
        ends_at=booking["ends_at"],
        address=booking["recruiter_email"],
        missed=list(who),
        more=more,
    )


def interviewer_unreachable(said: str, booking: dict[str, Any]) -> InterviewerUnreachableMessage:
    """Return that an interviewer was not reached; `said` is every text in it."""
    names = ("schedule_id", "revision", "starts_at", "ends_at")
    return InterviewerUnreachableMessage(
        **{name: booking[name] for name in names},
        address=booking["recruiter_email"],
        about_slot=UUID(int=4),
        interviewer_email=said,
        delivery_id=UUID(int=3),
        failure=said,
        reply=said,
    )
