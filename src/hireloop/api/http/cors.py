"""CORS (Fetch, 3.2): which pages of other origins may call the API, what they may send, and what they may read.

Litestar's own takes `https://app.example` for a pattern, whose dot is any character; it refuses with a text where
everything else is a problem, and it runs inside of what refuses first.
"""

from collections.abc import Collection
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hireloop import errors
from hireloop.access.refusals import note
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.buffered_responses import BufferedResponse, Headers, header_of
from hireloop.web.http.refusals import refusal_of
from hireloop.web.request_id import FOR_PROGRAMS

_METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")
# A `*` would not cover Authorization.
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    "traceparent",
    "tracestate",
)
_RESPONSE_HEADERS = ("ETag", "Idempotency-Replayed", "Location", "Retry-After", "traceresponse", "X-Request-ID")
_ALLOW_ORIGIN = b"access-control-allow-origin"
_EXPOSED = (b"access-control-expose-headers", ", ".join(_RESPONSE_HEADERS).encode())
_ALLOWED: Headers = (
    (b"access-control-allow-methods", ", ".join(_METHODS).encode()),
    (b"access-control-allow-headers", ", ".join(_REQUEST_HEADERS).encode()),
    (b"access-control-max-age", b"600"),
)


class Cors:
    """A layer around the application, inside the outer layers."""

    def __init__(self, app: ASGIApp, allowed: Collection[str], *, base_url: str) -> None:
        self.app = app
        self._base_url = base_url
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a preflight, and let pages of the allowed origins read every other response."""
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        origin = header_of(scope, b"origin")
        if origin is None:
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and header_of(scope, b"access-control-request-method") is not None:
            if not self._allows(origin):
                note(ASGIConnection[Any, Any, Any, Any](scope), WhyRefused.FOREIGN_ORIGIN)
            await self._preflight(scope, origin).send(send)
        else:
            await self.app(scope, receive, _readable(send, origin) if self._allows(origin) else send)

    def _allows(self, origin: str) -> bool:
        return "*" in self._allowed or origin.lower() in self._allowed

    def _preflight(self, scope: Scope, origin: str) -> BufferedResponse:
        """Return what is allowed, whatever was asked for: the browser compares."""
        if self._allows(origin):
            return BufferedResponse(204, ((_ALLOW_ORIGIN, origin.encode("latin-1")), *_ALLOWED), b"")
        error = errors.NotAllowed("The origin of the page is not in CORS_ORIGINS.")
        return refusal_of(scope, error, base_url=self._base_url)


def _readable(send: Send, origin: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], (_ALLOW_ORIGIN, origin.encode("latin-1")), _EXPOSED]
            message = {**message, "headers": headers}
        await send(message)

    return wrapped
