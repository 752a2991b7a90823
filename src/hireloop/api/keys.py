"""`/api/keys/`: API keys, for admins."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from hireloop import errors
from hireloop.access import api_keys
from hireloop.access.api_keys import ApiKeyDetails
from hireloop.access.roles import ADMINISTERS, actor_of
from hireloop.access.tables import Role
from hireloop.api.documented import refuses
from hireloop.api.http.etags import check_if_match
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.examples import ExpiresAt, KeyId, RecordedAt
from hireloop.scheduling import fields
from hireloop.web.context import AnyRequest, context_of


class KeyFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key."""

    name: Annotated[fields.Name, Meta(examples=["the hiring page"])]
    role: Annotated[Role, Meta(examples=["recruiter"])]
    expires_at: Annotated[fields.Moment | None, Meta(examples=["2027-11-21T16:30:00+05:30"])] = None


class NewKeyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was just created. `key` is shown only once; a replayed response (`Idempotency-Key`) has null."""

    id: KeyId
    name: Annotated[str, Meta(examples=["the hiring page"])]
    role: Annotated[Role, Meta(examples=["recruiter"])]
    created_at: RecordedAt
    expires_at: ExpiresAt | None
    key: Annotated[str | None, Meta(examples=["hl_AZkAAAAAcACAAAAAAAAACAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"])]


@post("/", opt=ADMINISTERS)
async def create_key(request: AnyRequest, data: JSONBody[KeyFields]) -> Response[NewKeyResponse]:
    """Create a key. This is the only response that shows it."""
    made, key = await api_keys.create(data.name, data.role, expires_at=data.expires_at, by=actor_of(request))
    known = context_of(request).localized(made)
    response = NewKeyResponse(
        id=known.id,
        name=known.name,
        role=known.role,
        created_at=known.created_at,
        expires_at=known.expires_at,
        key=key,
    )
    return Response(
        response, status_code=201, headers={"Cache-Control": "no-store", "Location": f"/api/keys/{known.id}/"}
    )


@get("/", opt=ADMINISTERS)
async def list_keys(request: AnyRequest, limit: Limit = DEFAULT_LIMIT, after: After = None) -> Page[ApiKeyDetails]:
    """List keys, newest first, including revoked and expired ones."""
    rows = await api_keys.page(limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=context_of(request).localized)


@get("/{key_id:uuid}/", opt=ADMINISTERS)
async def get_key(request: AnyRequest, key_id: FromPath[UUID]) -> ApiKeyDetails:
    """Get the details of a key, but not the key itself."""
    return context_of(request).localized(await api_keys.find(key_id))


@delete("/{key_id:uuid}/", status_code=200, opt=ADMINISTERS | refuses(errors.ChangedSince))
async def revoke_key(request: AnyRequest, key_id: FromPath[UUID]) -> ApiKeyDetails:
    """Revoke a key and end its sign-ins to the console. Every process refuses the key within 5 s."""
    context = context_of(request)
    check_if_match(
        request, context.localized(await api_keys.find(key_id))
    )  # unlocked: it can only be revoked, for ever
    known = await api_keys.revoke(key_id, by=actor_of(request))
    context.keys.forget(key_id)
    return context.localized(known)


router = Router("/keys", route_handlers=[create_key, list_keys, get_key, revoke_key], tags=["keys"])
