"""The page from which everything new is created, in the order in which one needs it."""

from litestar import Response

from hireloop import db
from hireloop.console import render
from hireloop.console.planning import pages
from hireloop.scheduling.bookings.lists import unbooked
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateFilter
from hireloop.scheduling.people.jobs import JobFilter
from hireloop.web.context import AnyRequest


async def page(request: AnyRequest) -> Response[bytes]:
    """Show what can be created, and what has to come first."""
    async with db.snapshot():
        has_candidate = bool(await candidates.page(CandidateFilter(), limit=1, after=None))
        has_job = bool(await jobs.page(JobFilter(), limit=1, after=None))
        has_interview = bool(await unbooked.page(beginning=None, limit=1))
    return render.show(
        request,
        "planning/start",
        here=pages.HERE,
        has_candidate=has_candidate,
        has_job=has_job,
        has_interview=has_interview,
    )
