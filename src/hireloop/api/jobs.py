"""`/api/jobs/`: the jobs that candidates are interviewed for."""

from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from hireloop import db, errors
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import again, refuses
from hireloop.api.http.created import created_response
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobDetails, JobFields, JobFilter, JobPatch
from hireloop.web.context import AnyRequest, context_of


@post("/", opt=SCHEDULES | refuses(errors.DiffersFromKnown) | again("This job already exists."))
async def create_job(request: AnyRequest, data: JSONBody[JobFields]) -> Response[JobDetails]:
    """Create a job. Returns 201, or 200 with the existing job if it already exists."""
    known, created = await jobs.create(data, by=actor_of(request))
    return created_response("/api/jobs/", context_of(request).localized(known), created=created)


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
    changed = await jobs.change(job_id, data, by=actor_of(request), check=unchanged_since(request))
    return context_of(request).localized(changed)


router = Router("/jobs", route_handlers=[create_job, list_jobs, get_job, change_job], tags=["jobs"])
