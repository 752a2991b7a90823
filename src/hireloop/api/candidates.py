"""`/api/candidates/`: the people who are interviewed."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from hireloop import db, errors, mail_addresses
from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.documented import again, refuses
from hireloop.api.http.etags import unchanged_since
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import corrections
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateChanges, CandidateDetails, CandidateFilter, NewCandidate
from hireloop.web import fields
from hireloop.web.context import AnyRequest, context_of


class CandidateFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new candidate."""

    full_name: Annotated[fields.Name, Meta(examples=["Asha Rao"])]
    email: Annotated[fields.Address, Meta(examples=["asha@example.com"])]
    time_zone: fields.Zone | msgspec.UnsetType | None = msgspec.UNSET
    locale: Annotated[fields.Locale | msgspec.UnsetType | None, Meta(examples=["en-IN"])] = msgspec.UNSET
    phone: Annotated[fields.Phone | msgspec.UnsetType, Meta(examples=["+91 80 5550 0100", ""])] = msgspec.UNSET
    resume_text: fields.Text | msgspec.UnsetType = msgspec.UNSET

    def new(self, *, within: str = "") -> NewCandidate:
        """Return it for scheduling; raises BadInput for what is no address, zone or phone number.

        `within` is the path of this object in the request, such as `candidate.`.
        """
        return NewCandidate(**msgspec.structs.asdict(self) | _normal(self, within=within))


class CandidatePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a candidate. Fields that are left out keep their value; null clears a field that may be empty."""

    full_name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    email: Annotated[fields.Address | msgspec.UnsetType, Meta(examples=["asha.rao@example.com"])] = msgspec.UNSET
    time_zone: fields.Zone | msgspec.UnsetType | None = msgspec.UNSET
    locale: fields.Locale | msgspec.UnsetType | None = msgspec.UNSET
    phone: Annotated[fields.Phone | msgspec.UnsetType, Meta(examples=["", "+91 80 5550 0100"])] = msgspec.UNSET
    resume_text: fields.Text | msgspec.UnsetType = msgspec.UNSET

    def changes(self) -> CandidateChanges:
        """Return it for scheduling; raises BadInput for what is no address, zone or phone number."""
        return CandidateChanges(**msgspec.structs.asdict(self) | _normal(self))


def _normal(given: CandidateFields | CandidatePatch, *, within: str = "") -> dict[str, Any]:
    """Return what has one spelling, in that; raises BadInput for what is no address, zone or phone number."""
    return (
        fields.addresses(within=within, email=given.email)
        | fields.zones(within=within, time_zone=given.time_zone)
        | fields.phones(within=within, phone=given.phone)
    )


@post("/", opt=SCHEDULES | refuses(errors.DiffersFromKnown) | again("This candidate already exists."))
async def create_candidate(request: AnyRequest, data: JSONBody[CandidateFields]) -> Response[CandidateDetails]:
    """Create a candidate. Returns 201, or 200 with the existing candidate if they already exist."""
    known, created = await candidates.create(data.new(), by=actor_of(request))
    return Response(
        context_of(request).localized(known),
        status_code=201 if created else 200,
        headers={"Location": f"/api/candidates/{known.id}/"},
    )


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


@patch("/{candidate_id:uuid}/", opt=SCHEDULES | refuses(errors.AddressTaken, errors.ChangedSince))
async def change_candidate(
    request: AnyRequest, candidate_id: FromPath[UUID], data: JSONBody[CandidatePatch]
) -> CandidateDetails:
    """Change a candidate. If the address changes, invitations to upcoming interviews are sent again."""
    context = context_of(request)
    changed = await corrections.change(
        candidate_id, data.changes(), by=actor_of(request), outbox=context.outbox, check=unchanged_since(request)
    )
    if changed.invited_anew:
        context.wakeups.send_soon()
    return context.localized(changed.candidate)


router = Router(
    "/candidates",
    route_handlers=[create_candidate, list_candidates, get_candidate, change_candidate],
    tags=["candidates"],
)
