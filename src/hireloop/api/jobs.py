"""`/api/jobs/`: the openings that candidates are interviewed for."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, JSONBody

from hireloop.api import fields
from hireloop.api.auth import READS, SCHEDULES
from hireloop.api.door import Door, door_of
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import jobs
from hireloop.scheduling.jobs import KnownJob, NewJob


class JobFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job as a frontend sends it."""

    title: fields.Name
    company: fields.Name
    description: fields.Text | msgspec.UnsetType = msgspec.UNSET
    coding_language: fields.Notes | msgspec.UnsetType = msgspec.UNSET
    recruiter_email: fields.Address | msgspec.UnsetType | None = msgspec.UNSET
    questions: Annotated[list[fields.Notes], msgspec.Meta(max_length=100)] | msgspec.UnsetType = msgspec.UNSET

    def new(self, *, within: str = "") -> NewJob:
        """Return it for scheduling; raises BadInput for a character that cannot be stored.

        `within` is the path of this object in the request, such as `job.`.
        """
        given = msgspec.structs.asdict(self)
        fields.check_storable(within=within, **given)
        for question in self.questions or ():
            fields.check_storable(within=within, questions=question)
        return NewJob(**given)


def _view(door: Door, known: KnownJob) -> KnownJob:
    return msgspec.structs.replace(known, created_at=door.local(known.created_at))


@post("/", opt=SCHEDULES)
async def create_job(request: Request[Any, Any, Any], data: JSONBody[JobFields]) -> Response[KnownJob]:
    """Store a job: 201, or 200 with the known one where this very job is known already."""
    known, created = await jobs.create(data.new())
    return Response(
        _view(door_of(request), known),
        status_code=201 if created else 200,
        headers={"Location": f"/api/jobs/{known.id}/"},
    )


@get("/", opt=READS)
async def list_jobs(
    request: Request[Any, Any, Any], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> Page[KnownJob]:
    """List jobs, newest first."""
    rows = await jobs.page(limit=limit + 1, after=after)
    door = door_of(request)
    return page_of(rows, limit=limit, ident=lambda row: row.id, view=lambda row: _view(door, row))


@get("/{job_id:uuid}/", opt=READS)
async def get_job(request: Request[Any, Any, Any], job_id: FromPath[UUID]) -> KnownJob:
    """Show one job."""
    return _view(door_of(request), await jobs.find(job_id))


router = Router("/jobs", route_handlers=[create_job, list_jobs, get_job], tags=["jobs"])
