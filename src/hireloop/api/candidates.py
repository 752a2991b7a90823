"""`/api/candidates/`: the people who are interviewed."""

from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from hireloop import db, errors, mail_addresses
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import again, refuses
from hireloop.api.http.created import created_response
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import corrections
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails, CandidateFields, CandidateFilter, CandidatePatch
from hireloop.web.context import AnyRequest, context_of


@post("/", opt=SCHEDULES | refuses(errors.DiffersFromKnown) | again("This candidate already exists."))
async def create_candidate(request: AnyRequest, data: JSONBody[CandidateFields]) -> Response[CandidateDetails]:
    """Create a candidate. Returns 201, or 200 with the existing candidate if they already exist."""
    known, created = await candidates.create(data, by=actor_of(request))
    return created_response("/api/candidates/", context_of(request).localized(known), created=created)


@get("/", opt=READS)
async def list_candidates(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    email: FromQuery[str | None] = None,
    q: FromQuery[str | None] = None,
) -> Page[CandidateDetails]:
    """List candidates, newest first, filtered by address, or by the beginning `q` of their name or address."""
    async with db.snapshot():
        only = CandidateFilter(email=email and mail_addresses.sought(email), beginning=q)
        rows = await candidates.page(only, limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=context_of(request).localized)


@get("/{candidate_id:uuid}/", opt=READS)
async def get_candidate(request: AnyRequest, candidate_id: FromPath[UUID]) -> CandidateDetails:
    """Get a candidate."""
    return context_of(request).localized(await candidates.find(candidate_id))


@patch(
    "/{candidate_id:uuid}/",
    opt=SCHEDULES
    | refuses(errors.AddressTaken, errors.ChangedSince, errors.TooManyMessages, errors.TooManyReinvitations),
)
async def change_candidate(
    request: AnyRequest, candidate_id: FromPath[UUID], data: JSONBody[CandidatePatch]
) -> CandidateDetails:
    """Change a candidate. If the address changes, invitations to upcoming interviews are sent again."""
    context = context_of(request)
    changed = await corrections.change(
        candidate_id,
        data,
        by=actor_of(request),
        outbox=context.outbox,
        check=unchanged_since(request),
    )
    if changed.invited_anew:
        context.wakeups.send_soon()
    return context.localized(changed.candidate)


router = Router(
    "/candidates",
    route_handlers=[create_candidate, list_candidates, get_candidate, change_candidate],
    tags=["candidates"],
)
