"""`/api/candidates/`: the people who are interviewed."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, JSONBody

from hireloop.api import fields
from hireloop.api.auth import READS, SCHEDULES
from hireloop.api.door import Door, door_of
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import candidates
from hireloop.scheduling.candidates import KnownCandidate, NewCandidate


class CandidateFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate as a frontend sends them."""

    full_name: fields.Name
    email: fields.Address
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: fields.Locale | msgspec.UnsetType | None = msgspec.UNSET
    phone: fields.Notes | msgspec.UnsetType = msgspec.UNSET
    resume_text: fields.Text | msgspec.UnsetType = msgspec.UNSET

    def new(self, *, within: str = "") -> NewCandidate:
        """Return it for scheduling; raises BadInput for an unknown zone or a character that cannot be stored.

        `within` is the path of this object in the request, such as `candidate.`.
        """
        given = msgspec.structs.asdict(self)
        fields.check_zone(self.time_zone, within=within)
        fields.check_storable(within=within, **given)
        return NewCandidate(**given)


def _view(door: Door, known: KnownCandidate) -> KnownCandidate:
    return msgspec.structs.replace(known, created_at=door.local(known.created_at))


@post("/", opt=SCHEDULES)
async def create_candidate(
    request: Request[Any, Any, Any], data: JSONBody[CandidateFields]
) -> Response[KnownCandidate]:
    """Store a candidate: 201, or 200 with the known one where this very candidate is known already."""
    known, created = await candidates.create(data.new())
    return Response(
        _view(door_of(request), known),
        status_code=201 if created else 200,
        headers={"Location": f"/api/candidates/{known.id}/"},
    )


@get("/", opt=READS)
async def list_candidates(
    request: Request[Any, Any, Any], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> Page[KnownCandidate]:
    """List candidates, newest first."""
    rows = await candidates.page(limit=limit + 1, after=after)
    door = door_of(request)
    return page_of(rows, limit=limit, ident=lambda row: row.id, view=lambda row: _view(door, row))


@get("/{candidate_id:uuid}/", opt=READS)
async def get_candidate(request: Request[Any, Any, Any], candidate_id: FromPath[UUID]) -> KnownCandidate:
    """Show one candidate."""
    return _view(door_of(request), await candidates.find(candidate_id))


router = Router("/candidates", route_handlers=[create_candidate, list_candidates, get_candidate], tags=["candidates"])
