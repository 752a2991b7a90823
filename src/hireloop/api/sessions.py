"""`/api/interviews/sessions/`: the candidate's access to a booked interview, and its link."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import READS, SCHEDULES, UNDOES, actor_of
from hireloop.api.documented import refuses
from hireloop.examples import ClosesAt, InterviewId, OpensAt, ScheduleId, SessionId, StartsAt, Time
from hireloop.scheduling.sessions import links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.web.booking_response import ScheduleResponse, response_of
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.json_bodies import EmptyBody

INVITES_AGAIN = SCHEDULES | refuses(
    errors.ScheduleCancelled,
    errors.InterviewInProgress,
    errors.InterviewClosed,
    errors.SlotPast,
    errors.TooManyMessages,
    errors.TooManyReinvitations,
)


class DeviceCheckDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the candidate's browser last said of its camera and microphone, and when: `ok`, or what failed."""

    camera: Annotated[str, Meta(examples=["ok"])]
    microphone: Annotated[str, Meta(examples=["ok"])]
    checked_at: StartsAt


class SessionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A session: when its link opens and closes, the device check, and when the candidate entered and left."""

    id: SessionId
    schedule: ScheduleId
    interview: InterviewId
    state: Annotated[SessionState, Meta(examples=["entered"])]
    key_version: Annotated[int, Meta(examples=[1])]
    opens_at: OpensAt
    closes_at: ClosesAt
    device_check: DeviceCheckDetails | None
    entered_at: StartsAt | None
    left_at: Time | None
    revoked_at: Time | None


@get("/{session_id:uuid}/", opt=READS)
async def get_session(request: AnyRequest, session_id: FromPath[UUID]) -> SessionDetails:
    """Get a session."""
    visit = await sessions.visit(session_id)
    details = SessionDetails(
        id=visit.session_id,
        schedule=visit.schedule_id,
        interview=visit.interview_id,
        state=visit.state,
        key_version=visit.key_version,
        opens_at=visit.opens_at,
        closes_at=visit.closes_at,
        device_check=msgspec.convert(visit.device_check, DeviceCheckDetails | None),
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        revoked_at=visit.revoked_at,
    )
    return context_of(request).localized(details)


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
