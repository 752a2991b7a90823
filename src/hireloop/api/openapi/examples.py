"""An example of every request and response, all from one story: Asha Rao has an interview at Acme on 1 December 2026.

They are values of the actual types, so the type checker reports an example that lacks a new field.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from hireloop.access.api_keys import ApiKeyDetails
from hireloop.access.tables import Role
from hireloop.api.bounces import BounceResponse, NewBounce
from hireloop.api.candidates import CandidateFields, CandidatePatch
from hireloop.api.channels import ChannelResponse, ChannelsResponse, ChannelState, FallbackResponse
from hireloop.api.deliveries import (
    DeliveryResponse,
    DeliveryWithAttempts,
    LedgerResponse,
    ReplayFields,
    ReplayResponse,
)
from hireloop.api.interviews import InterviewFields, InterviewPatch, InterviewResponse
from hireloop.api.jobs import JobFields, JobPatch
from hireloop.api.keys import KeyFields, NewKeyResponse
from hireloop.api.paging import Page
from hireloop.api.recurring import RecurringFields, RepeatedTime, SeriesResponse, SkippedTime
from hireloop.api.schedules import BookInterviewFields, CancelFields, RescheduleFields
from hireloop.api.sessions import SessionDetails
from hireloop.api.slots import BookSlotFields, ReleaseFields, ReleaseResponse, SlotChangeFields, SlotFields
from hireloop.notify.bounces.bounces import ReportResult
from hireloop.notify.deliveries.deliveries import AttemptView, InvitationState
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import InstalledTransport
from hireloop.scheduling.audit import Action, AuditEntryDetails
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.people.candidates import CandidateDetails
from hireloop.scheduling.people.jobs import JobDetails
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.slots.recurrence import Omission
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.scheduling.tables import InterviewState, ScheduleState
from hireloop.web.booking_response import (
    ChangeResponse,
    InvitationResponse,
    MoveResponse,
    ScheduleResponse,
    SessionResponse,
)
from hireloop.web.delivery_response import DeliverySummary
from hireloop.web.fields import EmptyBody


def _id(number: int) -> UUID:
    return UUID(int=0x01990000_0000_7000_8000_000000000000 + number)


_ZONE = ZoneInfo("Asia/Kolkata")
_STARTS = datetime(2026, 12, 1, 10, tzinfo=_ZONE)
_ENDS = _STARTS + timedelta(minutes=45)
_OPENS, _CLOSES = _STARTS - timedelta(seconds=30), _STARTS + timedelta(minutes=10)
_BOOKED = datetime(2026, 11, 21, 16, 30, tzinfo=_ZONE)
_CANDIDATE, _JOB, _INTERVIEW, _SLOT, _SCHEDULE, _SESSION, _DELIVERY, _KEY = map(_id, range(1, 9))
_TRACE, _SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_MESSAGE_ID = f"<{_DELIVERY}@hire.example>"
_SESSION_KEY = "AZkAAAAAcACAAAAAAAAAAAYAAQ.2Vq0mJw7pVtq0Qy5m0v8x3uT8oZ1kq5u"
_PORTAL_URL = f"https://hire.example/?session_key={_SESSION_KEY}"

_SUMMARY = DeliverySummary(
    id=_DELIVERY,
    channel="email",
    recipient="a…@example.com",
    kind="invitation",
    state=DeliveryState.PENDING,
    attempt_count=0,
    next_attempt_at=_BOOKED,
    last_reason=None,
    last_reply=None,
)
_INVITATION = InvitationResponse(state=InvitationState.PENDING, warnings=[], deliveries=[_SUMMARY])


_MOVED = MoveResponse(from_slot=_id(9), from_starts_at=_STARTS - timedelta(days=1), to_slot=_SLOT, to_starts_at=_STARTS)
_CHANGE = ChangeResponse(
    at=_BOOKED,
    change=BookingChange.RESCHEDULED,
    by="the hiring page",
    revision=2,
    reason="The room is taken.",
    moved=_MOVED,
)


def _schedule() -> ScheduleResponse:
    return ScheduleResponse(
        id=_SCHEDULE,
        interview=_INTERVIEW,
        slot=_SLOT,
        state=ScheduleState.PENDING,
        revision=2,
        booking_notes="Bring an idea.",
        starts_at=_STARTS,
        ends_at=_ENDS,
        booked_at=_BOOKED,
        session=SessionResponse(
            id=_SESSION,
            session_key=_SESSION_KEY,
            portal_url=_PORTAL_URL,
            opens_at=_OPENS,
            closes_at=_CLOSES,
            state=SessionState.SCHEDULED,
        ),
        invitation=_INVITATION,
        changes=[_CHANGE],
        trace_id=_TRACE,
        trace_url=f"http://localhost:16686/trace/{_TRACE}",
    )


def _interview() -> InterviewResponse:
    return InterviewResponse(
        id=_INTERVIEW,
        candidate=_CANDIDATE,
        job=_JOB,
        round=1,
        state=InterviewState.SCHEDULED,
        started_at=_STARTS,
        ended_at=_ENDS,
        created_at=_BOOKED,
        session_key=_SESSION_KEY,
        portal_url=_PORTAL_URL,
        schedule=_schedule(),
        invitation=_INVITATION,
    )


def _session() -> SessionDetails:
    return SessionDetails(
        id=_SESSION,
        schedule=_SCHEDULE,
        interview=_INTERVIEW,
        state=SessionState.ENTERED,
        key_version=1,
        opens_at=_OPENS,
        closes_at=_CLOSES,
        device_check={"camera": "ok", "microphone": "ok"},
        entered_at=_STARTS,
        left_at=None,
        revoked_at=None,
    )


def _delivery() -> DeliveryResponse:
    summary = {**msgspec.structs.asdict(_SUMMARY), "state": DeliveryState.SENT, "attempt_count": 1}
    return DeliveryResponse(
        **{**summary, "next_attempt_at": None, "last_reply": "250 2.0.0 Ok: queued"},
        schedule=_SCHEDULE,
        revision=1,
        required=True,
        tries=8,
        deadline_at=_CLOSES,
        at_risk_at=None,
        sent_at=_BOOKED + timedelta(seconds=1),
        bounced_at=None,
        message_id=_MESSAGE_ID,
        created_at=_BOOKED,
        trace_id=_TRACE,
    )


def _with_attempts() -> DeliveryWithAttempts:
    attempt = AttemptView(
        number=1,
        route="primary",
        started_at=_BOOKED,
        finished_at=_BOOKED + timedelta(seconds=1),
        outcome=AttemptOutcome.SENT,
        maybe_accepted=False,
        reason=None,
        phase="reply",
        code=250,
        enhanced_code="2.0.0",
        reply="250 2.0.0 Ok: queued",
        worker="hire-1/4711",
        trace_id=_TRACE,
        span_id=_SPAN,
    )
    return DeliveryWithAttempts(**msgspec.structs.asdict(_delivery()), attempts=[attempt])


def _candidate() -> CandidateDetails:
    return CandidateDetails(
        id=_CANDIDATE,
        full_name="Asha Rao",
        email="asha@example.com",
        time_zone="Asia/Kolkata",
        locale="en-IN",
        phone="+91 80 5550 0100",
        resume_text="Ten years of operating PostgreSQL.",
        created_at=_BOOKED,
    )


def _new_candidate() -> CandidateFields:
    return CandidateFields(
        full_name="Asha Rao",
        email="asha@example.com",
        time_zone="Asia/Kolkata",
        locale="en-IN",
        phone="+91 80 5550 0100",
    )


def _job() -> JobDetails:
    return JobDetails(
        id=_JOB,
        title="Platform Engineer",
        company="Acme",
        description="Keeps what others build on.",
        coding_language="python",
        recruiter_email="recruiter@acme.example",
        questions=["Which outage taught you most?"],
        created_at=_BOOKED,
    )


def _new_job() -> JobFields:
    return JobFields(title="Platform Engineer", company="Acme", recruiter_email="recruiter@acme.example")


def _slot() -> SlotDetails:
    return SlotDetails(
        id=_SLOT,
        starts_at=_STARTS,
        ends_at=_ENDS,
        seats=1,
        taken=0,
        interviewer_email="ravi@acme.example",
        job=_JOB,
        notes="",
        withdrawn_at=None,
        created_at=_BOOKED,
    )


def _recurring() -> RecurringFields:
    return RecurringFields(
        rule="FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4",
        time_zone="Asia/Kolkata",
        starts_at_local="2026-12-01T10:00:00",
        duration_minutes=45,
        exclude=[date(2026, 12, 3)],
        interviewer_email="ravi@acme.example",
    )


def _series() -> SeriesResponse:
    left_out = SkippedTime("2026-12-03T10:00:00", Omission.EXCLUDED, "This date is in `exclude`.", None)
    twice = RepeatedTime(
        "2026-10-25T02:30:00",
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        "This time occurs twice on that day, because the clocks go back.",
    )
    return SeriesResponse(created=[_slot()], skipped=[left_out], repeated=[twice])


def _entry() -> AuditEntryDetails:
    return AuditEntryDetails(
        id=_id(10),
        at=_BOOKED,
        action=Action.SCHEDULE_BOOKED,
        subject=_SCHEDULE,
        candidate=_CANDIDATE,
        actor="the hiring page",
        actor_key=_KEY,
        details={"slot": str(_SLOT)},
        trace_id=_TRACE,
    )


def _channels() -> ChannelsResponse:
    email = ChannelResponse(
        name="email",
        transport="email",
        state=ChannelState.HELD,
        reason="sign_in_refused",
        since=_BOOKED,
        fallback=FallbackResponse(state=ChannelState.OPEN, reason=None, since=None),
        required=True,
        kinds=["cancelled", "invitation", "reminder", "rescheduled"],
    )
    return ChannelsResponse(
        items=[email], transports=[InstalledTransport(name="email", package="hireloop", version="0.1.0")]
    )


def _key() -> ApiKeyDetails:
    return ApiKeyDetails(
        id=_KEY, name="the hiring page", role=Role.RECRUITER, created_at=_BOOKED, last_used_at=_BOOKED, revoked_at=None
    )


def _new_key() -> NewKeyResponse:
    return NewKeyResponse(
        id=_KEY,
        name="the hiring page",
        role=Role.RECRUITER,
        created_at=_BOOKED,
        key="hl_" + "AZkAAAAAcACAAAAAAAAACA" + "x" * 43,
    )


_EXAMPLES: dict[type[msgspec.Struct], Callable[[], msgspec.Struct]] = {
    BookInterviewFields: lambda: BookInterviewFields(interview_id=_INTERVIEW, slot_id=_SLOT),
    BookSlotFields: lambda: BookSlotFields(interview_id=_INTERVIEW, booking_notes="Bring an idea."),
    BounceResponse: lambda: BounceResponse(
        delivery=_DELIVERY, state=DeliveryState.BOUNCED, result=ReportResult.BOUNCED, last_reason="recipient_refused"
    ),
    CancelFields: lambda: CancelFields(reason="The position is filled."),
    CandidateFields: _new_candidate,
    CandidatePatch: lambda: CandidatePatch(email="asha.rao@example.com", phone=""),
    ChannelsResponse: _channels,
    DeliveryResponse: _delivery,
    DeliveryWithAttempts: _with_attempts,
    InterviewResponse: _interview,
    InterviewPatch: lambda: InterviewPatch(round=2),
    InterviewFields: lambda: InterviewFields(candidate=_new_candidate(), job=_new_job()),
    JobFields: _new_job,
    JobPatch: lambda: JobPatch(coding_language="python", recruiter_email=None),
    KeyFields: lambda: KeyFields(name="the hiring page", role=Role.RECRUITER),
    CandidateDetails: _candidate,
    AuditEntryDetails: _entry,
    JobDetails: _job,
    ApiKeyDetails: _key,
    SlotDetails: _slot,
    LedgerResponse: lambda: LedgerResponse(counts={"pending": 1, "sent": 41}, missing=0, overdue=0, unaccounted=0),
    NewBounce: lambda: NewBounce(
        message_id=_MESSAGE_ID, status="5.1.1", diagnostic="550 5.1.1 No such user", recipient="asha@example.com"
    ),
    NewKeyResponse: _new_key,
    EmptyBody: EmptyBody,
    RecurringFields: _recurring,
    ReleaseFields: lambda: ReleaseFields(reason="The interviewer is ill."),
    ReleaseResponse: lambda: ReleaseResponse(_slot(), 1),
    ReplayResponse: lambda: ReplayResponse(
        dry_run=True, replayed=1, skipped={"superseded": 2}, deliveries=[_DELIVERY], more=False
    ),
    ReplayFields: lambda: ReplayFields(
        reason="recipient_refused", since=datetime(2026, 11, 20, tzinfo=UTC), dry_run=True
    ),
    RescheduleFields: lambda: RescheduleFields(slot_id=_SLOT, reason="The room is taken."),
    ScheduleResponse: _schedule,
    SeriesResponse: _series,
    SessionDetails: _session,
    SlotChangeFields: lambda: SlotChangeFields(seats=2, notes="Room 4"),
    SlotFields: lambda: SlotFields(starts_at=_STARTS, ends_at=_ENDS, interviewer_email="ravi@acme.example", job=_JOB),
}
_REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; asha@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b--
"""


def example_of(kind: Any) -> Any:  # noqa: ANN401 (of any type, as JSON)
    """Return the example of a body of this type, as JSON has it; UNSET where there is none, which a test finds."""
    if get_origin(kind) is Page:
        item = example_of(get_args(kind)[0])
        return msgspec.UNSET if item is msgspec.UNSET else {"items": [item], "next": None}
    if kind is bytes:
        return _REPORT
    return msgspec.to_builtins(_EXAMPLES[kind]()) if kind in _EXAMPLES else msgspec.UNSET
