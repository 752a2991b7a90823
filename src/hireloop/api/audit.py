"""`/api/audit/`: who did what and when, with which key; for admins."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter
from msgspec import structs

from hireloop import db
from hireloop.access.roles import ADMINISTERS
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.scheduling import audit, fields
from hireloop.scheduling.audit import Action, AuditEntryDetails, AuditFilter
from hireloop.web.context import AnyRequest, Context, context_of


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
    context = context_of(request)
    return page_of(rows, limit=limit, view=lambda row: _view(context, row))


def _view(context: Context, row: AuditEntryDetails) -> AuditEntryDetails:
    return context.localized(structs.replace(row, details=_localized(context, row.details)))


def _localized(context: Context, value: Any, name: str = "") -> Any:  # noqa: ANN401 (JSON)
    """Return details with their times, which are stored as texts, at the offset of DEFAULT_TIME_ZONE."""
    if isinstance(value, dict):
        return {key: _localized(context, one, key) for key, one in value.items()}
    if isinstance(value, str) and name.endswith("_at"):
        return context.local(datetime.fromisoformat(value))
    return value


router = Router("/audit", route_handlers=[list_entries], tags=["audit"])
