"""An example of what each webhook tells, of the same story as the other `examples`, as values of the very types."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hireloop.notify.messages import AlertCause, CopiedChange
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.webhook_payload import AlertData, LateRequestData, RecruiterCopyData

_STARTS = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Kolkata")).astimezone(ZoneInfo("UTC"))
_ENDS, _CLOSES = _STARTS + timedelta(minutes=45), _STARTS + timedelta(minutes=10)
_SCHEDULE, _DELIVERY = UUID("01990000-0000-7000-8000-000000000005"), UUID("01990000-0000-7000-8000-000000000007")
_BOOKING_URL = f"https://hire.example/api/interviews/schedules/{_SCHEDULE}/"

RECRUITER_COPY = RecruiterCopyData(
    schedule=_SCHEDULE,
    revision=1,
    candidate_name="Asha Rao",
    job_title="Platform Engineer",
    company="Acme",
    starts_at=_STARTS,
    ends_at=_ENDS,
    change=CopiedChange.BOOKED,
    by="the hiring page",
    booking_url=_BOOKING_URL,
    invitation_state="sent",
)
LATE_REQUEST = LateRequestData(
    schedule=_SCHEDULE,
    revision=1,
    candidate_name="Asha Rao",
    job_title="Platform Engineer",
    company="Acme",
    starts_at=_STARTS,
    ends_at=_ENDS,
    asked_at=_CLOSES + timedelta(minutes=2),
    booking_url=_BOOKING_URL,
)
ALERT = AlertData(
    schedule=_SCHEDULE,
    cause=AlertCause.FAILED,
    channel="email",
    reason=Reason.RECIPIENT_UNKNOWN,
    about="invitation",
    others=0,
    revision=1,
    candidate_name="Asha Rao",
    job_title="Platform Engineer",
    company="Acme",
    starts_at=_STARTS,
    deadline_at=_CLOSES,
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    booking_url=_BOOKING_URL,
    delivery=str(_DELIVERY),
    sentence=Reason.RECIPIENT_UNKNOWN.sentence,
)
