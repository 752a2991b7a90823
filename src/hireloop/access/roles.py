"""Who may do what. A handler names its least role; one that names none is for admins."""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hireloop import errors
from hireloop.access.api_keys import KeyHolder
from hireloop.access.tables import Role
from hireloop.scheduling.audit import Actor
from hireloop.wording.phrases import phrase

ROLE = "least_role"
READS: dict[str, Role] = {ROLE: Role.VIEWER}
SCHEDULES: dict[str, Role] = {ROLE: Role.RECRUITER}
ADMINISTERS: dict[str, Role] = {ROLE: Role.ADMIN}

# It moves, cancels or revokes: what a key has done in masses is then no reason to refuse it.
TAKES_BACK = "takes_back"
UNDOES: dict[str, object] = {**SCHEDULES, TAKES_BACK: True}

_HOLDER = "hireloop.key_holder"  # in the connection's scope itself: `state` may be shared with other requests
_RANK = {Role.VIEWER: 1, Role.RECRUITER: 2, Role.ADMIN: 3}


def admit(connection: ASGIConnection[Any, Any, Any, Any], holder: KeyHolder, handler: BaseRouteHandler) -> None:
    """Remember who sent this request, for `holder_of`; raises NotAllowed if their role does not reach the handler's."""
    remember_holder(connection, holder)
    asks_only = connection.scope.get("method") == "OPTIONS"
    least: Role = handler.opt.get(ROLE, Role.VIEWER if asks_only else Role.ADMIN)
    if _RANK[holder.role] < _RANK[least]:
        msg = phrase("This request requires an API key with the role %(least)s, but yours has the role %(own)s.")
        raise errors.NotAllowed(msg, least=least.value, own=holder.role.value)


def remember_holder(connection: ASGIConnection[Any, Any, Any, Any], holder: KeyHolder) -> None:
    """Remember who sent this request, whatever they may do."""
    _scope_of(connection)[_HOLDER] = holder


def known_holder(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder | None:
    """Return who sent this request, or None if nobody has looked at a key yet."""
    holder: KeyHolder | None = _scope_of(connection).get(_HOLDER)
    return holder


def holder_of(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder:
    """Return who sent this request, once they have signed in."""
    holder: KeyHolder = _scope_of(connection)[_HOLDER]
    return holder


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Return who sent this request, as the audit and the recruiters' copies name them."""
    holder = holder_of(connection)
    return Actor(holder.name, holder.id)


def sees_links(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether this caller may see session keys and portal links, as everyone who may schedule can."""
    return _RANK[holder_of(connection).role] >= _RANK[Role.RECRUITER]


def _scope_of(connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", connection.scope)
