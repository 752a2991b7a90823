"""A candidate's page: how to reach them, their interviews, and every booking of theirs."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db
from hireloop.console import render
from hireloop.console.cards import cards_of
from hireloop.scheduling.bookings.lists import search
from hireloop.scheduling.bookings.lists.search import BookingSearch
from hireloop.scheduling.people import candidates
from hireloop.scheduling.tables import InterviewState
from hireloop.web.bookings.headline import LABELS, HeadlineCode
from hireloop.web.context import AnyRequest
from hireloop.wording.phrases import phrase

INTERVIEWS: Mapping[InterviewState, str] = {
    InterviewState.OPEN: phrase("Not booked yet"),
    InterviewState.SCHEDULED: phrase("Scheduled"),
    InterviewState.IN_PROGRESS: LABELS[HeadlineCode.STARTED].words,
    InterviewState.COMPLETED: LABELS[HeadlineCode.FINISHED].words,
    InterviewState.CANCELLED: LABELS[HeadlineCode.CANCELLED].words,
    InterviewState.NO_SHOW: LABELS[HeadlineCode.NO_SHOW].words,
}
_BOOKINGS = 100


async def page(request: AnyRequest, candidate_id: FromPath[UUID]) -> Response[bytes]:
    """Show a candidate; raises NotFound, also for one who has been erased."""
    async with db.snapshot():
        person = await candidates.find(candidate_id)
        interviews = await search.interviews_of(candidate_id)
        rows = await search.page(BookingSearch(candidate=candidate_id), limit=_BOOKINGS + 1, after=None)
        cards = await cards_of(request, rows[:_BOOKINGS])
    return render.show(
        request,
        "finding/person",
        here="search",
        person=person,
        interviews=interviews,
        interview_words=INTERVIEWS,
        cards=cards,
        has_more=len(rows) > _BOOKINGS,
    )
