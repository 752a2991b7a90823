"""Jobs: a title at a company is one opening, letter case aside."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling.candidates import refuse_differences
from hireloop.scheduling.tables import Job


class NewJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a job before it is stored; UNSET fields were not given."""

    title: str
    company: str
    description: str | msgspec.UnsetType = msgspec.UNSET
    coding_language: str | msgspec.UnsetType = msgspec.UNSET
    recruiter_email: str | msgspec.UnsetType | None = msgspec.UNSET
    questions: list[str] | msgspec.UnsetType = msgspec.UNSET


class KnownJob(msgspec.Struct, frozen=True, kw_only=True):
    """A stored job."""

    id: UUID
    title: str
    company: str
    description: str
    coding_language: str
    recruiter_email: str | None
    questions: list[str]
    created_at: datetime


async def create(new: NewJob) -> tuple[KnownJob, bool]:
    """Store a job and return it and True, or return the known one of this title and company and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given = {name: value for name, value in msgspec.structs.asdict(new).items() if value is not msgspec.UNSET}
    row = await db.fetch_row(
        """
        INSERT INTO job (id, title, company, description, coding_language, recruiter_email, questions)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lower(title), lower(company)) DO NOTHING RETURNING *
        """,
        db.new_id(),
        new.title,
        new.company,
        given.get("description", ""),
        given.get("coding_language", ""),
        given.get("recruiter_email"),
        given.get("questions", []),
    )
    if row is not None:
        return msgspec.convert(dict(row), KnownJob), True
    row = await db.fetch_row(
        "SELECT * FROM job WHERE lower(title) = lower($1) AND lower(company) = lower($2)", new.title, new.company
    )
    if row is None:
        raise errors.NotFound("job", "of this title and company")
    known = msgspec.convert(dict(row), KnownJob)
    refuse_differences("job", given, known, letter_case_aside={"title", "company"})
    return known, False


async def find(job_id: UUID) -> KnownJob:
    """Return one job; raises NotFound."""
    row = await Job.select().where(Job.id == job_id).first()
    if row is None:
        raise errors.NotFound("job", job_id)
    return msgspec.convert(row, KnownJob)


async def page(*, limit: int, after: UUID | None) -> list[KnownJob]:
    """Return at most `limit` jobs stored before the one called `after`, newest first."""
    query = Job.select().order_by(Job.id, ascending=False).limit(limit)
    rows = await (query.where(Job.id < after) if after else query)
    return msgspec.convert(rows, list[KnownJob])
