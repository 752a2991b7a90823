"""Who may do what: one guard for the whole API. A handler names its least role; one that names none is for admins."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hireloop import errors
from hireloop.api.door import door_of
from hireloop.api.key_ring import KeyHolder
from hireloop.api.tables import Role
from hireloop.scheduling.audit import Actor

ROLE = "least_role"
READS: dict[str, Role] = {ROLE: Role.VIEWER}
SCHEDULES: dict[str, Role] = {ROLE: Role.RECRUITER}
ADMINISTERS: dict[str, Role] = {ROLE: Role.ADMIN}

_HOLDER = "key_holder"
_RANK = {Role.VIEWER: 1, Role.RECRUITER: 2, Role.ADMIN: 3}
_SCHEME = "bearer "


async def require_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through whose key's role reaches the handler's; raises NotSignedIn or NotAllowed."""
    header = connection.headers.get("authorization", "")
    key = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
    holder = await door_of(connection).keys.holder_of(key)
    least: Role = handler.opt.get(ROLE, Role.ADMIN)
    if _RANK[holder.role] < _RANK[least]:
        msg = f"This needs a key with the role {least.value}; yours is {holder.role.value}."
        raise errors.NotAllowed(msg)
    connection.scope["state"][_HOLDER] = holder


def holder_of(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder:
    """Return who sent this request, once the guard has let it through."""
    holder: KeyHolder = connection.scope["state"][_HOLDER]
    return holder


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Return who sent this request, as the audit and the recruiters' copies name them."""
    holder = holder_of(connection)
    return Actor(holder.name, holder.id)


def sees_links(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether this caller may see session keys and portal links: whoever may schedule."""
    return _RANK[holder_of(connection).role] >= _RANK[Role.RECRUITER]
