"""What a form offers to choose from: the newest, what was looked for, and what is chosen already."""

from contextlib import suppress
from uuid import UUID

import msgspec

from hireloop import errors
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateDetails, CandidateFilter
from hireloop.scheduling.people.jobs import JobDetails, JobFilter

_PEOPLE, _JOBS = 20, 200


class CandidateChoices(msgspec.Struct, frozen=True, kw_only=True):
    """Candidates to choose from, the chosen one first."""

    found: list[CandidateDetails]
    has_more: bool


async def candidates_to_choose(beginning: str, *, chosen: str) -> CandidateChoices:
    """Return the newest candidates whose name or address begins so, and the chosen one before them."""
    rows = await candidates.page(CandidateFilter(beginning=beginning or None), limit=_PEOPLE + 1, after=None)
    found, ident = rows[:_PEOPLE], _ident(chosen)
    if ident is not None:
        with suppress(errors.NotFound):
            first = await candidates.find(ident)
            found = [first, *(one for one in found if one.id != ident)]
    return CandidateChoices(found=found, has_more=len(rows) > _PEOPLE)


async def jobs_to_choose(*, chosen: str) -> list[JobDetails]:
    """Return the newest jobs, by title, and the chosen one among them however old it is."""
    found = await jobs.page(JobFilter(), limit=_JOBS, after=None)
    ident = _ident(chosen)
    if ident is not None and ident not in {one.id for one in found}:
        with suppress(errors.NotFound):
            found = [*found, await jobs.find(ident)]
    return sorted(found, key=lambda one: (one.title.casefold(), one.company.casefold()))


def _ident(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
