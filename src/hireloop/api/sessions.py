"""`/api/interviews/sessions/`: the candidate's access to a booked interview, and its link."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from hireloop import db, errors
from hireloop.access.roles import READS, SCHEDULES, UNDOES, actor_of
from hireloop.api.documented import refuses
from hireloop.examples import (
    CandidateId,
    ClosesAt,
    InterviewId,
    JobId,
    OpensAt,
    ScheduleId,
    SessionId,
    StartsAt,
    Time,
)
from hireloop.scheduling import interviews
from hireloop.scheduling.people import candidates
from hireloop.scheduling.sessions import links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.web.bookings.response import (
    DeviceCheckDetails,
    LateRequestDetails,
    ScheduleResponse,
    device_check_of,
    late_request_of,
    response_of,
)
from hireloop.web.context import AnyRequest, ResponseContext, context_of
from hireloop.web.json_bodies import EmptyBody

INVITES_AGAIN = SCHEDULES | refuses(
    errors.ScheduleCancelled,
    errors.InterviewInProgress,
    errors.InterviewClosed,
    errors.SlotPast,
    errors.TooManyMessages,
    errors.TooManyReinvitations,
)


class SessionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A session: who is interviewed for which job, when the link opens and closes, and what the candidate did.

    `candidate` and `candidate_name` are null once the candidate has been erased. `resume_text` and `coding_language`
    are empty if there is none.
    """

    id: SessionId
    schedule: ScheduleId
    interview: InterviewId
    round: Annotated[int, Meta(examples=[1])]
    candidate: CandidateId | None
    candidate_name: Annotated[str | None, Meta(examples=["Asha Rao"])]
    time_zone: Annotated[str | None, Meta(examples=["Asia/Kolkata"])]
    locale: Annotated[str | None, Meta(examples=["en-IN"])]
    resume_text: Annotated[str, Meta(examples=["Ten years of operating PostgreSQL."])]
    job: JobId
    job_title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    coding_language: Annotated[str, Meta(examples=["python"])]
    state: Annotated[SessionState, Meta(examples=["entered"])]
    key_version: Annotated[int, Meta(examples=[1])]
    opens_at: OpensAt
    closes_at: ClosesAt
    device_check: DeviceCheckDetails | None
    earlier_device_checks: Annotated[list[DeviceCheckDetails], Meta(examples=[[]])]
    late_request: Annotated[LateRequestDetails | None, Meta(examples=[None])]
    earlier_late_requests: Annotated[list[LateRequestDetails], Meta(examples=[[]])]
    entered_at: StartsAt | None
    left_at: Time | None
    revoked_at: Time | None


@get("/{session_id:uuid}/", opt=READS)
async def get_session(request: AnyRequest, session_id: FromPath[UUID]) -> SessionDetails:
    """Get a session with its candidate, job and languages."""
    async with db.snapshot():
        return await details_of(context_of(request), session_id)


async def details_of(context: ResponseContext, session_id: UUID) -> SessionDetails:
    """Return a session as this API shows it; raises NotFound. Call it in a snapshot."""
    visit = await sessions.visit(session_id)
    interview = await interviews.find(visit.interview_id)
    person = None if visit.is_erased else await candidates.find(interview.candidate)
    details = SessionDetails(
        id=visit.session_id,
        schedule=visit.schedule_id,
        interview=visit.interview_id,
        round=interview.round,
        candidate=person.id if person else None,
        candidate_name=person.full_name if person else None,
        time_zone=visit.time_zone,
        locale=visit.locale,
        resume_text=person.resume_text if person else "",
        job=interview.job,
        job_title=visit.job_title,
        company=visit.company,
        coding_language=visit.coding_language,
        state=visit.state,
        key_version=visit.key_version,
        opens_at=visit.opens_at,
        closes_at=visit.closes_at,
        device_check=device_check_of(context, visit.device_check),
        earlier_device_checks=[
            one for check in visit.earlier_device_checks if (one := device_check_of(context, check))
        ],
        late_request=late_request_of(context, visit.current_late_request_at),
        earlier_late_requests=[LateRequestDetails(asked_at=one) for one in visit.former_late_requests],
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        revoked_at=visit.revoked_at,
    )
    return context.localized(details)


@post("/{session_id:uuid}/reissue/", status_code=200, opt=INVITES_AGAIN)
async def reissue_session(
    request: AnyRequest,
    session_id: FromPath[UUID],
    data: JSONBody[EmptyBody | None] = None,  # noqa: ARG001 (checked: it has no fields)
) -> ScheduleResponse:
    """Replace the candidate's link with a new one, and send a new invitation. Returns the booking."""
    context = context_of(request)
    await links.reissue(session_id, by=actor_of(request), outbox=context.outbox)
    context.wakeups.send_soon()
    return await _booking_of(request, session_id)


@post(
    "/{session_id:uuid}/revoke/",
    status_code=200,
    opt=UNDOES | refuses(errors.ScheduleCancelled, errors.InterviewInProgress, errors.InterviewClosed),
)
async def revoke_session(
    request: AnyRequest,
    session_id: FromPath[UUID],
    data: JSONBody[EmptyBody | None] = None,  # noqa: ARG001 (as above)
) -> ScheduleResponse:
    """Revoke the candidate's link. Nobody is notified, and the booking stays. Repeating it changes nothing."""
    await links.revoke(session_id, by=actor_of(request))
    return await _booking_of(request, session_id)


async def _booking_of(request: AnyRequest, session_id: UUID) -> ScheduleResponse:
    return await response_of(request, (await sessions.visit(session_id)).schedule_id)


router = Router(
    "/interviews/sessions", route_handlers=[get_session, reissue_session, revoke_session], tags=["sessions"]
)
