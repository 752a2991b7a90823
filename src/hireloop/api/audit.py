"""`/api/audit/`: who did what and when, with which key; for admins."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from hireloop import db
from hireloop.access.roles import ADMINISTERS
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import audit, fields
from hireloop.scheduling.audit import Action, AuditEntryDetails, AuditFilter
from hireloop.web.context import AnyRequest, context_of


@get("/", opt=ADMINISTERS)
async def list_entries(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    action: FromQuery[Action | None] = None,
    subject: FromQuery[UUID | None] = None,
    candidate: FromQuery[UUID | None] = None,
    key: Annotated[
        UUID | None, QueryParameter(name="key", description="The ID of the API key that made the changes.")
    ] = None,
    since: FromQuery[fields.Moment | None] = None,
) -> Page[AuditEntryDetails]:
    """List audit entries, newest first, filtered by action, subject, candidate, key or time."""
    fields.check_comparable(since=since)
    only = AuditFilter(action=action, subject=subject, candidate=candidate, actor_key=key, since=since)
    async with db.snapshot():
        rows = await audit.page(only, limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=context_of(request).localized)


router = Router("/audit", route_handlers=[list_entries], tags=["audit"])
