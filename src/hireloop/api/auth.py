"""Who may do what: one guard for the whole API. A handler names its least role; one that names none is for admins."""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hireloop import errors
from hireloop.api.door import door_of
from hireloop.api.key_ring import KeyHolder
from hireloop.api.tables import Role
from hireloop.api.whole_answers import header_of
from hireloop.scheduling.audit import Actor

ROLE = "least_role"
READS: dict[str, Role] = {ROLE: Role.VIEWER}
SCHEDULES: dict[str, Role] = {ROLE: Role.RECRUITER}
ADMINISTERS: dict[str, Role] = {ROLE: Role.ADMIN}

_HOLDER = "hireloop.key_holder"  # in the connection's scope itself: `state` may be shared with other requests
_RANK = {Role.VIEWER: 1, Role.RECRUITER: 2, Role.ADMIN: 3}
_SCHEME = "bearer "


async def sign_in(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder:
    """Look at the request's API key, once, note and return who holds it; raises NotSignedIn."""
    known: KeyHolder | None = _scope_of(connection).get(_HOLDER)
    if known is not None:
        return known
    header = header_of(connection.scope, b"authorization") or ""  # two of them are none: a proxy may mean the other one
    key = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
    holder = await door_of(connection).keys.holder_of(key)
    _scope_of(connection)[_HOLDER] = holder
    return holder


async def require_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through whose key's role reaches the handler's; raises NotSignedIn or NotAllowed."""
    admit(connection, await sign_in(connection), handler)


def admit(connection: ASGIConnection[Any, Any, Any, Any], holder: KeyHolder, handler: BaseRouteHandler) -> None:
    """Note who sent this request, for `holder_of`; raises NotAllowed where their role does not reach the handler's."""
    asks_only = connection.scope.get("method") == "OPTIONS"
    least: Role = handler.opt.get(ROLE, Role.VIEWER if asks_only else Role.ADMIN)
    if _RANK[holder.role] < _RANK[least]:
        msg = f"This needs a key with the role {least.value}; yours is {holder.role.value}."
        raise errors.NotAllowed(msg)
    _scope_of(connection)[_HOLDER] = holder


def holder_of(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder:
    """Return who sent this request, once they have signed in."""
    holder: KeyHolder = _scope_of(connection)[_HOLDER]
    return holder


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Return who sent this request, as the audit and the recruiters' copies name them."""
    holder = holder_of(connection)
    return Actor(holder.name, holder.id)


def sees_links(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether this caller may see session keys and portal links: whoever may schedule."""
    return _RANK[holder_of(connection).role] >= _RANK[Role.RECRUITER]


def _scope_of(connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", connection.scope)
