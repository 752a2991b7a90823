"""Jobs: each is identified by its title and company, ignoring case."""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people.candidates import refuse_differences


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

    id: UUID
    title: str
    company: str
    description: str
    coding_language: str
    recruiter_email: str | None
    questions: list[str]
    created_at: datetime


_CREATE = f"""
    WITH created AS (
        INSERT INTO job (id, title, company, description, coding_language, recruiter_email, questions)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lower(title), lower(company)) DO NOTHING RETURNING *
    ), audited AS (
        {audit.fragment(source="created", first_placeholder=8)}
    )
    SELECT * FROM created
"""  # noqa: S608 (our own names)


async def create(new: NewJob, *, by: Actor) -> tuple[JobDetails, bool]:
    """Store a job and return it and True, or return the known one of this title and company and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given, ident = patches.given(new), db.new_id()
    row = await db.fetch_row(
        _CREATE,
        ident,
        new.title,
        new.company,
        given.get("description", ""),
        given.get("coding_language", ""),
        given.get("recruiter_email"),
        given.get("questions", []),
        *audit.arguments(NewAuditEntry(action=Action.JOB_CREATED, subject=ident, by=by)),
    )
    if row is not None:
        return msgspec.convert(dict(row), JobDetails), True
    row = await db.fetch_row(
        "SELECT * FROM job WHERE lower(title) = lower($1) AND lower(company) = lower($2)", new.title, new.company
    )
    if row is None:  # renamed between the two statements
        raise errors.NotFound("job", "of this title and company")
    known = msgspec.convert(dict(row), JobDetails)
    refuse_differences("job", given, known, letter_case_aside={"title", "company"})
    return known, False


async def change(
    job_id: UUID, changes: JobChanges, *, by: Actor, check: Check[JobDetails] = patches.anything_goes
) -> JobDetails:
    """Change the given fields of a job. Nobody is notified, and messages that were sent stay as they are.

    One transaction, in which `check` may refuse it. What says the same as before is no change. Raises NotFound, and
    JobTaken where another job has that title and company.
    """

    async def work() -> JobDetails:
        async with db.DB.transaction():
            row = await db.fetch_row("SELECT * FROM job WHERE id = $1 FOR NO KEY UPDATE", job_id)
            if row is None:
                raise errors.NotFound("job", job_id)
            known = msgspec.convert(dict(row), JobDetails)
            await check(known)
            changed = patches.changed(known, changes)
            if not changed:
                return known
            details = {"fields": list(changed)}
            await audit.record(NewAuditEntry(action=Action.JOB_CHANGED, subject=job_id, by=by, details=details))
            return await _write(msgspec.structs.replace(known, **changed))

    return await db.retried(work)


async def _write(known: JobDetails) -> JobDetails:
    await db.fetch(
        """
        UPDATE job SET title = $2, company = $3, description = $4, coding_language = $5, recruiter_email = $6,
            questions = $7
        WHERE id = $1
        """,
        known.id,
        known.title,
        known.company,
        known.description,
        known.coding_language,
        known.recruiter_email,
        known.questions,
    )
    return known


async def find(job_id: UUID) -> JobDetails:
    """Return one job; raises NotFound."""
    row = await db.fetch_row("SELECT * FROM job WHERE id = $1", job_id)
    if row is None:
        raise errors.NotFound("job", job_id)
    return msgspec.convert(dict(row), JobDetails)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list, ignoring case; None does not filter."""

    title: str | None = None
    company: str | None = None


async def page(wanted: Wanted | None = None, *, limit: int, after: UUID | None) -> list[JobDetails]:
    """Return at most `limit` jobs stored before the one called `after`, newest first."""
    wanted = wanted or Wanted()
    rows = await db.fetch(
        """
        SELECT * FROM job
        WHERE ($1::text IS NULL OR lower(title) = lower($1)) AND ($2::text IS NULL OR lower(company) = lower($2))
          AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        """,
        wanted.title,
        wanted.company,
        after,
        limit,
    )
    return [msgspec.convert(dict(row), JobDetails) for row in rows]
