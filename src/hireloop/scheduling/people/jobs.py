"""Jobs: each is identified by its title and company, ignoring case."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from piccolo.query.functions import Lower

from hireloop import db, errors
from hireloop.examples import JobId, RecordedAt
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people.candidates import refuse_differences
from hireloop.scheduling.tables import Job
from hireloop.statements import Statement


class NewJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a job before it is stored; UNSET fields were not given."""

    title: str
    company: str
    description: str | msgspec.UnsetType = msgspec.UNSET
    coding_language: str | msgspec.UnsetType = msgspec.UNSET
    recruiter_email: str | msgspec.UnsetType | None = msgspec.UNSET
    questions: list[str] | msgspec.UnsetType = msgspec.UNSET


class JobChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be otherwise about a job; UNSET fields stay as they are."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    company: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    coding_language: str | msgspec.UnsetType = msgspec.UNSET
    recruiter_email: str | msgspec.UnsetType | None = msgspec.UNSET
    questions: list[str] | msgspec.UnsetType = msgspec.UNSET


class JobDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A job."""

    id: JobId
    title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    description: Annotated[str, Meta(examples=["Keeps what others build on."])]
    coding_language: Annotated[str, Meta(examples=["python"])]
    recruiter_email: Annotated[str | None, Meta(examples=["recruiter@acme.example"])]
    questions: Annotated[list[str], Meta(examples=[["Which outage taught you most?"]])]
    created_at: RecordedAt


async def create(new: NewJob, *, by: Actor) -> tuple[JobDetails, bool]:
    """Store a job and return it and True, or return the known one of this title and company and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given = patches.given(new)
    row = await _insert(given, by)
    if row is not None:
        return msgspec.convert(row, JobDetails), True
    row = (
        await Job.select().where(Lower(Job.title) == Lower(new.title), Lower(Job.company) == Lower(new.company)).first()
    )
    if row is None:  # renamed between the two statements
        raise errors.NotFound("job", "of this title and company")
    known = msgspec.convert(row, JobDetails)
    refuse_differences("job", given, known, letter_case_aside={"title", "company"})
    return known, False


@db.transactional
async def _insert(given: dict[str, Any], by: Actor) -> dict[str, Any] | None:
    """Store a job, or none where there is one of that title and company, and return its row."""
    row = Job(**given)
    created = await Job.insert(row).on_conflict(action="DO NOTHING").returning(*Job.all_columns())
    if not created:
        return None
    await audit.record(NewAuditEntry(action=Action.JOB_CREATED, subject=row.id, by=by))
    return created[0]


@db.transactional
async def change(
    job_id: UUID, changes: JobChanges, *, by: Actor, check: Check[JobDetails] = patches.anything_goes
) -> JobDetails:
    """Change the given fields of a job. Nobody is notified, and messages that were sent stay as they are.

    One transaction, in which `check` may refuse it. What says the same as before is no change. Raises NotFound, and
    JobTaken where another job has that title and company.
    """
    row = await Job.select().where(Job.id == job_id).lock_rows("NO KEY UPDATE").first()
    if row is None:
        raise errors.NotFound("job", job_id)
    known = msgspec.convert(row, JobDetails)
    await check(known)
    changed = patches.changed(known, changes)
    if not changed:
        return known
    details = {"fields": list(changed)}
    await audit.record(NewAuditEntry(action=Action.JOB_CHANGED, subject=job_id, by=by, details=details))
    await Job.update(**changed).where(Job.id == job_id)
    return msgspec.structs.replace(known, **changed)


async def find(job_id: UUID) -> JobDetails:
    """Return one job; raises NotFound."""
    row = await Job.select().where(Job.id == job_id).first()
    if row is None:
        raise errors.NotFound("job", job_id)
    return msgspec.convert(row, JobDetails)


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list, ignoring case; None does not filter."""

    title: str | None = None
    company: str | None = None


# Jobs, newest first: of one title, of one company.
_PAGE = Statement("""
    SELECT * FROM job
    WHERE (:title::text IS NULL OR lower(title) = lower(:title))
      AND (:company::text IS NULL OR lower(company) = lower(:company)) AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")


async def page(only: JobFilter, *, limit: int, after: UUID | None) -> list[JobDetails]:
    """Return at most `limit` jobs stored before the one called `after`, newest first."""
    rows = await _PAGE.rows(title=only.title, company=only.company, after=after, limit=limit)
    return [msgspec.convert(dict(row), JobDetails) for row in rows]
