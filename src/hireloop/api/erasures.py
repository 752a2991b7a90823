"""`DELETE /api/candidates/{id}/`: erase a person, for admins; and the same for the command line."""

from datetime import timedelta
from uuid import UUID

from litestar import Router, delete
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.access.roles import ADMINISTERS, actor_of
from hireloop.api.documented import refuses
from hireloop.api.http.etags import unchanged_since
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.patches import Check, anything_goes
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails
from hireloop.scheduling.privacy import erasure, retention
from hireloop.scheduling.privacy.erasure import ErasureResult
from hireloop.scheduling.tables import Candidate
from hireloop.statements import Statement
from hireloop.web.context import AnyRequest, context_of


@db.transactional
async def erase(
    candidate_id: UUID,
    *,
    by: Actor,
    outbox: Outbox,
    older_than: timedelta | None = None,
    check: Check[CandidateDetails] = anything_goes,
) -> ErasureResult:
    """Erase a person everywhere, stored responses to repeated requests too, all or nothing.

    With `older_than`, only someone who has been inactive for that long; `check` may refuse it. Raises NotFound and
    InterviewInProgress.
    """
    now = await retention.hold(candidate_id, older_than) if older_than is not None else None
    await Candidate.select(Candidate.id).where(Candidate.id == candidate_id).lock_rows("UPDATE")
    await check(await candidates.find(candidate_id))
    erased = await erasure.erase(candidate_id, by=by, outbox=outbox, now=now)
    await _drop_stored_responses(erased)
    return erased


# Stored responses in which, or in whose path, one of these words occurs.
_DELETE_RESPONSES = Statement("""
    DELETE FROM stored_response WHERE EXISTS (
        SELECT FROM unnest(:words::text[]) AS word
        WHERE position(word IN lower(body)) > 0 OR position(word IN lower(path)) > 0
    )
""")


async def _drop_stored_responses(erased: ErasureResult) -> None:
    """Delete stored responses to repeated requests that name the person; a repeated request is then processed anew."""
    await _DELETE_RESPONSES.run(words=[*(str(ident) for ident in erased.ids), erased.email.lower()])


@delete(
    "/{candidate_id:uuid}/", status_code=204, opt=ADMINISTERS | refuses(errors.InterviewInProgress, errors.ChangedSince)
)
async def erase_candidate(request: AnyRequest, candidate_id: FromPath[UUID]) -> None:
    """Erase a candidate: their name, address and texts are deleted everywhere. The record of what was sent is kept.

    Upcoming interviews are cancelled, and the candidate is notified of each one that they were invited to.
    """
    context = context_of(request)
    await erase(candidate_id, by=actor_of(request), outbox=context.outbox, check=unchanged_since(request))
    context.wakeups.send_soon()


router = Router("/candidates", route_handlers=[erase_candidate], tags=["candidates"])
