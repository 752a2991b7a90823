"""`/api/jobs/`: the jobs that candidates are interviewed for."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from hireloop import db, errors
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import again, refuses
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobChanges, JobDetails, JobFilter, NewJob
from hireloop.web import fields
from hireloop.web.context import AnyRequest, context_of

Questions = Annotated[list[fields.Notes], Meta(max_length=100)]


class JobFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new job."""

    title: Annotated[fields.Name, Meta(examples=["Platform Engineer"])]
    company: Annotated[fields.Name, Meta(examples=["Acme"])]
    description: fields.Text | UnsetType = UNSET
    coding_language: fields.Notes | UnsetType = UNSET
    recruiter_email: Annotated[fields.Address, Meta(examples=["recruiter@acme.example"])] | UnsetType | None = UNSET
    questions: Questions | UnsetType = UNSET

    def new(self, *, within: str = "") -> NewJob:
        """Return it for scheduling; raises BadInput for what is no address.

        `within` is the path of this object in the request, such as `job.`.
        """
        return NewJob(**_normal(self, within=within))


class JobPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a job. Fields that are left out keep their value; null clears a field that may be empty."""

    title: fields.Name | UnsetType = UNSET
    company: fields.Name | UnsetType = UNSET
    description: fields.Text | UnsetType = UNSET
    coding_language: Annotated[fields.Notes | UnsetType, Meta(examples=["python"])] = UNSET
    recruiter_email: Annotated[fields.Address | UnsetType | None, Meta(examples=[None])] = UNSET
    questions: Questions | UnsetType = UNSET


def _normal(job: JobFields | JobPatch, *, within: str = "") -> dict[str, Any]:
    """Return the fields by name, the address as it is stored; raises BadInput for what is no address."""
    return msgspec.structs.asdict(job) | fields.addresses(within=within, recruiter_email=job.recruiter_email)


@post("/", opt=SCHEDULES | refuses(errors.DiffersFromKnown) | again("This job already exists."))
async def create_job(request: AnyRequest, data: JSONBody[JobFields]) -> Response[JobDetails]:
    """Create a job. Returns 201, or 200 with the existing job if it already exists."""
    known, created = await jobs.create(data.new(), by=actor_of(request))
    return Response(
        context_of(request).localized(known),
        status_code=201 if created else 200,
        headers={"Location": f"/api/jobs/{known.id}/"},
    )


@get("/", opt=READS)
async def list_jobs(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    title: FromQuery[str | None] = None,
    company: FromQuery[str | None] = None,
) -> Page[JobDetails]:
    """List jobs, newest first, filtered by title or company, ignoring case."""
    async with db.snapshot():
        rows = await jobs.page(JobFilter(title=title, company=company), limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=context_of(request).localized)


@get("/{job_id:uuid}/", opt=READS)
async def get_job(request: AnyRequest, job_id: FromPath[UUID]) -> JobDetails:
    """Get a job."""
    return context_of(request).localized(await jobs.find(job_id))


@patch("/{job_id:uuid}/", opt=SCHEDULES | refuses(errors.JobTaken, errors.ChangedSince))
async def change_job(request: AnyRequest, job_id: FromPath[UUID], data: JSONBody[JobPatch]) -> JobDetails:
    """Change a job. Nothing is sent."""
    changes = JobChanges(**_normal(data))
    changed = await jobs.change(job_id, changes, by=actor_of(request), check=unchanged_since(request))
    return context_of(request).localized(changed)


router = Router("/jobs", route_handlers=[create_job, list_jobs, get_job, change_job], tags=["jobs"])
