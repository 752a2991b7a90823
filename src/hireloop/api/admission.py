"""Admission: the first thing that happens to a request of the API is that its key is looked at, once."""

from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

from hireloop.api import auth, request_pace
from hireloop.api.door import door_of


class Admission:
    """The middleware around all others of the API; which role a path asks for is the guard's question."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who has a key and, under RATE_LIMIT, has not sent too much; raises NotSignedIn, TooManyRequests."""
        request: Request[Any, Any, Any] = Request(scope)
        holder = await auth.sign_in(request)
        rate = door_of(request).settings.rate_limit
        if rate is not None:
            await request_pace.pay(holder.id, rate)
        await self.app(scope, receive, send)
