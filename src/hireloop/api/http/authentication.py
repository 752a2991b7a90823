"""The first thing that happens to a request of the API is that its key is looked at, once."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from hireloop.access import roles
from hireloop.access.api_keys import KeyHolder
from hireloop.api.http import rate_limit
from hireloop.web.buffered_responses import header_of
from hireloop.web.context import AnyRequest, context_of

_SCHEME = "bearer "


class Authentication:
    """The middleware around all others of the API; which role a path asks for is the guard's question."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in requests with a valid key that are within RATE_LIMIT; raises NotSignedIn, TooManyRequests."""
        request: AnyRequest = Request(scope)
        holder = await sign_in(request)
        rate = context_of(request).settings.rate_limit
        if rate is not None:
            await rate_limit.pay(holder.id, rate)
        await self.app(scope, receive, send)


async def sign_in(connection: ASGIConnection[Any, Any, Any, Any]) -> KeyHolder:
    """Check the request's API key, once; remember and return its holder. Raises NotSignedIn."""
    known = roles.known_holder(connection)
    if known is not None:
        return known
    header = header_of(connection.scope, b"authorization") or ""  # two of them are none: a proxy may mean the other one
    key = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
    holder = await context_of(connection).keys.holder_of(key)
    roles.remember_holder(connection, holder)
    return holder


async def require_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through whose key's role reaches the handler's; raises NotSignedIn or NotAllowed."""
    roles.admit(connection, await sign_in(connection), handler)
