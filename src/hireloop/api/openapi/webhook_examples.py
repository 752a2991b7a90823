"""An example of what each webhook tells, of the same story as the other `examples`, as values of the very types."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hireloop.notify.messages import AlertCause, CopiedChange
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.webhook_payload import AlertData, LateRequestData, RecruiterCopyData

_STARTS = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(ZoneInfo("UTC"))
_ENDS, _CLOSES = _STARTS + timedelta(minutes=45), _STARTS + timedelta(minutes=10)
_SCHEDULE, _DELIVERY = UUID("01990000-0000-7000-8000-000000000005"), UUID("01990000-0000-7000-8000-000000000007")
_BOOKING_URL = f"https://hire.example/api/interviews/schedules/{_SCHEDULE}/"

_MEETING: dict[str, Any] = {
    "schedule": _SCHEDULE,
    "revision": 1,
    "candidate_name": "Asha Rao",
    "job_title": "Platform Engineer",
    "company": "Acme",
    "starts_at": _STARTS,
    "booking_url": _BOOKING_URL,
}

RECRUITER_COPY = RecruiterCopyData(
    **_MEETING,
    ends_at=_ENDS,
    change=CopiedChange.BOOKED,
    by="the hiring page",
    invitation_state="sent",
)
LATE_REQUEST = LateRequestData(
    **_MEETING,
    ends_at=_ENDS,
    asked_at=_CLOSES + timedelta(minutes=2),
)
ALERT = AlertData(
    **_MEETING,
    cause=AlertCause.FAILED,
    channel="email",
    reason=Reason.RECIPIENT_UNKNOWN,
    about="invitation",
    others=0,
    deadline_at=_CLOSES,
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    delivery=str(_DELIVERY),
    sentence=Reason.RECIPIENT_UNKNOWN.sentence,
)
