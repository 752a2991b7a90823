"""Jobs: each is identified by its title and company, ignoring case."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from piccolo.query.functions import Lower

from hireloop import db, errors
from hireloop.examples import JobId, RecordedAt
from hireloop.scheduling import audit, fields, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people.candidates import refuse_differences
from hireloop.scheduling.tables import Job
from hireloop.statements import Statement

_Questions = Annotated[list[fields.Notes], Meta(max_length=100)]


class JobFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new job. If `names_interviewer` is true, its candidates are told the name of their slot's interviewer."""

    title: Annotated[fields.Name, Meta(examples=["Platform Engineer"])]
    company: Annotated[fields.Name, Meta(examples=["Acme"])]
    description: fields.Text | UnsetType = UNSET
    coding_language: fields.CodingLanguage | UnsetType = UNSET
    recruiter_email: Annotated[fields.Address, Meta(examples=["recruiter@acme.example"])] | UnsetType | None = UNSET
    questions: _Questions | UnsetType = UNSET
    names_interviewer: Annotated[bool | UnsetType, Meta(examples=[True])] = UNSET


class JobPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a job. Fields that are left out keep their value; null clears a field that may be empty."""

    title: fields.Name | UnsetType = UNSET
    company: fields.Name | UnsetType = UNSET
    description: fields.Text | UnsetType = UNSET
    coding_language: Annotated[fields.CodingLanguage | UnsetType, Meta(examples=["python"])] = UNSET
    recruiter_email: Annotated[fields.Address | UnsetType | None, Meta(examples=[None])] = UNSET
    questions: _Questions | UnsetType = UNSET
    names_interviewer: Annotated[bool | UnsetType, Meta(examples=[True])] = UNSET


class JobDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A job. If `names_interviewer` is true, its candidates are told the name of their slot's interviewer."""

    id: JobId
    title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    description: Annotated[str, Meta(examples=["Runs the platform that other teams build on."])]
    coding_language: Annotated[str, Meta(examples=["python"])]
    recruiter_email: Annotated[str | None, Meta(examples=["recruiter@acme.example"])]
    questions: Annotated[list[str], Meta(examples=[["Which outage taught you most?"]])]
    names_interviewer: Annotated[bool, Meta(examples=[False])]
    created_at: RecordedAt


async def create(
    new: JobFields, *, by: Actor, within: str = "", now: datetime | None = None
) -> tuple[JobDetails, bool]:
    """Store a job and return it and True, or return the known one of this title and company and False.

    `within` is the path of this object in the request, such as `job.`. Raises BadInput, and DiffersFromKnown if a field
    differs from what is stored.
    """
    known = await _called(new.title, new.company)
    given = patches.given(fields.spelt(new, within=within, known=known))
    if known is not None:
        refuse_differences("job", given, known, but_for={"title", "company"})
        return known, False
    row = await _insert(given, by, now)
    if row is None:  # somebody else has stored it meanwhile
        return await create(new, by=by, within=within, now=now)
    return msgspec.convert(row, JobDetails), True


async def _called(title: str, company: str) -> JobDetails | None:
    if "\x00" in title + company:
        return None
    row = await Job.select().where(Job.title_lower == Lower(title), Job.company_lower == Lower(company)).first()
    return None if row is None else msgspec.convert(row, JobDetails)


@db.transactional
async def _insert(given: dict[str, Any], by: Actor, now: datetime | None) -> dict[str, Any] | None:
    """Store a job and return its row, or None if there is one of that title and company."""
    row = Job(**given, created_at=db.sql_now(now))
    created = await Job.insert(row).on_conflict(action="DO NOTHING").returning(*Job.all_columns())
    if not created:
        return None
    await audit.record(NewAuditEntry(action=Action.JOB_CREATED, subject=row.id, by=by), at=now)
    return created[0]


@db.transactional
async def change(
    job_id: UUID,
    changes: JobPatch,
    *,
    by: Actor,
    check: Check[JobDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> JobDetails:
    """Change the given fields of a job. Nobody is notified, and messages that were sent stay as they are.

    One transaction, in which `check` may refuse it. A value that stays the same is no change. Raises NotFound,
    BadInput, and JobTaken if another job has that title and company.
    """
    locked = Job.select().where(Job.id == job_id).lock_rows("NO KEY UPDATE")
    known = await db.one(locked, JobDetails, errors.NotFound("job", job_id))
    spelt = fields.spelt(changes, known=known)
    await check(known)
    changed = patches.changed(known, spelt)
    if not changed:
        return known
    details = {"fields": sorted(changed)}
    await audit.record(NewAuditEntry(action=Action.JOB_CHANGED, subject=job_id, by=by, details=details), at=now)
    await Job.update(**changed).where(Job.id == job_id)
    return msgspec.structs.replace(known, **changed)


async def find(job_id: UUID) -> JobDetails:
    """Return one job; raises NotFound."""
    return await db.one(Job.select().where(Job.id == job_id), JobDetails, errors.NotFound("job", job_id))


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list, ignoring case; None does not filter."""

    title: str | None = None
    company: str | None = None


# Jobs, newest first: of one title, of one company.
_PAGE = Statement("""
    SELECT * FROM job
    WHERE (:title::text IS NULL OR title_lower = lower(:title))
      AND (:company::text IS NULL OR company_lower = lower(:company)) AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")


async def page(only: JobFilter, *, limit: int, after: UUID | None) -> list[JobDetails]:
    """Return at most `limit` jobs stored before the one called `after`, newest first."""
    return await _PAGE.structs(JobDetails, title=only.title, company=only.company, after=after, limit=limit)
