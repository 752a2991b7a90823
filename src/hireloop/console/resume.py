"""The résumé of a booking's candidate: where the links in an interviewer's mails lead."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db
from hireloop.console import render
from hireloop.console.cards import cards_of
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.people import candidates
from hireloop.web.context import AnyRequest


async def page(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Show the candidate's résumé as it is now; raises NotFound for a booking that does not exist."""
    async with db.snapshot():
        item = await agenda.find(schedule_id)
        card = (await cards_of(request, [item]))[0]
        text = (await candidates.find(item.candidate_id)).resume_text if item.has_resume else ""
    return render.show(request, "resume", here="booking", card=card, resume=text)
