"""`/api/interviews/`: interviews of candidates for jobs, and, once booked, their links and invitations."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from hireloop import db, errors
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import refuses
from hireloop.api.http import etags
from hireloop.api.http.created import created_response
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.api.schedules import CANCELS, CancelFields
from hireloop.examples import CandidateId, EndsAt, InterviewId, JobId, PortalUrl, RecordedAt, SessionKey, StartsAt
from hireloop.scheduling import fields, interviews, patches
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.interviews import InterviewChanges, InterviewDetails, InterviewFilter
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.tables import InterviewState
from hireloop.web.bookings.response import InvitationResponse, ScheduleResponse, responses_of
from hireloop.web.context import AnyRequest, context_of


class InterviewFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new interview. `candidate` and `job` are either IDs, or objects to create in the same request."""

    candidate: UUID | CandidateFields
    job: UUID | JobFields
    round: fields.Round = 1


class InterviewPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to an interview. Fields that are left out keep their value."""

    candidate: UUID | msgspec.UnsetType = msgspec.UNSET
    job: UUID | msgspec.UnsetType = msgspec.UNSET
    round: Annotated[fields.Round | msgspec.UnsetType, Meta(examples=[2])] = msgspec.UNSET
    started_at: Any = msgspec.UNSET
    ended_at: Any = msgspec.UNSET
    slot: Any = msgspec.UNSET
    schedule: Any = msgspec.UNSET


class InterviewFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an interview without its booking."""

    id: InterviewId
    candidate: CandidateId | None
    job: JobId
    round: Annotated[int, Meta(examples=[1])]
    state: Annotated[InterviewState, Meta(examples=["scheduled"])]
    started_at: StartsAt | None
    ended_at: EndsAt | None
    created_at: RecordedAt


class InterviewResponse(InterviewFacts, frozen=True, kw_only=True):
    """An interview. Once it is booked, `started_at` and `ended_at` are the times of its slot.

    `candidate` is null once the candidate has been erased.
    """

    session_key: SessionKey | None
    portal_url: PortalUrl | None
    schedule: ScheduleResponse | None
    invitation: InvitationResponse | None


async def _responses(request: AnyRequest, rows: list[InterviewDetails]) -> list[InterviewResponse]:
    live = await bookings.find_live([row.id for row in rows])
    booked = {one.interview: one for one in await responses_of(request, list(live.values()))}
    erased = await candidates.erased_among({row.candidate for row in rows}) if rows else set()
    responses = [_response(request, row, booked.get(row.id)) for row in rows]
    return [
        msgspec.structs.replace(one, candidate=None) if row.candidate in erased else one
        for row, one in zip(rows, responses, strict=True)
    ]


def _response(request: AnyRequest, row: InterviewDetails, schedule: ScheduleResponse | None) -> InterviewResponse:
    context = context_of(request)
    return InterviewResponse(
        **msgspec.structs.asdict(context.localized(row)),
        session_key=schedule.session.session_key if schedule else None,
        portal_url=schedule.session.portal_url if schedule else None,
        schedule=schedule,
        invitation=schedule.invitation if schedule else None,
    )


@post("/", opt=SCHEDULES | refuses(errors.DiffersFromKnown))
async def create_interview(request: AnyRequest, data: JSONBody[InterviewFields]) -> Response[InterviewResponse]:
    """Create an interview, and its candidate and job if they are sent as objects and do not exist yet."""
    row = await interviews.create(data.candidate, data.job, by=actor_of(request), round_number=data.round)
    return created_response("/api/interviews/", _response(request, row, None))


@get("/", opt=READS)
async def list_interviews(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    state_: Annotated[InterviewState | None, QueryParameter(name="state")] = None,
    candidate: FromQuery[UUID | None] = None,
    job: FromQuery[UUID | None] = None,
    from_: Annotated[fields.Moment | None, QueryParameter(name="from")] = None,
    to: Annotated[fields.Moment | None, QueryParameter(name="to")] = None,
) -> Page[InterviewResponse]:
    """List interviews, newest first, by state, candidate or job; with `from` or `to`, latest start first."""
    fields.check_comparable(**{"from": from_, "to": to})
    only = InterviewFilter(state=state_, candidate=candidate, job=job, starts_from=from_, starts_before=to)
    async with db.snapshot():
        rows = await interviews.page(only, limit=limit + 1, after=after)
        shown = {one.id: one for one in await _responses(request, rows[:limit])}
    return page_of(rows, limit=limit, view=lambda row: shown[row.id])


@get("/{interview_id:uuid}/", opt=READS)
async def get_interview(request: AnyRequest, interview_id: FromPath[UUID]) -> InterviewResponse:
    """Get an interview with its booking, its link and the state of its invitation."""
    return (await _responses(request, [await interviews.find(interview_id)]))[0]


@patch(
    "/{interview_id:uuid}/",
    opt=SCHEDULES
    | refuses(
        errors.InterviewAlreadyScheduled,
        errors.InterviewInProgress,
        errors.InterviewClosed,
        errors.UseReschedule,
        errors.ChangedSince,
    ),
)
async def change_interview(
    request: AnyRequest, interview_id: FromPath[UUID], data: JSONBody[InterviewPatch]
) -> InterviewResponse:
    """Change an interview. Once it has been booked, its candidate and job are fixed, and rescheduling moves it."""
    given = patches.given(data)
    set_by_booking = [name for name in given if name not in InterviewChanges.__struct_fields__]

    async def check(known: InterviewDetails) -> None:
        etags.check_if_match(request, (await _responses(request, [known]))[0])
        if set_by_booking:
            raise _refusal_of_times(known.state, set_by_booking[0])

    changes = InterviewChanges(**{name: value for name, value in given.items() if name not in set_by_booking})
    known = await interviews.change(interview_id, changes, by=actor_of(request), check=check)
    return (await _responses(request, [known]))[0]


def _refusal_of_times(state: InterviewState, field: str) -> errors.HireLoopError:
    """Return the error for a PATCH of a field that only a booking sets."""
    if state in {InterviewState.SCHEDULED, InterviewState.NO_SHOW}:  # one that was missed can be moved, too
        return errors.UseReschedule()
    if state is InterviewState.IN_PROGRESS:
        return errors.InterviewInProgress()
    if state is InterviewState.OPEN:
        fix = "can only be set by booking: POST to /api/interviews/slots/{id}/book_slot/"
        return errors.BadInput(field, fix)
    return errors.InterviewClosed()


@post("/{interview_id:uuid}/cancel/", status_code=200, opt=CANCELS)
async def cancel_interview(
    request: AnyRequest, interview_id: FromPath[UUID], data: JSONBody[CancelFields | None] = None
) -> InterviewResponse:
    """Cancel an interview and its booking, and notify a candidate who was invited. Repeating it changes nothing."""
    reason = data.reason if data else ""
    context = context_of(request)
    if await interviews.cancel(interview_id, by=actor_of(request), reason=reason, outbox=context.outbox):
        context.wakeups.send_soon()
    return (await _responses(request, [await interviews.find(interview_id)]))[0]


router = Router(
    "/interviews",
    route_handlers=[create_interview, list_interviews, get_interview, change_interview, cancel_interview],
    tags=["interviews"],
)
