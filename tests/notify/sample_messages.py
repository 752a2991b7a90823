"""Sample messages, as a booking would put them, without a booking."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hireloop.notify.messages import CopiedChange, InvitationMessage, RecruiterCopyMessage


def _booking(starts_at: datetime, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "schedule_id": uuid4(),
        "revision": 1,
        "candidate_name": "Asha Rao",
        "candidate_email": "asha@example.com",
        "time_zone": None,
        "locale": None,
        "job_title": "Backend Engineer",
        "company": "Example Labs",
        "recruiter_email": None,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=45),
    } | facts


def invitation(*, starts_at: datetime, **facts: Any) -> InvitationMessage:  # noqa: ANN401 (each field has its own type)
    window = {"opens_at": starts_at, "closes_at": starts_at + timedelta(minutes=10)}
    return InvitationMessage(**_booking(starts_at, {"session_id": uuid4(), "key_version": 1} | window | facts))


def recruiter_copy(about: InvitationMessage) -> RecruiterCopyMessage:
    same: dict[str, UUID | int] = {"schedule_id": about.schedule_id, "revision": about.revision}
    return RecruiterCopyMessage(**_booking(about.starts_at, {"change": CopiedChange.BOOKED, "by": "tests"} | same))
