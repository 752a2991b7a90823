"""What every response to a program has around it, also for unknown paths: its request's id, and what it varies by.

Litestar's own middleware runs after the routing, and so never for a path or a method that there is not. HEAD is here
for the same reason: the router knows only GET.
"""

import re
import secrets
from contextlib import nullcontext

from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from hireloop.telemetry import spans
from hireloop.web.buffered_responses import Headers, header_of, lower

FOR_PROGRAMS = ("/api", "/health", "/schema", "/docs")
_API = "/api"
_REQUEST_ID = b"x-request-id"
_GOOD_ID = re.compile(r"[!-~]{1,128}")


class RequestId:
    """The layer around all responses to programs, inside that of the headers."""

    def __init__(self, app: ASGIApp, *, varies_by_origin: bool) -> None:
        self.app = app
        self._varies_by = ("Authorization", "Origin") if varies_by_origin else ("Authorization",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, let it be handled, and put what belongs around the response."""
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        given = given_id(scope)
        ident = given or spans.current_trace_id() or secrets.token_hex(16)
        is_head, is_api = scope["method"] == "HEAD", scope["path"].startswith(_API)

        async def wrap(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = lower(message["headers"])
                headers = self._varying(headers) if is_api else headers
                headers = _allowing_all(headers, scope) if scope["method"] == "OPTIONS" else headers
                await send({**message, "headers": [*headers, (_REQUEST_ID, ident.encode())]})
            elif message["type"] == "http.response.body" and is_head:
                if not message.get("more_body", False):
                    await send({**message, "body": b""})
            else:
                await send(message)

        if given is not None:
            spans.name_request(given)
        with bound_contextvars(request_id=given) if given is not None else nullcontext():
            await self.app({**scope, "method": "GET"} if is_head else scope, receive, wrap)

    def _varying(self, headers: Headers) -> Headers:
        """Return the headers of a response of the API, so that a cache does not give it to others."""
        varies = [value.decode("latin-1") for name, value in headers if name == b"vary"]
        words = [word.strip() for value in varies for word in value.split(",")]
        vary = ", ".join(dict.fromkeys([*self._varies_by, *words]))
        return (*((name, value) for name, value in headers if name != b"vary"), (b"vary", vary.encode("latin-1")))


def _allowing_all(headers: Headers, scope: HTTPScope) -> Headers:
    """Return the headers with every method of the path in `Allow`: Litestar names those that were registered first."""
    methods = {
        method
        for route in scope["litestar_app"].routes
        if isinstance(route, HTTPRoute) and route.path_format == scope.get("path_template")
        for method in route.methods
    }
    allow = ", ".join(sorted(methods)).encode()
    return tuple((name, allow if name == b"allow" and methods else value) for name, value in headers)


def given_id(scope: Scope) -> str | None:
    """Return the caller's X-Request-ID, or None if there is none that we would repeat."""
    given = header_of(scope, _REQUEST_ID)
    return given if given is not None and _GOOD_ID.fullmatch(given) else None
