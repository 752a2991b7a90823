"""Interviews: a candidate and a job that are to meet."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling import candidates, jobs
from hireloop.scheduling.candidates import NewCandidate
from hireloop.scheduling.jobs import NewJob
from hireloop.scheduling.tables import Interview, InterviewState


class KnownInterview(msgspec.Struct, frozen=True, kw_only=True):
    """A stored interview; its times are its slot's, once it is booked."""

    id: UUID
    candidate: UUID
    job: UUID
    round: int
    state: InterviewState
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


async def create(candidate: UUID | NewCandidate, job: UUID | NewJob, *, round_number: int = 1) -> KnownInterview:
    """Store an interview, and the candidate and the job too where they are new, all or nothing.

    Raises BadInput for an unknown id, DiffersFromKnown where a given candidate or job is known otherwise.
    """
    async with db.DB.transaction():
        candidate_id = await _candidate_id(candidate)
        job_id = await _job_id(job)
        row = await db.fetch_row(
            "INSERT INTO interview (id, candidate, job, round) VALUES ($1, $2, $3, $4) RETURNING *",
            db.new_id(),
            candidate_id,
            job_id,
            round_number,
        )
    return msgspec.convert(dict(row or {}), KnownInterview)


async def _candidate_id(candidate: UUID | NewCandidate) -> UUID:
    try:
        if isinstance(candidate, UUID):
            return (await candidates.find(candidate)).id
        known, _ = await candidates.create(candidate)
    except errors.NotFound as missing:
        raise errors.BadInput("candidate", str(missing)) from None
    return known.id


async def _job_id(job: UUID | NewJob) -> UUID:
    try:
        if isinstance(job, UUID):
            return (await jobs.find(job)).id
        known, _ = await jobs.create(job)
    except errors.NotFound as missing:
        raise errors.BadInput("job", str(missing)) from None
    return known.id


async def find(interview_id: UUID) -> KnownInterview:
    """Return one interview; raises NotFound."""
    row = await Interview.select().where(Interview.id == interview_id).first()
    if row is None:
        raise errors.NotFound("interview", interview_id)
    return msgspec.convert(row, KnownInterview)


async def page(*, limit: int, after: UUID | None) -> list[KnownInterview]:
    """Return at most `limit` interviews stored before the one called `after`, newest first."""
    query = Interview.select().order_by(Interview.id, ascending=False).limit(limit)
    rows = await (query.where(Interview.id < after) if after else query)
    return msgspec.convert(rows, list[KnownInterview])
