"""`/api/interviews/`: conversations to be had, and, once booked, their link and invitation."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, JSONBody

from hireloop.api import fields
from hireloop.api.auth import READS, SCHEDULES
from hireloop.api.booking_answer import InvitationAnswer, ScheduleAnswer, answer
from hireloop.api.candidates import CandidateFields
from hireloop.api.door import door_of
from hireloop.api.jobs import JobFields
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import bookings, interviews
from hireloop.scheduling.interviews import KnownInterview


class InterviewFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An interview as a frontend sends it: candidate and job by id, or as objects to create in the same call."""

    candidate: UUID | CandidateFields
    job: UUID | JobFields
    round: fields.Round = 1


class InterviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An interview; `started_at` and `ended_at` are its slot's times, once it is booked."""

    id: UUID
    candidate: UUID
    job: UUID
    round: int
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    session_key: str | None
    portal_url: str | None
    schedule: ScheduleAnswer | None
    invitation: InvitationAnswer | None


async def _answers(request: Request[Any, Any, Any], rows: list[KnownInterview]) -> list[InterviewAnswer]:
    live = await bookings.find_live([row.id for row in rows])
    booked = {one.interview: one for one in await answer(request, list(live.values()))}
    return [_answer(request, row, booked.get(row.id)) for row in rows]


def _answer(request: Request[Any, Any, Any], row: KnownInterview, schedule: ScheduleAnswer | None) -> InterviewAnswer:
    door = door_of(request)
    return InterviewAnswer(
        id=row.id,
        candidate=row.candidate,
        job=row.job,
        round=row.round,
        state=row.state.value,
        started_at=door.local_or_none(row.started_at),
        ended_at=door.local_or_none(row.ended_at),
        created_at=door.local(row.created_at),
        session_key=schedule.session.session_key if schedule else None,
        portal_url=schedule.session.portal_url if schedule else None,
        schedule=schedule,
        invitation=schedule.invitation if schedule else None,
    )


@post("/", opt=SCHEDULES)
async def create_interview(
    request: Request[Any, Any, Any], data: JSONBody[InterviewFields]
) -> Response[InterviewAnswer]:
    """Store an interview, and its candidate and job too where they are given as objects and new."""
    row = await interviews.create(
        data.candidate.new(within="candidate.") if isinstance(data.candidate, CandidateFields) else data.candidate,
        data.job.new(within="job.") if isinstance(data.job, JobFields) else data.job,
        round_number=data.round,
    )
    headers = {"Location": f"/api/interviews/{row.id}/"}
    return Response(_answer(request, row, None), status_code=201, headers=headers)


@get("/", opt=READS)
async def list_interviews(
    request: Request[Any, Any, Any], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> Page[InterviewAnswer]:
    """List interviews, newest first."""
    rows = await interviews.page(limit=limit + 1, after=after)
    shown = {one.id: one for one in await _answers(request, rows[:limit])}
    return page_of(rows, limit=limit, ident=lambda row: row.id, view=lambda row: shown[row.id])


@get("/{interview_id:uuid}/", opt=READS)
async def get_interview(request: Request[Any, Any, Any], interview_id: FromPath[UUID]) -> InterviewAnswer:
    """Show one interview with its booking, its link and where its invitation stands."""
    return (await _answers(request, [await interviews.find(interview_id)]))[0]


router = Router("/interviews", route_handlers=[create_interview, list_interviews, get_interview], tags=["interviews"])
