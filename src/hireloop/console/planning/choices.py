"""What a form offers to choose from: the newest, what was looked for, and what is chosen already."""

from contextlib import suppress
from functools import cache

import msgspec
from babel import Locale

from hireloop import errors
from hireloop.console.planning.forms import Typed
from hireloop.scheduling.bookings.lists import search
from hireloop.scheduling.bookings.lists.search import ListedJobs
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails, CandidateFilter
from hireloop.web.forms import uuid_of

_PEOPLE = 20
# The languages that messages are written in, with the regions that most often write dates otherwise.
_LOCALES = ("de", "de-AT", "de-CH", "en", "en-GB", "en-IN", "en-US", "hi")


class CandidateChoices(msgspec.Struct, frozen=True, kw_only=True):
    """Candidates to choose from, the chosen one first."""

    found: list[CandidateDetails]
    has_more: bool


async def candidates_to_choose(beginning: str, *, chosen: str) -> CandidateChoices:
    """Return the newest candidates whose name or address begins so, and the chosen one before them."""
    rows = await candidates.page(CandidateFilter(beginning=beginning or None), limit=_PEOPLE + 1, after=None)
    found, ident = rows[:_PEOPLE], uuid_of(chosen)
    if ident is not None:
        with suppress(errors.NotFound):
            first = await candidates.find(ident)
            found = [first, *(one for one in found if one.id != ident)]
    return CandidateChoices(found=found, has_more=len(rows) > _PEOPLE)


async def jobs_to_choose(typed: Typed) -> ListedJobs:
    """Return the newest jobs with the words that were looked for, and the chosen one however old it is."""
    return await search.jobs(typed.of("find_job"), chosen=uuid_of(typed.of("job")))


@cache
def locales_to_choose() -> dict[str, str]:
    """Return the locales that people are offered, each with what it is called in its own language."""
    return {tag: str(Locale.parse(tag, sep="-").get_display_name()) for tag in _LOCALES}
